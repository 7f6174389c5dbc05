/**
 * Reads bzip2. In: the bytes of a file of one or more bzip2 streams. Out: what was packed. A file that is cut off or damaged
 * is an error; the sums of the blocks are checked.
 */

const BLOCK = 0x314159265359n;
const END = 0x177245385090n;

class Bits {
  private at = 0;
  private held = 0;
  private left = 0;

  public constructor(private readonly bytes: Buffer) {}

  public take(count: number): number {
    while (this.left < count) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the bzip2 file is cut off');
      this.held = ((this.held & 0xffffff) << 8) | byte;
      this.left += 8;
    }
    this.left -= count;
    return (this.held >>> this.left) & ((1 << count) - 1);
  }

  public wide(): bigint {
    return (BigInt(this.take(16)) << 32n) | (BigInt(this.take(16)) << 16n) | BigInt(this.take(16));
  }

  public sum(): number {
    return ((this.take(16) << 16) | this.take(16)) >>> 0;
  }

  /** Another stream may follow on the next whole byte. */
  public more(): boolean {
    this.left -= this.left % 8;
    return this.at - this.left / 8 < this.bytes.length;
  }
}

export function readBzip2(bytes: Buffer): Buffer {
  const bits = new Bits(bytes);
  const parts: Buffer[] = [];
  do {
    if (bits.take(8) !== 0x42 || bits.take(8) !== 0x5a || bits.take(8) !== 0x68)
      throw new Error('the file is not in bzip2 format');
    const level = bits.take(8) - 0x30;
    if (level < 1 || level > 9) throw new Error('the file is not in bzip2 format');
    for (;;) {
      const kind = bits.wide();
      if (kind === END) break;
      if (kind !== BLOCK) throw new Error('the bzip2 file is damaged');
      parts.push(readBlock(bits, level * 100_000));
    }
    bits.sum();
  } while (bits.more());
  return Buffer.concat(parts);
}

function readBlock(bits: Bits, size: number): Buffer {
  const expected = bits.sum();
  if (bits.take(1) === 1) throw new Error('the bzip2 file uses the old randomised form');
  const origin = bits.take(8) * 65536 + bits.take(16);
  const symbols = readSymbols(bits);
  const tables = bits.take(3);
  const selectors = readSelectors(bits, tables);
  const codes = Array.from({ length: tables }, () => readCode(bits, symbols.length + 2));
  const last = inverseMoveToFront(bits, symbols, selectors, codes, size);
  const block = unrun(inverseSort(last, origin));
  if (crc(block) !== expected) throw new Error('the bzip2 file is damaged');
  return block;
}

/** The bytes that occur, told by a map of 16 maps of 16. */
function readSymbols(bits: Bits): number[] {
  const used = bits.take(16);
  const symbols: number[] = [];
  for (let high = 0; high < 16; high++) {
    if ((used & (0x8000 >> high)) === 0) continue;
    const map = bits.take(16);
    for (let low = 0; low < 16; low++) if ((map & (0x8000 >> low)) !== 0) symbols.push(high * 16 + low);
  }
  return symbols;
}

function readSelectors(bits: Bits, tables: number): number[] {
  const order = Array.from({ length: tables }, (_, index) => index);
  return Array.from({ length: bits.take(15) }, () => {
    let place = 0;
    while (bits.take(1) === 1) place++;
    const [table] = order.splice(place, 1);
    if (table === undefined) throw new Error('the bzip2 file is damaged');
    order.unshift(table);
    return table;
  });
}

interface Code {
  /** For each length: the largest code of it, what to take off to get the place, and the symbols in order. */
  readonly limit: number[];
  readonly base: number[];
  readonly symbols: number[];
}

function readCode(bits: Bits, count: number): Code {
  const lengths: number[] = [];
  let length = bits.take(5);
  for (let index = 0; index < count; index++) {
    while (bits.take(1) === 1) length += bits.take(1) === 1 ? -1 : 1;
    if (length < 1 || length > 20) throw new Error('the bzip2 file is damaged');
    lengths.push(length);
  }
  const [limit, base, symbols]: [number[], number[], number[]] = [[], [], []];
  let code = 0;
  for (let size = 1; size <= 20; size++) {
    base[size] = code - symbols.length;
    for (const [symbol, own] of lengths.entries()) {
      if (own !== size) continue;
      symbols.push(symbol);
      code++;
    }
    limit[size] = code - 1;
    code <<= 1;
  }
  return { limit, base, symbols };
}

function readSymbol(bits: Bits, code: Code): number {
  let value = 0;
  for (let size = 1; size <= 20; size++) {
    value = (value << 1) | bits.take(1);
    if (value <= (code.limit[size] as number)) {
      const symbol = code.symbols[value - (code.base[size] as number)];
      if (symbol !== undefined) return symbol;
    }
  }
  throw new Error('the bzip2 file is damaged');
}

function inverseMoveToFront(
  bits: Bits,
  symbols: readonly number[],
  selectors: readonly number[],
  codes: readonly Code[],
  size: number,
): Uint8Array {
  const order = [...symbols];
  const end = symbols.length + 1;
  const output = new Uint8Array(size);
  let count = 0;
  let [run, weight] = [0, 1];
  for (let read = 0; ; read++) {
    const code = codes[selectors[Math.floor(read / 50)] ?? -1];
    if (!code) throw new Error('the bzip2 file is damaged');
    const symbol = readSymbol(bits, code);
    if (symbol < 2) {
      run += weight << symbol;
      weight *= 2;
      continue;
    }
    if (run > 0) {
      if (count + run > size) throw new Error('the bzip2 file is damaged');
      output.fill(order[0] as number, count, count + run);
      count += run;
      [run, weight] = [0, 1];
    }
    if (symbol === end) return output.subarray(0, count);
    const [byte] = order.splice(symbol - 1, 1);
    order.unshift(byte as number);
    if (count >= size) throw new Error('the bzip2 file is damaged');
    output[count++] = byte as number;
  }
}

/** The text from the last column of its sorted rotations. */
function inverseSort(last: Uint8Array, origin: number): Uint8Array {
  const starts = new Uint32Array(257);
  for (const byte of last) starts[byte + 1] = (starts[byte + 1] as number) + 1;
  for (let byte = 1; byte < 257; byte++) starts[byte] = (starts[byte] as number) + (starts[byte - 1] as number);
  const next = new Uint32Array(last.length);
  for (const [index, byte] of last.entries()) {
    next[starts[byte] as number] = index;
    starts[byte] = (starts[byte] as number) + 1;
  }
  const text = new Uint8Array(last.length);
  if (last.length > 0 && origin >= last.length) throw new Error('the bzip2 file is damaged');
  let at = next[origin] as number;
  for (let index = 0; index < text.length; index++) {
    text[index] = last[at] as number;
    at = next[at] as number;
  }
  return text;
}

/** Four equal bytes are followed by the number of further ones. */
function unrun(text: Uint8Array): Buffer {
  const parts: number[] = [];
  let same = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text[index] as number;
    if (same === 4) {
      const previous = text[index - 1] as number;
      for (let more = 0; more < byte; more++) parts.push(previous);
      same = 0;
      continue;
    }
    same = index > 0 && same > 0 && byte === text[index - 1] ? same + 1 : 1;
    parts.push(byte);
  }
  return Buffer.from(parts);
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = ((sum << 8) ^ (CRC[(sum >>> 24) ^ byte] as number)) >>> 0;
  return ~sum >>> 0;
}
