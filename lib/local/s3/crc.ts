// CRC-32, CRC-32C and CRC-64/NVME over streams of bytes, and the combination of the CRCs of two neighbouring pieces.
// All three are reflected with all ones in and out, so one table scheme (eight bytes a step) serves each.
import * as zlib from 'node:zlib';

const polynomials = { CRC32: 0xedb88320n, CRC32C: 0x82f63b78n, CRC64NVME: 0x9a6c9329ac4bc9b5n } as const;
export type CrcName = keyof typeof polynomials;

/** A running CRC. */
export interface RunningCrc {
  update(bytes: Uint8Array): void;
  /** Big-endian, as S3 writes it. */
  digest(): Buffer;
}

export function startCrc(name: CrcName): RunningCrc {
  if (name === 'CRC64NVME') return new WideCrc();
  return new NarrowCrc(name);
}

class NarrowCrc implements RunningCrc {
  private crc = 0;

  constructor(private readonly name: 'CRC32' | 'CRC32C') {}

  update(bytes: Uint8Array): void {
    // zlib's own CRC-32 (Node 20.15 and later) is several times faster than any loop here.
    this.crc =
      this.name === 'CRC32' && 'crc32' in zlib ? zlib.crc32(bytes, this.crc) : narrow(this.name, bytes, this.crc);
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.crc >>> 0);
    return out;
  }
}

function narrow(name: 'CRC32' | 'CRC32C', bytes: Uint8Array, start: number): number {
  const { low } = tablesOf(name);
  let crc = ~start;
  let at = 0;
  const blocks = bytes.length - (bytes.length % 8);
  while (at < blocks) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      low[0x700 + (crc & 0xff)]! ^
      low[0x600 + ((crc >>> 8) & 0xff)]! ^
      low[0x500 + ((crc >>> 16) & 0xff)]! ^
      low[0x400 + (crc >>> 24)]! ^
      low[0x300 + bytes[at + 4]!]! ^
      low[0x200 + bytes[at + 5]!]! ^
      low[0x100 + bytes[at + 6]!]! ^
      low[bytes[at + 7]!]!;
    at += 8;
  }
  for (; at < bytes.length; at++) crc = low[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

class WideCrc implements RunningCrc {
  private low = ~0;
  private high = ~0;

  update(bytes: Uint8Array): void {
    const tables = tablesOf('CRC64NVME');
    const lows = tables.low;
    const highs = tables.high;
    let low = this.low;
    let high = this.high;
    let at = 0;
    const blocks = bytes.length - (bytes.length % 8);
    while (at < blocks) {
      low ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      high ^= bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
      const a = 0x700 + (low & 0xff);
      const b = 0x600 + ((low >>> 8) & 0xff);
      const c = 0x500 + ((low >>> 16) & 0xff);
      const d = 0x400 + (low >>> 24);
      const e = 0x300 + (high & 0xff);
      const f = 0x200 + ((high >>> 8) & 0xff);
      const g = 0x100 + ((high >>> 16) & 0xff);
      const h = high >>> 24;
      low = lows[a]! ^ lows[b]! ^ lows[c]! ^ lows[d]! ^ lows[e]! ^ lows[f]! ^ lows[g]! ^ lows[h]!;
      high = highs[a]! ^ highs[b]! ^ highs[c]! ^ highs[d]! ^ highs[e]! ^ highs[f]! ^ highs[g]! ^ highs[h]!;
      at += 8;
    }
    for (; at < bytes.length; at++) {
      const index = (low ^ bytes[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[index]!;
      high = (high >>> 8) ^ highs[index]!;
    }
    this.low = low;
    this.high = high;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.high >>> 0);
    out.writeUInt32BE(~this.low >>> 0, 4);
    return out;
  }
}

interface Tables {
  /** 8 tables of 256 entries, one after the other; table k advances a byte by k further zero bytes. */
  readonly low: Int32Array;
  readonly high: Int32Array;
}

const built = new Map<CrcName, Tables>();

function tablesOf(name: CrcName): Tables {
  const known = built.get(name);
  if (known !== undefined) return known;
  const entries: bigint[] = [];
  for (let byte = 0n; byte < 256n; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomials[name] : value >> 1n;
    entries.push(value);
  }
  for (let at = 256; at < 8 * 256; at++) {
    const before = entries[at - 256]!;
    entries.push(entries[Number(before & 0xffn)]! ^ (before >> 8n));
  }
  const tables = {
    low: Int32Array.from(entries, (entry) => Number(entry & 0xffffffffn) | 0),
    high: Int32Array.from(entries, (entry) => Number(entry >> 32n) | 0),
  };
  built.set(name, tables);
  return tables;
}

/** The CRC of A followed by B, from the CRC of each and the length of B. */
export function combineCrc(name: CrcName, first: Buffer, second: Buffer, secondLength: number): Buffer {
  const width = BigInt(first.length * 8);
  const top = 1n << (width - 1n);
  // Multiplies two reflected polynomials modulo the CRC's: bit `top` is x^0.
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    for (let bit = top; bit > 0n; bit >>= 1n) {
      if (a & bit) product ^= b;
      b = b & 1n ? (b >> 1n) ^ polynomials[name] : b >> 1n;
    }
    return product;
  };
  let shift = top;
  let square = top >> 8n;
  for (let left = secondLength; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = multiply(shift, square);
    square = multiply(square, square);
  }
  const crc = multiply(shift, BigInt(`0x${first.toString('hex')}`)) ^ BigInt(`0x${second.toString('hex')}`);
  return Buffer.from(crc.toString(16).padStart(first.length * 2, '0'), 'hex');
}
