import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumAlgorithms, checksumType, joinChecksums, startChecksum } from '../../../lib/local/s3/checksum';
import { combineCrc, startCrc } from '../../../lib/local/s3/crc';

// The check values of the CRC catalogue: the CRC of the text 123456789.
// https://reveng.sourceforge.io/crc-catalogue/all.htm
it.each([
  ['CRC32', 'cbf43926'],
  ['CRC32C', 'e3069283'],
  ['CRC64NVME', 'ae8b14860a799888'],
] as const)('%s of 123456789 is %s', (name, expected) => {
  const crc = startCrc(name);
  crc.update(Buffer.from('123456789'));
  expect(crc.digest().toString('hex')).toBe(expected);
});

describe('a CRC', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
    '%s does not depend on how the bytes are cut, and combines',
    (name) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (first, second) => {
          const whole = startCrc(name);
          whole.update(Buffer.concat([first, second]));
          const cut = startCrc(name);
          cut.update(first);
          cut.update(second);
          const [a, b] = [startCrc(name), startCrc(name)];
          a.update(first);
          b.update(second);
          expect(cut.digest()).toEqual(whole.digest());
          expect(combineCrc(name, a.digest(), b.digest(), second.length)).toEqual(whole.digest());
        }),
      );
    },
  );

  it('CRC32 is that of zlib', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const crc = startCrc('CRC32');
        crc.update(bytes);
        expect(crc.digest().readUInt32BE()).toBe(crc32(bytes));
      }),
    );
  });
});

describe('checksums of parts', () => {
  it('the full-object form of two parts is the checksum of their bytes', () => {
    const parts = [Buffer.alloc(1000, 'a'), Buffer.alloc(77, 'b')];
    for (const algorithm of checksumAlgorithms.filter((each) => each.startsWith('CRC'))) {
      const sums = parts.map((bytes) => {
        const sum = startChecksum(algorithm);
        sum.update(bytes);
        return { value: sum.digest().toString('base64'), size: bytes.length };
      });
      const whole = startChecksum(algorithm);
      whole.update(Buffer.concat(parts));
      expect(joinChecksums(algorithm, 'FULL_OBJECT', sums).value).toBe(whole.digest().toString('base64'));
      expect(joinChecksums(algorithm, 'COMPOSITE', sums).value).toMatch(/=-2$/);
    }
  });

  it('fails: pairs of algorithm and type that S3 does not know', () => {
    expect(() => checksumType('SHA256', 'FULL_OBJECT')).toThrow(/cannot be used/);
    expect(() => checksumType('CRC64NVME', 'COMPOSITE')).toThrow(/cannot be used/);
  });
});
