// PutObject, CopyObject, DeleteObject and DeleteObjects.
import { checksumElement, checksumHeader, readAlgorithm, type Checksum } from '../checksum';
import { checkRead, checkWrite, readConditions } from '../conditions';
import { bucketAndKey, bucketOf, checkVersion, type Context } from '../context';
import { readCopySource } from '../copy-source';
import { openBody, readSmallBody } from '../incoming-body';
import { readFacts, refuseUnsupported } from '../object-headers';
import { emptyReply, quoted, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import type { ObjectInfo, Precondition } from '../store';
import { parseXml, type XmlElement } from '../xml';

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
const largestPut = 5 * 1024 ** 3;

export async function putObject(context: Context): Promise<Reply> {
  const { request, store } = context;
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  refuseUnsupported(request);
  const facts = readFacts(request);
  const conditions = readConditions(request.header);
  const body = openBody(request, context.identity);
  if ((body.length ?? 0) > largestPut)
    throw new S3Error('EntityTooLarge', undefined, { MaxSizeAllowed: String(largestPut) });
  const info = await store.put(bucket.name, key, body.chunks, {
    ...facts,
    ...(body.requested !== undefined && { checksum: body.requested.algorithm }),
    verify: body.verify,
    ...writeCondition(conditions),
  });
  return emptyReply(200, { etag: quoted(info.etag), ...checksumHeaders(info.checksum), ...encryptionHeaders(info) });
}

function writeCondition(conditions: ReturnType<typeof readConditions>): { precondition?: Precondition } {
  if (conditions.ifMatch === undefined && conditions.ifNoneMatch === undefined) return {};
  return { precondition: (current) => checkWrite(conditions, current) };
}

export function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  return checksum === undefined
    ? {}
    : { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export function encryptionHeaders(info: Pick<ObjectInfo, 'headers'>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(info.headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption')),
  );
}

export async function copyObject(context: Context): Promise<Reply> {
  const { request, store } = context;
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  refuseUnsupported(request);
  const source = readCopySource(context);
  const replacesFacts = readDirective(request.header('x-amz-metadata-directive'), 'x-amz-metadata-directive');
  const replacesTags = readDirective(request.header('x-amz-tagging-directive'), 'x-amz-tagging-directive');
  const given = readFacts(request);
  const info = await store.head(source.bucket, source.key);
  checkRead(readConditions(request.header, 'x-amz-copy-source-'), info, 'PreconditionFailed');
  const changesClass =
    (request.header('x-amz-storage-class') ?? info.storageClass ?? 'STANDARD') !== (info.storageClass ?? 'STANDARD');
  const changes =
    replacesFacts ||
    changesClass ||
    request.header('x-amz-server-side-encryption') !== undefined ||
    given.headers['x-amz-website-redirect-location'] !== undefined;
  if (source.bucket === bucket.name && source.key === key && !changes) {
    throw new S3Error(
      'InvalidRequest',
      'this copy request is illegal because it is trying to copy an object to itself without changing the object’s metadata, storage class, website redirect location or encryption attributes',
    );
  }
  const { headers, metadata } = replacesFacts ? given : info;
  const encryption = encryptionHeaders(given);
  const algorithm = request.header('x-amz-checksum-algorithm');
  const tags = replacesTags ? (given.tags ?? {}) : info.tags;
  const copied = await store.copy(
    source,
    { bucket: bucket.name, key },
    {
      headers: { ...withoutRedirect(headers, given.headers), ...encryption },
      metadata,
      ...(tags !== undefined && { tags }),
      ...(given.acl !== undefined && { acl: given.acl }),
      ...(given.storageClass !== undefined && { storageClass: given.storageClass }),
      ...(algorithm !== undefined && { checksum: readAlgorithm(algorithm) }),
      ...writeCondition(readConditions(request.header)),
    },
  );
  const sum = copied.checksum;
  return xmlReply(
    'CopyObjectResult',
    {
      ETag: quoted(copied.etag),
      LastModified: copied.lastModified.toISOString(),
      ...(sum !== undefined && { [checksumElement(sum.algorithm)]: sum.value, ChecksumType: sum.type }),
    },
    encryption,
  );
}

// A redirect belongs to the place of an object, so a copy has only the one it is given.
function withoutRedirect(
  headers: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const name = 'x-amz-website-redirect-location';
  const { [name]: _, ...others } = headers;
  return given[name] === undefined ? others : { ...others, [name]: given[name] };
}

function readDirective(text: string | undefined, name: string): boolean {
  if (text === undefined || text === 'COPY') return false;
  if (text === 'REPLACE') return true;
  throw new S3Error('InvalidArgument', `${name} is COPY or REPLACE, got '${text}'`, {
    ArgumentName: name,
    ArgumentValue: text,
  });
}

export async function deleteObject(context: Context): Promise<Reply> {
  const { bucket, key } = bucketAndKey(context, 'WRITE');
  checkVersion(context);
  const etag = context.request.header('if-match');
  const modified = context.request.header('x-amz-if-match-last-modified-time');
  const size = context.request.header('x-amz-if-match-size');
  await context.store.delete(bucket.name, key, deleteCondition(etag, modified, size));
  return emptyReply(204);
}

function deleteCondition(
  etag: string | undefined,
  modified: string | undefined,
  size: string | undefined,
): Precondition | undefined {
  if (etag === undefined && modified === undefined && size === undefined) return undefined;
  return (current) => {
    // There is nothing left to protect when the object is gone: S3 answers as for any delete.
    if (current === undefined) return;
    if (etag !== undefined) checkWrite({ ifMatch: etag }, current);
    const time = Math.floor(Date.parse(modified ?? '') / 1000) * 1000;
    if (modified !== undefined && time !== current.lastModified.getTime()) throw new S3Error('PreconditionFailed');
    if (size !== undefined && Number(size) !== current.size) throw new S3Error('PreconditionFailed');
  };
}

const mostDeletes = 1000;

export async function deleteObjects(context: Context): Promise<Reply> {
  const { store } = context;
  const bucket = bucketOf(context, 'WRITE');
  const root = parseXml(await readSmallBody(context.request, context.identity, 8 << 20), 'Delete');
  const objects = root.all('Object');
  if (objects.length === 0 || objects.length > mostDeletes) {
    throw new S3Error('MalformedXML', `a delete request names 1 to ${mostDeletes} objects, this one ${objects.length}`);
  }
  const deleted: { Key: string; VersionId?: string }[] = [];
  const errors: { Key: string; VersionId?: string; Code: string; Message: string }[] = [];
  for (const object of objects) {
    const named = namedObject(object);
    try {
      if (named.VersionId !== undefined && named.VersionId !== 'null') throw new S3Error('NoSuchVersion');
      const condition = deleteCondition(
        object.textOf('ETag'),
        object.textOf('LastModifiedTime'),
        object.textOf('Size'),
      );
      await store.delete(bucket.name, named.Key, condition);
      deleted.push(named);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      errors.push({ ...named, Code: error.wireCode, Message: error.message });
    }
  }
  const isQuiet = root.textOf('Quiet')?.trim() === 'true';
  return xmlReply('DeleteResult', { ...(!isQuiet && { Deleted: deleted }), Error: errors });
}

function namedObject(object: XmlElement): { Key: string; VersionId?: string } {
  const key = object.textOf('Key');
  const version = object.textOf('VersionId');
  if (key === undefined || key === '')
    throw new S3Error('UserKeyMustBeSpecified', 'every object to delete needs a key');
  return { Key: key, ...(version !== undefined && version !== '' && { VersionId: version }) };
}
