// CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, ListParts and
// ListMultipartUploads.
import { readRange } from '../byte-range';
import { checksumElement, checksumHeader, checksumType, readAlgorithm } from '../checksum';
import { checkRead, readConditions } from '../conditions';
import { bucketAndKey, type Context } from '../context';
import { readCopySource } from '../copy-source';
import { openBody } from '../incoming-body';
import { checkKey } from '../key-path';
import { largestPartNumber, type UploadedPart, type UploadRecord } from '../multipart-uploads';
import { readFacts, refuseUnsupported } from '../object-headers';
import { owner } from '../owner';
import { emptyReply, quoted, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import type { ObjectInfo } from '../store';
import { encryptionHeaders } from './write-object';

const largestPart = 5 * 1024 ** 3;

export function createMultipartUpload(context: Context): Reply {
  const { request, uploads } = context;
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  refuseUnsupported(request);
  checkKey(key);
  const named = request.header('x-amz-checksum-algorithm');
  const type = request.header('x-amz-checksum-type');
  if (named === undefined && type !== undefined)
    throw new S3Error('InvalidRequest', 'x-amz-checksum-type needs x-amz-checksum-algorithm beside it');
  const algorithm = named === undefined ? undefined : readAlgorithm(named);
  const checksum = algorithm === undefined ? undefined : { algorithm, type: checksumType(algorithm, type) };
  const upload = uploads.start(bucket, { ...readFacts(request), key, ...(checksum !== undefined && { checksum }) });
  return xmlReply(
    'InitiateMultipartUploadResult',
    { Bucket: bucket.name, Key: key, UploadId: upload.id },
    {
      'x-amz-checksum-algorithm': checksum?.algorithm,
      'x-amz-checksum-type': checksum?.type,
      ...encryptionHeaders(upload),
    },
  );
}

function uploadOf(context: Context): UploadRecord {
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  return context.uploads.get(bucket, key, context.request.query.get('uploadId') ?? '');
}

function partNumber({ request }: Context): number {
  const number = Number(request.query.get('partNumber'));
  if (Number.isInteger(number) && number >= 1 && number <= largestPartNumber) return number;
  throw new S3Error('InvalidArgument', `part number must be an integer between 1 and ${largestPartNumber}, inclusive`, {
    ArgumentName: 'partNumber',
    ArgumentValue: request.query.get('partNumber') ?? '',
  });
}

export async function uploadPart(context: Context): Promise<Reply> {
  const { request, store, uploads } = context;
  const { bucket } = bucketAndKey(context, 'WRITE');
  const number = partNumber(context);
  refuseUnsupported(request);
  const upload = uploadOf(context);
  const body = openBody(request, context.identity);
  if ((body.length ?? 0) > largestPart) throw new S3Error('EntityTooLarge');
  const asked = body.requested?.algorithm;
  const wanted = upload.checksum?.algorithm;
  if (asked !== undefined && wanted !== undefined && asked !== wanted) {
    throw new S3Error(
      'InvalidRequest',
      `checksum type mismatch occurred, expected checksum type: ${wanted.toLowerCase()}, actual checksum type: ${asked.toLowerCase()}`,
    );
  }
  const staged = await bucket.staging.stage(body.chunks, wanted ?? asked);
  try {
    body.verify(staged);
    const part = uploads.addPart(store.buckets.get(bucket.name), upload, number, staged);
    const sum = staged.checksum;
    return emptyReply(200, {
      etag: quoted(part.etag),
      ...(sum !== undefined && { [checksumHeader(sum.algorithm)]: sum.digest.toString('base64') }),
      ...encryptionHeaders(upload),
    });
  } finally {
    bucket.staging.discard(staged.file);
  }
}

export async function uploadPartCopy(context: Context): Promise<Reply> {
  const { request, store, uploads } = context;
  const { bucket } = bucketAndKey(context, 'WRITE');
  const number = partNumber(context);
  refuseUnsupported(request);
  const upload = uploadOf(context);
  const source = readCopySource(context);
  const { info, handle } = await store.open(source.bucket, source.key);
  try {
    checkRead(readConditions(request.header, 'x-amz-copy-source-'), info, 'PreconditionFailed');
    const { start, length } = copyRange(request.header('x-amz-copy-source-range'), info);
    const chunks =
      length === 0
        ? []
        : handle.createReadStream({ start, end: start + length - 1, autoClose: false, highWaterMark: 1 << 20 });
    const staged = await bucket.staging.stage(chunks, upload.checksum?.algorithm);
    try {
      const part = uploads.addPart(store.buckets.get(bucket.name), upload, number, staged);
      return xmlReply('CopyPartResult', {
        ETag: quoted(part.etag),
        LastModified: part.modified,
        ...partChecksum(upload, part),
      });
    } finally {
      bucket.staging.discard(staged.file);
    }
  } finally {
    await handle.close();
  }
}

function copyRange(text: string | undefined, info: ObjectInfo): { start: number; length: number } {
  if (text === undefined) return { start: 0, length: info.size };
  const match = /^bytes=(\d+)-(\d+)$/.exec(text);
  if (match === null || Number(match[1]) > Number(match[2])) {
    throw new S3Error(
      'InvalidArgument',
      'the x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: text },
    );
  }
  if (Number(match[2]) >= info.size)
    throw new S3Error('InvalidRange', `range specified is not valid for source object of size: ${info.size}`);
  return readRange(text, info.size)!;
}

export function abortMultipartUpload(context: Context): Reply {
  const { bucket } = bucketAndKey(context, 'WRITE');
  context.uploads.remove(bucket, uploadOf(context));
  return emptyReply(204);
}

function partChecksum(upload: UploadRecord, part: UploadedPart): Record<string, string> {
  return upload.checksum === undefined || part.checksum === undefined
    ? {}
    : { [checksumElement(upload.checksum.algorithm)]: part.checksum };
}

export function listParts(context: Context): Reply {
  const { request, uploads } = context;
  const { bucket, key } = bucketAndKey(context, 'OWN');
  const upload = uploadOf(context);
  const most = pageSize(request.query.get('max-parts'), 'max-parts');
  const marker = pageSize(request.query.get('part-number-marker') ?? '0', 'part-number-marker', 2 ** 31);
  const after = uploads.parts(bucket, upload).filter((part) => part.number > marker);
  const page = after.slice(0, most);
  const isTruncated = after.length > page.length;
  return xmlReply('ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.id,
    Initiator: owner,
    Owner: owner,
    StorageClass: upload.storageClass ?? 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: isTruncated,
    ...(upload.checksum !== undefined && {
      ChecksumAlgorithm: upload.checksum.algorithm,
      ChecksumType: upload.checksum.type,
    }),
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: part.modified,
      ETag: quoted(part.etag),
      Size: part.size,
      ...partChecksum(upload, part),
    })),
  });
}

function pageSize(text: string | undefined, name: string, most = 1000): number {
  if (text === undefined || text === '') return most;
  if (!/^\d{1,10}$/.test(text))
    throw new S3Error('InvalidArgument', `argument ${name} must be a whole number`, {
      ArgumentName: name,
      ArgumentValue: text,
    });
  return Math.min(Number(text), most);
}
