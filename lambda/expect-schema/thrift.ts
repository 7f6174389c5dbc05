// Thrift's compact protocol, as Parquet's footers are written in it. In: bytes. Out: structs as numbered fields. Always: what does not
// follow the protocol, or asks for more than there is, is an error and never an endless loop.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

export type Value = boolean | bigint | number | Buffer | readonly Value[] | Struct;
export type Struct = ReadonlyMap<number, Value>;

const DEEPEST = 40;

export function readStruct(bytes: Buffer): Struct {
  return new Reader(bytes).struct(0);
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  struct(depth: number): Struct {
    if (depth > DEEPEST) throw new Error('the footer is nested too deeply');
    const fields = new Map<number, Value>();
    let id = 0;
    for (;;) {
      const head = this.byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? Number(this.zigzag()) : id + (head >> 4);
      const type = head & 15;
      fields.set(id, type === 1 || type === 2 ? type === 1 : this.value(type, depth));
    }
  }

  private value(type: number, depth: number): Value {
    switch (type) {
      case 1:
      case 2:
        return this.byte() === 1;
      case 3:
        return this.byte();
      case 4:
      case 5:
      case 6:
        return this.zigzag();
      case 7:
        return this.take(8).readDoubleLE();
      case 8:
        return this.take(Number(this.varint()));
      case 9:
      case 10:
        return this.list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`the footer has a value of the unknown type ${type}`);
    }
  }

  private list(depth: number): Value[] {
    if (depth > DEEPEST) throw new Error('the footer is nested too deeply');
    const head = this.byte();
    const size = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
    // Every element takes a byte at least.
    if (size > this.bytes.length - this.at) throw new Error('the footer has a list that is longer than itself');
    return Array.from({ length: size }, () => this.value(head & 15, depth + 1));
  }

  private zigzag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  private varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new Error('the footer has a number that does not end');
  }

  private byte(): number {
    return this.take(1)[0]!;
  }

  private take(length: number): Buffer {
    if (!(length >= 0 && this.at + length <= this.bytes.length)) throw new Error('the footer ends too early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
