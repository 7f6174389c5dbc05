// CompleteMultipartUpload: chooses the parts the client names, checks them, and makes them one object.
import { type Checksum, checksumAlgorithms, checksumElement, checksumHeader, joinChecksums } from '../checksum';
import { checkWrite, readConditions } from '../conditions';
import { bucketAndKey, type Context } from '../context';
import { readSmallBody } from '../incoming-body';
import type { CompletedUpload, UploadedPart, UploadRecord } from '../multipart-uploads';
import { quoted, type Reply, xmlReply } from '../reply';
import { S3Error } from '../s3-error';
import { parseXml, type XmlElement } from '../xml';
import { encryptionHeaders } from './write-object';

const smallestPart = 5 << 20;

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
