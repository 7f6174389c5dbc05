// The facts that travel with an object, between headers and records. In: the headers of an upload. Out: facts to keep; and
// the headers of a download. Always: what this endpoint cannot honour (customer keys, object lock) is refused by name.
import { checksumHeader } from './checksum';
import { requestedAcl } from './canned-acl';
import type { ObjectFacts } from './object-record';
import { quoted } from './reply';
import { headerText, type S3Request } from './request';
import { S3Error } from './s3-error';
import type { ObjectInfo } from './store';
import { readTagHeader } from './tag-set';

const kept = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
];
const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
];
const refused: readonly (readonly [prefix: string, what: string])[] = [
  ['x-amz-server-side-encryption-customer-', 'encryption with customer keys'],
  ['x-amz-copy-source-server-side-encryption-customer-', 'encryption with customer keys'],
  ['x-amz-write-offset-bytes', 'appending to objects'],
];

/** Fails when a request asks for what is not supported here. */
export function refuseUnsupported(request: S3Request): void {
  for (const [name] of request.headers) {
    const found = refused.find(([prefix]) => name.startsWith(prefix));
    if (found !== undefined)
      throw new S3Error('NotImplemented', `${found[1]} (${name}) is not supported by this endpoint`);
    if (name.startsWith('x-amz-object-lock-'))
      throw new S3Error('InvalidRequest', 'bucket is missing object lock configuration');
  }
}

export function readFacts(request: S3Request): ObjectFacts {
  const headers: Record<string, string> = {};
  for (const name of kept) {
    const value = rawHeader(request, name);
    if (value !== undefined && value !== '') headers[name] = value;
  }
  // `aws-chunked` says how the body came, not what the object is.
  const encoding = headers['content-encoding']
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== 'aws-chunked')
    .join(', ');
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  if (encoding === '') delete headers['content-encoding'];
  const encryption = headers['x-amz-server-side-encryption'];
  if (encryption !== undefined && !/^(AES256|aws:kms|aws:kms:dsse)$/.test(encryption))
    throw new S3Error('InvalidEncryptionAlgorithmError');
  const storageClass = request.header('x-amz-storage-class');
  if (storageClass !== undefined && !storageClasses.includes(storageClass)) throw new S3Error('InvalidStorageClass');
  const tagging = request.header('x-amz-tagging');
  const acl = requestedAcl(request);
  return {
    headers,
    metadata: readMetadata(request),
    ...(tagging !== undefined && { tags: readTagHeader(tagging) }),
    ...(acl !== undefined && { acl }),
    ...(storageClass !== undefined && storageClass !== 'STANDARD' && { storageClass }),
  };
}

function readMetadata(request: S3Request): Record<string, string> {
  const names = new Set(request.headers.map(([name]) => name).filter((name) => name.startsWith('x-amz-meta-')));
  const metadata = [...names].map(
    (name) => [name.slice('x-amz-meta-'.length), rawHeader(request, name) ?? ''] as const,
  );
  checkMetadata(metadata);
  return Object.fromEntries(metadata);
}

// Kept byte for byte: what a client wrote in any encoding, it reads back.
function rawHeader(request: S3Request, wanted: string): string | undefined {
  const values = request.headers.filter(([name]) => name === wanted).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

function checkMetadata(metadata: readonly (readonly [string, string])[]): void {
  const size = metadata.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > 2048) throw new S3Error('MetadataTooLarge', undefined, { Size: String(size), MaxSizeAllowed: '2048' });
}

/** The headers that tell about an object. `withChecksum`: the client asked and gets the whole object. */
export function describeHeaders(info: ObjectInfo, withChecksum: boolean): Record<string, string | undefined> {
  const out: Record<string, string | undefined> = { 'content-type': 'binary/octet-stream', 'accept-ranges': 'bytes' };
  for (const [name, value] of Object.entries(info.headers)) out[name] = headerText(value);
  for (const [name, value] of Object.entries(info.metadata)) out[`x-amz-meta-${name}`] = headerText(value);
  out['etag'] = quoted(info.etag);
  out['last-modified'] = info.lastModified.toUTCString();
  out['x-amz-storage-class'] = info.storageClass;
  const tags = Object.keys(info.tags ?? {}).length;
  if (tags > 0) out['x-amz-tagging-count'] = String(tags);
  if (withChecksum && info.checksum !== undefined) {
    out[checksumHeader(info.checksum.algorithm)] = info.checksum.value;
    out['x-amz-checksum-type'] = info.checksum.type;
  }
  return out;
}

/** The response-* parameters of a GET, which replace headers of the answer. */
export function responseOverrides(request: S3Request, anonymous: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const name of [
    'content-type',
    'content-language',
    'expires',
    'cache-control',
    'content-disposition',
    'content-encoding',
  ]) {
    const value = request.query.get(`response-${name}`);
    if (value !== undefined) out[name] = headerText(value);
  }
  if (anonymous && Object.keys(out).length > 0) {
    throw new S3Error('InvalidRequest', 'request specific response headers cannot be used for anonymous GET requests');
  }
  return out;
}
