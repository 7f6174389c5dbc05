import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Objects } from '../../../lib/local/services/s3-objects';
import { S3Store } from '../../../lib/local/s3/store';
import { temporaryFolder } from '../assembly-fixture';

const store = new S3Store({ root: temporaryFolder() });
const s3 = new S3Objects(() => store);
const ask = (action: string, input: { [name: string]: string } = {}) =>
  s3.handle({ action, input, region: 'eu-west-1' } as never);

describe('what a state machine asks S3 itself', () => {
  beforeAll(() => store.createBucket('lake'));
  afterAll(() => store.deleteBucket('lake'));

  it('buckets are listed, and are there or not', async () => {
    expect(await ask('ListBuckets')).toMatchObject({ Buckets: [{ Name: 'lake' }] });
    expect(await ask('HeadBucket', { Bucket: 'lake' })).toEqual({});
    await expect(ask('HeadBucket', { Bucket: 'nobody' })).rejects.toThrow('S3.NoSuchBucketException');
  });

  it('an action without a stand-in is refused by its name, whatever it is given', async () => {
    await expect(ask('ListDirectoryBuckets')).rejects.toThrow('s3:ListDirectoryBuckets has no stand-in on the laptop');
  });

  it('a bucket that is missing is asked for', async () => {
    await expect(ask('GetObject', { Key: 'a' })).rejects.toThrow('Bucket is required');
  });
});
