// ListMultipartUploads: pages over the uploads in progress, by key and upload id.
import { compareBytes } from '../byte-order';
import { bucketOf, type Context } from '../context';
import type { UploadRecord } from '../multipart-uploads';
import { owner } from '../owner';
import { xmlReply, type Reply } from '../reply';
import { encodeKey, readMaxKeys } from './list-objects';

export function listMultipartUploads(context: Context): Reply {
  const { query } = context.request;
  const bucket = bucketOf(context, 'OWN');
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
  const most = readMaxKeys(query.get('max-uploads'), 'max-uploads');
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (text: string): string => text;
  const all = context.uploads.list(bucket).filter((upload) => upload.key.startsWith(prefix));
  const after = afterMarker(all, keyMarker, idMarker);
  const page: UploadRecord[] = [];
  const prefixes = new Set<string>();
  let last: UploadRecord | undefined;
  let isTruncated = false;
  for (const upload of after) {
    const end = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const common = end < 0 ? undefined : upload.key.slice(0, end + delimiter.length);
    const isNew = common === undefined || !prefixes.has(common);
    if (isNew && page.length + prefixes.size >= most) {
      isTruncated = most > 0;
      break;
    }
    if (common === undefined) page.push(upload);
    else prefixes.add(common);
    last = upload;
  }
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    ...(isTruncated && last !== undefined && { NextKeyMarker: encode(last.key), NextUploadIdMarker: last.id }),
    Prefix: encode(prefix),
    ...(delimiter !== '' && { Delimiter: encode(delimiter) }),
    ...(query.has('encoding-type') && { EncodingType: 'url' }),
    MaxUploads: most,
    IsTruncated: isTruncated,
    Upload: page.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      Initiator: owner,
      Owner: owner,
      StorageClass: upload.storageClass ?? 'STANDARD',
      Initiated: upload.initiated,
      ...(upload.checksum !== undefined && {
        ChecksumAlgorithm: upload.checksum.algorithm,
        ChecksumType: upload.checksum.type,
      }),
    })),
    CommonPrefixes: [...prefixes].map((common) => ({ Prefix: encode(common) })),
  });
}

function afterMarker(all: readonly UploadRecord[], key: string, id: string): readonly UploadRecord[] {
  if (key === '') return all;
  const at = id === '' ? -1 : all.findIndex((upload) => upload.key === key && upload.id === id);
  return at >= 0 ? all.slice(at + 1) : all.filter((upload) => compareBytes(upload.key, key) > 0);
}
