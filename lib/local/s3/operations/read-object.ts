// GetObject, HeadObject and GetObjectAttributes.
import { checksumElement, checksumHeader } from '../checksum';
import { readRange, type ByteRange } from '../byte-range';
import { checkRead, readConditions } from '../conditions';
import { bucketAndKey, checkVersion, type Context, isOpen, isStranger } from '../context';
import { describeHeaders, refuseUnsupported, responseOverrides } from '../object-headers';
import { emptyReply, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import type { ObjectInfo, OpenObject } from '../store';
import type { XmlValue } from '../xml';

export async function getObject(context: Context): Promise<Reply> {
  const { info, handle } = await openReadable(context);
  try {
    const { range, headers, status } = describe(context, info);
    return { status, headers, body: { handle, start: range.start, length: range.length } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function headObject(context: Context): Promise<Reply> {
  const { info, handle } = await openReadable(context);
  await handle.close();
  const { headers, status } = describe(context, info);
  return emptyReply(status, headers);
}

async function openReadable(context: Context): Promise<OpenObject> {
  const { bucket, key } = bucketAndKey(context, 'OBJECT');
  checkVersion(context);
  refuseUnsupported(context.request);
  const stranger = isStranger(context, bucket);
  const isHidden = stranger && !isOpen(context, bucket.settings.acl, 'READ');
  let object: OpenObject;
  try {
    object = await context.store.open(bucket.name, key);
  } catch (error) {
    // Who may not list must not learn that a key does not exist.
    if (isHidden && error instanceof S3Error && error.code === 'NoSuchKey') throw new S3Error('AccessDenied');
    throw error;
  }
  if (stranger && !isOpen(context, object.info.acl, 'READ')) {
    await object.handle.close();
    throw new S3Error('AccessDenied');
  }
  return object;
}

function describe(context: Context, info: ObjectInfo) {
  const { request } = context;
  const unchanged = (): Record<string, string | undefined> => describeHeaders(info, false);
  try {
    checkRead(readConditions(request.header), info, 'NotModified');
  } catch (error) {
    if (error instanceof S3Error && error.code === 'NotModified') {
      const { etag, 'last-modified': modified, 'cache-control': cache, expires } = unchanged();
      return {
        status: 304,
        range: { start: 0, length: 0 },
        headers: { etag, 'last-modified': modified, 'cache-control': cache, expires },
      };
    }
    throw error;
  }
  const overrides = responseOverrides(request, context.identity.anonymous);
  const part = partRange(request.query.get('partNumber'), info);
  const range = part ?? readRange(request.header('range'), info.size);
  const wantsChecksum = request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const headers: Record<string, string | undefined> = {
    ...describeHeaders(info, wantsChecksum && (range === undefined || range.length === info.size)),
    ...overrides,
    'content-length': String(range?.length ?? info.size),
  };
  if (part !== undefined && info.parts !== undefined) {
    headers['x-amz-mp-parts-count'] = String(info.parts.length);
    if (wantsChecksum) Object.assign(headers, partChecksum(info, Number(request.query.get('partNumber'))));
  }
  if (range === undefined || (part !== undefined && info.parts === undefined)) {
    return { status: part === undefined ? 200 : 206, range: { start: 0, length: info.size }, headers };
  }
  headers['content-range'] = `bytes ${range.start}-${range.start + range.length - 1}/${info.size}`;
  return { status: 206, range, headers };
}

function partRange(text: string | undefined, info: ObjectInfo): ByteRange | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  const parts = info.parts ?? [{ number: 1, size: info.size }];
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 'the part number must be an integer between 1 and 10000, inclusive');
  }
  // Parts are asked for by their place: the numbers of an upload may have had gaps.
  const part = parts[number - 1];
  if (part === undefined) throw new S3Error('InvalidPart', 'the object has no part of that number');
  const start = parts.slice(0, number - 1).reduce((sum, each) => sum + each.size, 0);
  return { start, length: part.size };
}

function partChecksum({ parts, checksum }: ObjectInfo, number: number): Record<string, string> {
  const value = parts?.[number - 1]?.checksum;
  if (checksum === undefined || value === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: value, 'x-amz-checksum-type': checksum.type };
}

const attributeNames = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

export async function getObjectAttributes(context: Context): Promise<Reply> {
  const { request } = context;
  const { bucket, key } = bucketAndKey(context, 'OWN');
  checkVersion(context);
  refuseUnsupported(request);
  const info = await context.store.head(bucket.name, key);
  const wanted = (request.header('x-amz-object-attributes') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (wanted.length === 0 || wanted.some((name) => !attributeNames.includes(name))) {
    throw new S3Error('InvalidArgument', `x-amz-object-attributes names one or more of ${attributeNames.join(', ')}`);
  }
  const has = (name: string): boolean => wanted.includes(name);
  return xmlReply(
    'GetObjectAttributesResponse',
    {
      ...(has('ETag') && { ETag: info.etag }),
      ...(has('Checksum') &&
        info.checksum !== undefined && {
          Checksum: {
            [checksumElement(info.checksum.algorithm)]: info.checksum.value,
            ChecksumType: info.checksum.type,
          },
        }),
      ...(has('ObjectParts') && info.parts !== undefined && { ObjectParts: describeParts(context, info) }),
      ...(has('StorageClass') && { StorageClass: info.storageClass ?? 'STANDARD' }),
      ...(has('ObjectSize') && { ObjectSize: info.size }),
    },
    { 'last-modified': info.lastModified.toUTCString() },
  );
}

function describeParts({ request }: Context, info: ObjectInfo): XmlValue {
  const most = Math.min(Number(request.header('x-amz-max-parts') ?? 1000), 1000);
  const marker = Number(request.header('x-amz-part-number-marker') ?? 0);
  if (!Number.isInteger(most) || most < 0 || !Number.isInteger(marker)) throw new S3Error('InvalidArgument');
  const parts = info.parts ?? [];
  const after = parts.filter((part) => part.number > marker);
  const page = after.slice(0, most);
  const algorithm = info.checksum?.algorithm;
  return {
    // S3 itself lists the parts only when they have checksums; their count is always told.
    TotalPartsCount: parts.length,
    PartsCount: parts.length,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: most,
    IsTruncated: after.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      ...(algorithm !== undefined && part.checksum !== undefined && { [checksumElement(algorithm)]: part.checksum }),
    })),
  };
}
