/** FarmHash Fingerprint64 of bytes (the published algorithm "farmhash na"), on 64-bit integers. */
const MASK = 0xffff_ffff_ffff_ffffn;
const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const wrap = (value: bigint): bigint => value & MASK;
const rotate = (value: bigint, by: bigint): bigint => (by === 0n ? value : wrap((value >> by) | (value << (64n - by))));
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);

function mix16(u: bigint, v: bigint, multiplier: bigint): bigint {
  let a = wrap((u ^ v) * multiplier);
  a ^= a >> 47n;
  let b = wrap((v ^ a) * multiplier);
  b ^= b >> 47n;
  return wrap(b * multiplier);
}

function short(bytes: Buffer): bigint {
  const length = bytes.length;
  if (length >= 8) {
    const multiplier = wrap(K2 + BigInt(length) * 2n);
    const a = wrap(bytes.readBigUInt64LE(0) + K2);
    const b = bytes.readBigUInt64LE(length - 8);
    const c = wrap(rotate(b, 37n) * multiplier + a);
    const d = wrap((rotate(a, 25n) + b) * multiplier);
    return mix16(c, d, multiplier);
  }
  if (length >= 4) {
    const multiplier = wrap(K2 + BigInt(length) * 2n);
    const a = BigInt(bytes.readUInt32LE(0));
    return mix16(BigInt(length) + (a << 3n), BigInt(bytes.readUInt32LE(length - 4)), multiplier);
  }
  if (length > 0) {
    const a = BigInt(bytes[0] as number);
    const b = BigInt(bytes[length >> 1] as number);
    const c = BigInt(bytes[length - 1] as number);
    const y = a + (b << 8n);
    const z = BigInt(length) + (c << 2n);
    return wrap(shiftMix(wrap(y * K2) ^ wrap(z * K0)) * K2);
  }
  return K2;
}

function upTo32(bytes: Buffer): bigint {
  const length = bytes.length;
  const multiplier = wrap(K2 + BigInt(length) * 2n);
  const a = wrap(bytes.readBigUInt64LE(0) * K1);
  const b = bytes.readBigUInt64LE(8);
  const c = wrap(bytes.readBigUInt64LE(length - 8) * multiplier);
  const d = wrap(bytes.readBigUInt64LE(length - 16) * K2);
  return mix16(
    wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d),
    wrap(a + rotate(wrap(b + K2), 18n) + c),
    multiplier,
  );
}

function upTo64(bytes: Buffer): bigint {
  const length = bytes.length;
  const multiplier = wrap(K2 + BigInt(length) * 2n);
  const a = wrap(bytes.readBigUInt64LE(0) * K2);
  const b = bytes.readBigUInt64LE(8);
  const c = wrap(bytes.readBigUInt64LE(length - 8) * multiplier);
  const d = wrap(bytes.readBigUInt64LE(length - 16) * K2);
  const y = wrap(rotate(wrap(a + b), 43n) + rotate(c, 30n) + d);
  const z = mix16(y, wrap(a + rotate(wrap(b + K2), 18n) + c), multiplier);
  const e = wrap(bytes.readBigUInt64LE(16) * multiplier);
  const f = bytes.readBigUInt64LE(24);
  const g = wrap((y + bytes.readBigUInt64LE(length - 32)) * multiplier);
  const h = wrap((z + bytes.readBigUInt64LE(length - 24)) * multiplier);
  return mix16(wrap(rotate(wrap(e + f), 43n) + rotate(g, 30n) + h), wrap(e + rotate(wrap(f + a), 18n) + g), multiplier);
}

function weak32(bytes: Buffer, at: number, first: bigint, second: bigint): [bigint, bigint] {
  const w = bytes.readBigUInt64LE(at);
  const x = bytes.readBigUInt64LE(at + 8);
  const y = bytes.readBigUInt64LE(at + 16);
  const z = bytes.readBigUInt64LE(at + 24);
  let a = wrap(first + w);
  let b = rotate(wrap(second + a + z), 21n);
  const c = a;
  a = wrap(a + x + y);
  b = wrap(b + rotate(a, 44n));
  return [wrap(a + z), wrap(b + c)];
}

function long(bytes: Buffer): bigint {
  const length = bytes.length;
  let x = 81n;
  let y = wrap(81n * K1 + 113n);
  let z = wrap(shiftMix(wrap(y * K2 + 113n)) * K2);
  let v: [bigint, bigint] = [0n, 0n];
  let w: [bigint, bigint] = [0n, 0n];
  x = wrap(x * K2 + bytes.readBigUInt64LE(0));
  const end = Math.floor((length - 1) / 64) * 64;
  const last = end + ((length - 1) & 63) - 63;
  for (let at = 0; at < end; at += 64) {
    x = wrap(rotate(wrap(x + y + v[0] + bytes.readBigUInt64LE(at + 8)), 37n) * K1);
    y = wrap(rotate(wrap(y + v[1] + bytes.readBigUInt64LE(at + 48)), 42n) * K1);
    x ^= w[1];
    y = wrap(y + v[0] + bytes.readBigUInt64LE(at + 40));
    z = wrap(rotate(wrap(z + w[0]), 33n) * K1);
    v = weak32(bytes, at, wrap(v[1] * K1), wrap(x + w[0]));
    w = weak32(bytes, at + 32, wrap(z + w[1]), wrap(y + bytes.readBigUInt64LE(at + 16)));
    [z, x] = [x, z];
  }
  const multiplier = wrap(K1 + ((z & 0xffn) << 1n));
  w = [wrap(w[0] + BigInt((length - 1) & 63)), w[1]];
  v = [wrap(v[0] + w[0]), v[1]];
  w = [wrap(w[0] + v[0]), w[1]];
  x = wrap(rotate(wrap(x + y + v[0] + bytes.readBigUInt64LE(last + 8)), 37n) * multiplier);
  y = wrap(rotate(wrap(y + v[1] + bytes.readBigUInt64LE(last + 48)), 42n) * multiplier);
  x ^= wrap(w[1] * 9n);
  y = wrap(y + v[0] * 9n + bytes.readBigUInt64LE(last + 40));
  z = wrap(rotate(wrap(z + w[0]), 33n) * multiplier);
  v = weak32(bytes, last, wrap(v[1] * multiplier), wrap(x + w[0]));
  w = weak32(bytes, last + 32, wrap(z + w[1]), wrap(y + bytes.readBigUInt64LE(last + 16)));
  [z, x] = [x, z];
  return mix16(
    wrap(mix16(v[0], w[0], multiplier) + wrap(shiftMix(y) * K0) + z),
    wrap(mix16(v[1], w[1], multiplier) + x),
    multiplier,
  );
}

export function farmFingerprint64(bytes: Buffer): bigint {
  const length = bytes.length;
  const hash = length <= 16 ? short(bytes) : length <= 32 ? upTo32(bytes) : length <= 64 ? upTo64(bytes) : long(bytes);
  return BigInt.asIntN(64, hash);
}
