// ListObjects, ListObjectsV2 and ListObjectVersions. The pages come from the store; here are the parameters, the continuation and
// the XML. No bucket here ever has versioning (PutBucketVersioning is refused), so the versions of a bucket are what S3 lists
// for such a bucket: each object once, as the version `null`.
import type { Bound } from '../key-tree';
import { bucketOf, type Context } from '../context';
import { owner } from '../owner';
import { quoted, xmlReply, type Reply } from '../reply';
import { S3Error } from '../s3-error';
import { uriEncode } from '../signature-v4';
import type { ObjectInfo, ObjectPage } from '../store';
import type { XmlValue } from '../xml';

export async function listObjects(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'READ');
  const asked = readAsked(context);
  const marker = context.request.query.get('marker');
  const page = await context.store.list(bucket.name, { ...asked.page, from: markerBound(marker ?? '', asked) });
  const last = page.next?.text;
  return xmlReply('ListBucketResult', {
    Name: bucket.name,
    // Here clients take the prefix as it is; in version 2 they decode it.
    Prefix: asked.page.prefix,
    Marker: asked.encode(marker ?? ''),
    // S3 names the next marker only where the client could not tell it: when keys are rolled up.
    ...(asked.page.delimiter !== '' && last !== undefined && { NextMarker: asked.encode(last) }),
    ...shared(asked, page, true),
  });
}

export async function listObjectsV2(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'READ');
  const asked = readAsked(context);
  const { query } = context.request;
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const from: Bound =
    token === undefined || token === '' ? { text: startAfter ?? '', mode: 'after' } : readToken(token);
  const page = await context.store.list(bucket.name, { ...asked.page, from });
  const withOwner = query.get('fetch-owner')?.toLowerCase() === 'true';
  return xmlReply('ListBucketResult', {
    Name: bucket.name,
    Prefix: asked.encode(asked.page.prefix),
    ...(token !== undefined && { ContinuationToken: token }),
    ...(startAfter !== undefined && { StartAfter: asked.encode(startAfter) }),
    KeyCount: page.objects.length + page.prefixes.length,
    ...(page.next !== undefined && { NextContinuationToken: writeToken(page.next) }),
    ...shared(asked, page, withOwner),
  });
}

export async function listObjectVersions(context: Context): Promise<Reply> {
  const bucket = bucketOf(context, 'READ');
  const asked = readAsked(context);
  const { query } = context.request;
  const marker = query.get('key-marker') ?? '';
  const version = query.get('version-id-marker');
  if (version !== undefined && version !== '' && marker === '') {
    throw new S3Error('InvalidArgument', 'a version-id marker cannot be specified without a key marker', {
      ArgumentName: 'version-id-marker',
      ArgumentValue: version,
    });
  }
  const page = await context.store.list(bucket.name, { ...asked.page, from: markerBound(marker, asked) });
  const { Contents: objects, ...rest } = shared(asked, page, true);
  return xmlReply('ListVersionsResult', {
    Name: bucket.name,
    Prefix: asked.encode(asked.page.prefix),
    KeyMarker: asked.encode(marker),
    VersionIdMarker: version ?? '',
    ...(page.next !== undefined && { NextKeyMarker: asked.encode(page.next.text), NextVersionIdMarker: 'null' }),
    ...rest,
    Version: (objects as { readonly [name: string]: XmlValue }[]).map((object) => ({
      ...object,
      VersionId: 'null',
      IsLatest: true,
    })),
  });
}

interface Asked {
  readonly page: { readonly prefix: string; readonly delimiter: string; readonly maxKeys: number };
  readonly encodingType?: string;
  readonly encode: (text: string) => string;
}

function readAsked({ request: { query } }: Context): Asked {
  const encodingType = query.get('encoding-type');
  if (encodingType !== undefined && encodingType !== 'url') {
    throw new S3Error('InvalidArgument', 'invalid encoding method specified in request', {
      ArgumentName: 'encoding-type',
    });
  }
  return {
    page: {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      maxKeys: readMaxKeys(query.get('max-keys')),
    },
    ...(encodingType !== undefined && { encodingType }),
    encode: encodingType === undefined ? (text) => text : encodeKey,
  };
}

export function readMaxKeys(text: string | undefined, name = 'max-keys'): number {
  if (text === undefined || text === '') return 1000;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 2_147_483_647) {
    throw new S3Error('InvalidArgument', `argument ${name} must be an integer between 0 and 2147483647`, {
      ArgumentName: name,
      ArgumentValue: text,
    });
  }
  return Math.min(count, 1000);
}

const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `encoding-type=url`: all but unreserved characters and `/`. */
export const encodeKey = (text: string): string =>
  uriEncode(text.replace(loneSurrogate, '\ufffd')).replaceAll('%2F', '/');

function shared(
  asked: Asked,
  { objects, prefixes, next }: ObjectPage,
  withOwner: boolean,
): Record<string, XmlValue | XmlValue[]> {
  const { page, encode, encodingType } = asked;
  return {
    MaxKeys: page.maxKeys,
    ...(page.delimiter !== '' && { Delimiter: encode(page.delimiter) }),
    ...(encodingType !== undefined && { EncodingType: encodingType }),
    IsTruncated: next !== undefined,
    Contents: objects.map((object) => describeObject(object, encode, withOwner)),
    CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
  };
}

function describeObject(object: ObjectInfo, encode: (text: string) => string, withOwner: boolean): XmlValue {
  const { checksum } = object;
  return {
    Key: encode(object.key),
    LastModified: object.lastModified.toISOString(),
    ETag: quoted(object.etag),
    ...(checksum !== undefined && { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    Size: object.size,
    StorageClass: object.storageClass ?? 'STANDARD',
    ...(withOwner && { Owner: owner }),
  };
}

// A marker that is a common prefix stands for all keys that it rolled up.
function markerBound(marker: string, { page: { prefix, delimiter } }: Asked): Bound {
  const rolledUp =
    delimiter !== '' && marker.startsWith(prefix) && marker.length > prefix.length && marker.endsWith(delimiter);
  return { text: marker, mode: rolledUp ? 'past' : 'after' };
}

const writeToken = ({ text, mode }: Bound): string => Buffer.from(JSON.stringify([mode, text])).toString('base64url');

function readToken(token: string): Bound {
  try {
    const [mode, text] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if ((mode === 'after' || mode === 'past') && typeof text === 'string') return { text, mode };
  } catch {
    // refused below
  }
  throw new S3Error('InvalidArgument', 'the continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
    ArgumentValue: token,
  });
}
