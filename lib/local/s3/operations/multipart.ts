// CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, ListParts and
// ListMultipartUploads.
import { readRange } from '../byte-range';
import {
  checksumAlgorithms,
  checksumElement,
  checksumHeader,
  checksumType,
  joinChecksums,
  readAlgorithm,
  type Checksum,
} from '../checksum';
import { checkRead, checkWrite, readConditions } from '../conditions';
import { bucketAndKey, type Context } from '../context';
import { readCopySource } from '../copy-source';
import { openBody, readSmallBody } from '../incoming-body';
import { checkKey } from '../key-path';
import { largestPartNumber, type CompletedUpload, type UploadedPart, type UploadRecord } from '../multipart-uploads';
import { readFacts, refuseUnsupported } from '../object-headers';
import { owner } from '../owner';
import { emptyReply, quoted, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import type { ObjectInfo } from '../store';
import { parseXml, type XmlElement } from '../xml';
import { encryptionHeaders } from './write-object';

const smallestPart = 5 << 20;
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

export async function completeMultipartUpload(context: Context): Promise<Reply> {
  const { request, store, uploads } = context;
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  const id = request.query.get('uploadId') ?? '';
  const source = await readSmallBody(request, context.identity, 8 << 20);
  const before = uploads.completed(bucket, key, id);
  if (before !== undefined) return completeReply(context, before);
  const upload = uploads.get(bucket, key, id);
  const root = parseXml(source, 'CompleteMultipartUpload');
  const parts = chooseParts(root, uploads.parts(bucket, upload), upload);
  const checksum = wholeChecksum(context, upload, parts);
  checkObjectSize(request.header('x-amz-mp-object-size'), parts);
  const conditions = readConditions(request.header);
  const { id: _id, key: _key, initiated: _initiated, checksum: _checksum, ...facts } = upload;
  const { staged, etag } = await uploads.join(bucket, upload, parts);
  try {
    const info = await store.commit(bucket.name, key, staged, {
      ...facts,
      etag,
      ...(checksum !== undefined && { sum: checksum }),
      parts: parts.map((part) => ({
        number: part.number,
        size: part.size,
        ...(part.checksum !== undefined && { checksum: part.checksum }),
      })),
      event: 'ObjectCreated:CompleteMultipartUpload',
      precondition: (current) => checkWrite(conditions, current),
    });
    uploads.complete(bucket, upload, info);
    return completeReply(context, info);
  } finally {
    bucket.staging.discard(staged.file);
  }
}

function completeReply({ request }: Context, { etag, checksum, headers }: CompletedUpload): Reply {
  const host = request.header('host') ?? 'localhost';
  return xmlReply(
    'CompleteMultipartUploadResult',
    {
      Location: `http://${host}/${request.bucket}/${encodeURIComponent(request.key!)}`,
      Bucket: request.bucket,
      Key: request.key,
      ETag: quoted(etag),
      ...(checksum !== undefined && {
        [checksumElement(checksum.algorithm)]: checksum.value,
        ChecksumType: checksum.type,
      }),
    },
    encryptionHeaders({ headers }),
  );
}

function chooseParts(root: XmlElement, uploaded: readonly UploadedPart[], upload: UploadRecord): UploadedPart[] {
  const known = new Map(uploaded.map((part) => [part.number, part]));
  const named = root.all('Part');
  if (named.length === 0) throw new S3Error('MalformedXML', 'a completion names at least one part');
  let previous = 0;
  // Of a part that is named twice in a row (it was uploaded twice) the last naming counts.
  const distinct = named.filter(
    (element, index) => named[index + 1]?.textOf('PartNumber') !== element.textOf('PartNumber'),
  );
  return distinct.map((element, index) => {
    const number = Number(element.textOf('PartNumber') ?? Number.NaN);
    const etag = element
      .textOf('ETag')
      ?.trim()
      .replace(/^"(.*)"$/, '$1');
    if (!Number.isInteger(number) || etag === undefined) throw new S3Error('MalformedXML');
    if (number <= previous) throw new S3Error('InvalidPartOrder', undefined, { UploadId: upload.id });
    previous = number;
    const part = known.get(number);
    const wrong = checksumAlgorithms.some((algorithm) => {
      const given = element.textOf(checksumElement(algorithm));
      return given !== undefined && algorithm === upload.checksum?.algorithm && given !== part?.checksum;
    });
    if (part === undefined || part.etag !== etag || wrong) {
      throw new S3Error('InvalidPart', undefined, { UploadId: upload.id, PartNumber: String(number), ETag: etag });
    }
    if (part.size < smallestPart && index < distinct.length - 1) {
      throw new S3Error('EntityTooSmall', `every part but the last has at least ${smallestPart} bytes`, {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(smallestPart),
        PartNumber: String(number),
        ETag: etag,
      });
    }
    return part;
  });
}

function wholeChecksum(
  { request }: Context,
  upload: UploadRecord,
  parts: readonly UploadedPart[],
): Checksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm, type } = upload.checksum;
  const asked = request.header('x-amz-checksum-type');
  if (asked !== undefined && asked.toUpperCase() !== type) {
    throw new S3Error(
      'InvalidRequest',
      `the upload was created with the ${type} checksum type, the completion says ${asked}`,
    );
  }
  const whole = joinChecksums(
    algorithm,
    type,
    parts.map(({ checksum = '', size }) => ({ value: checksum, size })),
  );
  const given = request.header(checksumHeader(algorithm));
  if (given !== undefined && given !== whole.value && given !== whole.value.replace(/-\d+$/, '')) {
    throw new S3Error('BadDigest', `the ${algorithm} you specified did not match the calculated checksum`);
  }
  return whole;
}

function checkObjectSize(text: string | undefined, parts: readonly UploadedPart[]): void {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (text !== undefined && Number(text) !== size) {
    throw new S3Error('InvalidRequest', `the parts have ${size} bytes, x-amz-mp-object-size says ${text}`);
  }
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
