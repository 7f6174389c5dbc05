// A place where a log may be. Always: `stream` and `object` can be read as they are; the others have to be looked up first.

interface InLogs {
  readonly group: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly region?: string;
}

export type LogPlace =
  /** One stream of CloudWatch Logs. */
  | (InLogs & { readonly kind: 'stream'; readonly stream: string })
  /** Those streams below a prefix whose names match. */
  | (InLogs & { readonly kind: 'streams'; readonly prefix: string; readonly match: RegExp })
  /** One invocation of a function, somewhere in the streams of its group. */
  | (InLogs & { readonly kind: 'invocation'; readonly request?: string })
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string }
  /** Those objects below a prefix whose keys match. */
  | { readonly kind: 'objects'; readonly bucket: string; readonly prefix: string; readonly match: RegExp }
  /** No log that could be read: what to tell. */
  | { readonly kind: 'none'; readonly told: string };

/** As a person would look for it. */
export function nameOfPlace(place: Exclude<LogPlace, { kind: 'none' }>): string {
  switch (place.kind) {
    case 'stream':
      return `${place.group} ${place.stream}`;
    case 'streams':
      return `${place.group} ${place.prefix}...`;
    case 'invocation':
      return place.request === undefined ? place.group : `${place.group} ${place.request}`;
    case 'object':
      return `s3://${place.bucket}/${place.key}`;
    case 'objects':
      return `s3://${place.bucket}/${place.prefix}`;
  }
}
