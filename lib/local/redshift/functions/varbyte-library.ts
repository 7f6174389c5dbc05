/** VARBYTE: formats, bits and pieces of byte strings. */
import { RedshiftError } from '../redshift-error';
import type { Udf } from './udf';

export function bytesFromText(text: string, format: string): Buffer {
  switch (format.toLowerCase()) {
    case 'hex':
      if (!/^[0-9a-f]*$/i.test(text)) throw new RedshiftError(`invalid hexadecimal text "${text}"`);
      return Buffer.from(text.length % 2 === 1 ? `0${text}` : text, 'hex');
    case 'binary': {
      if (!/^([01]{8})*$/.test(text)) throw new RedshiftError(`invalid binary text "${text}"`);
      return Buffer.from((text.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
    }
    case 'base64':
      return Buffer.from(text, 'base64');
    case 'utf8':
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    default:
      throw new RedshiftError(`binary format "${format}" must be hex, binary, base64, utf8 or utf-8`);
  }
}

export function textFromBytes(bytes: Buffer, format: string): string {
  switch (format.toLowerCase()) {
    case 'hex':
      return bytes.toString('hex');
    case 'binary':
      return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    case 'base64':
      return bytes.toString('base64');
    case 'utf8':
    case 'utf-8': {
      const text = bytes.toString('utf8');
      if (!Buffer.from(text, 'utf8').equals(bytes)) throw new RedshiftError('bytes are not valid UTF-8');
      return text;
    }
    default:
      throw new RedshiftError(`binary format "${format}" must be hex, binary, base64, utf8 or utf-8`);
  }
}

function bitAt(bytes: Buffer, index: number): number {
  if (index < 0 || index >= bytes.length * 8)
    throw new RedshiftError(`index ${index} out of range for a VARBYTE of ${bytes.length} bytes`);
  return ((bytes[bytes.length - 1 - (index >> 3)] as number) >> (index & 7)) & 1;
}

function withBit(bytes: Buffer, index: number, bit: number): Buffer {
  bitAt(bytes, index);
  if (bit !== 0 && bit !== 1) throw new RedshiftError(`bit value ${bit} must be 0 or 1`);
  const copy = Buffer.from(bytes);
  const place = copy.length - 1 - (index >> 3);
  const mask = 1 << (index & 7);
  copy[place] = bit ? (copy[place] as number) | mask : (copy[place] as number) & ~mask;
  return copy;
}

function piece(bytes: Buffer, start: number, length: number): Buffer {
  if (length < 0) throw new RedshiftError('negative substring length not allowed');
  return bytes.subarray(Math.max(start - 1, 0), Math.max(start - 1 + length, 0));
}

function integerBytes(value: bigint, size: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer.subarray(8 - size);
}

function combine(left: Buffer, right: Buffer, operator: string): Buffer {
  const size = Math.max(left.length, right.length);
  const a = Buffer.concat([Buffer.alloc(size - left.length), left]);
  const b = Buffer.concat([Buffer.alloc(size - right.length), right]);
  return Buffer.from(
    a.map((byte, index) => {
      const other = b[index] as number;
      return operator === '&' ? byte & other : operator === '|' ? byte | other : byte ^ other;
    }),
  );
}

/** Hexadecimal of a number as TO_HEX shows it: two's complement of its size, without leading zeros. */
function integerHex(value: bigint): string {
  return BigInt.asUintN(value >= -2147483648n && value <= 2147483647n ? 32 : 64, value).toString(16);
}

export const VARBYTE_LIBRARY: Udf[] = [
  { name: 'rs_bytes', signature: 'VV:X', run: bytesFromText },
  { name: 'rs_bytes_text', signature: 'XV:V', run: textFromBytes },
  { name: 'rs_bytes_bit', signature: 'XI:I', run: bitAt },
  { name: 'rs_bytes_set_bit', signature: 'XII:X', run: withBit },
  { name: 'rs_bytes_piece', signature: 'XII:X', run: piece },
  { name: 'rs_bytes_integer', signature: 'LI:X', run: integerBytes },
  { name: 'rs_bytes_reverse', signature: 'X:X', run: (bytes: Buffer) => Buffer.from(bytes).reverse() },
  { name: 'rs_bytes_not', signature: 'X:X', run: (bytes: Buffer) => Buffer.from(bytes.map((byte) => ~byte & 0xff)) },
  { name: 'rs_bytes_combine', signature: 'XXV:X', run: combine },
  { name: 'rs_bytes_clip', signature: 'XI:X', run: (bytes: Buffer, size: number) => bytes.subarray(0, size) },
  { name: 'rs_bytes_find', signature: 'XX:I', run: (needle: Buffer, bytes: Buffer) => bytes.indexOf(needle) + 1 },
  { name: 'rs_integer_hex', signature: 'L:V', run: integerHex },
];
