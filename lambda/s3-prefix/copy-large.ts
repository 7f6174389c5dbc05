// One large object, part by part, inside S3. In: the object, and the upload where it was begun before. Out: nothing when it is
// copied, else the id of the upload to go on with. Always: parts that are there are not copied again; content type and metadata
// come along; the object that is read is the one that was listed.

import {
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { client, copySource, eachOf, type Listed, type Place } from './place';

export interface LargeCopy {
  readonly source: Place;
  readonly target: Place;
  readonly object: Listed;
  readonly key: string;
  readonly uploadId: string | undefined;
  readonly until: number;
  /** Smallest size of a part. */
  readonly part: number;
}

const MOST_PARTS = 10_000;
const WIDTH = 16;

export async function copyLarge(copy: LargeCopy): Promise<string | undefined> {
  const { source, target, object, key, until } = copy;
  const uploadId = copy.uploadId ?? (await begin(copy));
  const upload = { Bucket: target.bucket, Key: key, UploadId: uploadId };
  const size = Math.max(copy.part, Math.ceil(object.size / MOST_PARTS));
  const count = Math.ceil(object.size / size);
  const parts = copy.uploadId === undefined ? new Map<number, CompletedPart>() : await partsOf(upload);
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((number) => !parts.has(number));
  await eachOf(missing, WIDTH, async (number) => {
    if (Date.now() > until) return;
    const from = (number - 1) * size;
    const answer = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: number,
        CopySource: copySource(source, object.key),
        CopySourceIfMatch: object.etag,
        CopySourceRange: `bytes=${from}-${Math.min(from + size, object.size) - 1}`,
      }),
    );
    parts.set(number, { PartNumber: number, ETag: answer.CopyPartResult?.ETag });
  });
  if (parts.size < count) return uploadId;
  const inOrder = [...parts.values()].sort((a, b) => a.PartNumber! - b.PartNumber!);
  await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: inOrder } }));
  return undefined;
}

async function begin({ source, target, object, key }: LargeCopy): Promise<string> {
  const head = await client.send(
    new HeadObjectCommand({ Bucket: source.bucket, Key: object.key, IfMatch: object.etag }),
  );
  const answer = await client.send(
    new CreateMultipartUploadCommand({
      Bucket: target.bucket,
      Key: key,
      ...(head.ContentType !== undefined && { ContentType: head.ContentType }),
      ...(head.ContentEncoding !== undefined && { ContentEncoding: head.ContentEncoding }),
      ...(head.CacheControl !== undefined && { CacheControl: head.CacheControl }),
      ...(head.ContentDisposition !== undefined && { ContentDisposition: head.ContentDisposition }),
      ...(head.Metadata !== undefined && { Metadata: head.Metadata }),
    }),
  );
  return answer.UploadId!;
}

async function partsOf(upload: { Bucket: string; Key: string; UploadId: string }): Promise<Map<number, CompletedPart>> {
  const parts = new Map<number, CompletedPart>();
  for (let marker: string | undefined, first = true; first || marker !== undefined; first = false) {
    const answer = await client.send(
      new ListPartsCommand({ ...upload, ...(marker !== undefined && { PartNumberMarker: marker }) }),
    );
    for (const { PartNumber, ETag } of answer.Parts ?? []) parts.set(PartNumber!, { PartNumber, ETag });
    marker = answer.IsTruncated ? answer.NextPartNumberMarker : undefined;
  }
  return parts;
}
