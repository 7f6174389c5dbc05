import { describe, expect, it } from 'vitest';
import { decodeAwsChunked } from '../../../lib/local/s3/aws-chunked';
import { signingKey } from '../../../lib/local/s3/signature-v4';

// The worked example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
const scope = '20130524/us-east-1/s3/aws4_request';
const signing = {
  key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope),
  scope,
  timestamp: '20130524T000000Z',
  seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
};
const signatures = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
];
const example = (first: string): string =>
  `10000;chunk-signature=${signatures[0]}\r\n${first.repeat(65536)}\r\n` +
  `400;chunk-signature=${signatures[1]}\r\n${'a'.repeat(1024)}\r\n` +
  `0;chunk-signature=${signatures[2]}\r\n\r\n`;

async function decode(text: string, cut: number, options: Partial<Parameters<typeof decodeAwsChunked>[1]> = {}) {
  const bytes = Buffer.from(text);
  const trailers = new Map<string, string>();
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
  })();
  const pieces: Buffer[] = [];
  for await (const piece of decodeAwsChunked(source, { trailers, ...options })) pieces.push(piece);
  return { body: Buffer.concat(pieces).toString(), trailers };
}

describe('decodeAwsChunked', () => {
  it.each([1, 7, 1000, 1 << 20])('takes the signed example of the documentation, cut every %i bytes', async (cut) => {
    expect((await decode(example('a'), cut, { signing })).body).toBe('a'.repeat(66560));
  });

  it('fails: bytes that were not signed', async () => {
    await expect(decode(example('b'), 1000, { signing })).rejects.toThrow(/signature of a chunk/);
  });

  it('gives the trailers of an unsigned stream', async () => {
    const { body, trailers } = await decode('3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n', 2);
    expect([body, [...trailers]]).toEqual(['abc', [['x-amz-checksum-crc32', 'NSRBwg==']]]);
  });

  it.each(['zz\r\nabc', '5\r\nabc', '3\r\nabcdef\r\n0\r\n\r\n', 'x'.repeat(9000)])('fails: %s', async (text) => {
    await expect(decode(text, 4)).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});
