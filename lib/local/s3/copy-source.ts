// The x-amz-copy-source header: `bucket/key`, percent-encoded, perhaps with `?versionId=`.
import { type Context, isOpen, isStranger } from './context';
import { decode } from './request';
import { S3Error } from './s3-error';

export function readCopySource(context: Context): { readonly bucket: string; readonly key: string } {
  const text = context.request.header('x-amz-copy-source') ?? '';
  const [location = '', version] = text.split(/\?versionId=/);
  if (version !== undefined && version !== 'null')
    throw new S3Error('NoSuchVersion', undefined, { VersionId: version });
  const path = decode(location).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash <= 0 || slash === path.length - 1) {
    throw new S3Error('InvalidArgument', `copy source must be of the form bucket/key, got '${text}'`, {
      ArgumentName: 'x-amz-copy-source',
      ArgumentValue: text,
    });
  }
  const source = { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
  const bucket = context.store.buckets.get(source.bucket);
  if (isStranger(context, bucket) && !isOpen(context, bucket.settings.acl, 'READ')) throw new S3Error('AccessDenied');
  return source;
}
