// Conditional requests. In: the If-* headers and what is known of the object. Out: nothing when the request may go on;
// otherwise NotModified or PreconditionFailed. Dates count to the second, and one in the future or unreadable is ignored.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
import { S3Error } from './s3-error';
import type { ObjectInfo } from './store';

export interface Conditions {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly ifModifiedSince?: string;
  readonly ifUnmodifiedSince?: string;
}

/** Reads the If-* headers behind a prefix (`x-amz-copy-source-` for the source of a copy). */
export function readConditions(header: (name: string) => string | undefined, prefix = ''): Conditions {
  const read = (name: string): string | undefined => header(`${prefix}${name}`);
  const [ifMatch, ifNoneMatch] = [read('if-match'), read('if-none-match')];
  const [ifModifiedSince, ifUnmodifiedSince] = [read('if-modified-since'), read('if-unmodified-since')];
  return {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(ifModifiedSince !== undefined && { ifModifiedSince }),
    ...(ifUnmodifiedSince !== undefined && { ifUnmodifiedSince }),
  };
}

/** For reading; `unchanged` is what an If-None-Match or If-Modified-Since that holds not ends in. */
export function checkRead(
  conditions: Conditions,
  info: ObjectInfo,
  unchanged: 'NotModified' | 'PreconditionFailed',
): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = info.lastModified.getTime();
  if (ifMatch !== undefined) {
    if (!names(ifMatch, info.etag)) throw failed('If-Match');
  } else if (modified > readDate(ifUnmodifiedSince, Number.POSITIVE_INFINITY)) {
    throw failed('If-Unmodified-Since');
  }
  const isUnchanged =
    ifNoneMatch === undefined
      ? modified <= readDate(ifModifiedSince, Number.NEGATIVE_INFINITY)
      : names(ifNoneMatch, info.etag);
  if (!isUnchanged) return;
  if (unchanged === 'NotModified') throw new S3Error('NotModified');
  throw failed(ifNoneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match');
}

/** For writing over `current`. */
export function checkWrite({ ifMatch, ifNoneMatch }: Conditions, current: ObjectInfo | undefined): void {
  if (ifMatch !== undefined) {
    if (current === undefined) throw new S3Error('NoSuchKey');
    if (!names(ifMatch, current.etag)) throw failed('If-Match');
  }
  if (ifNoneMatch !== undefined && current !== undefined && names(ifNoneMatch, current.etag))
    throw failed('If-None-Match');
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((one) => {
    const text = one
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return text === '*' || text === etag;
  });
}

function readDate(text: string | undefined, otherwise: number): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : time;
}

const failed = (condition: string): S3Error => new S3Error('PreconditionFailed', undefined, { Condition: condition });
