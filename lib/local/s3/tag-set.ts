// Tags of buckets and objects: read from XML or from the x-amz-tagging header, checked against S3's limits, and written.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
import { compareBytes } from './byte-order';
import { readQuery } from './request';
import { S3Error } from './s3-error';
import { parseXml, type XmlValue } from './xml';

export type Tags = Readonly<Record<string, string>>;

export function readTagDocument(source: string, most: number): Tags {
  const root = parseXml(source, 'Tagging');
  const set = root.child('TagSet');
  if (set === undefined) throw new S3Error('MalformedXML');
  const pairs = set.all('Tag').map((tag) => {
    const [key, value] = [tag.textOf('Key'), tag.textOf('Value')];
    if (key === undefined || value === undefined) throw new S3Error('MalformedXML');
    return [key, value] as const;
  });
  return checked(pairs, most);
}

/** The header's `a=1&b=2`. */
export function readTagHeader(text: string): Tags {
  const pairs = text.split('&').filter((pair) => pair !== '');
  return checked(
    pairs.flatMap((pair) => [...readQuery(pair)]),
    10,
  );
}

export function describeTags(tags: Tags): XmlValue {
  return {
    TagSet: {
      Tag: Object.entries(tags)
        .sort(([a], [b]) => compareBytes(a, b))
        .map(([Key, Value]) => ({ Key, Value })),
    },
  };
}

function checked(pairs: readonly (readonly [string, string])[], most: number): Tags {
  if (pairs.length > most) throw new S3Error('InvalidTag', `at most ${most} tags are possible here`);
  const tags = new Map<string, string>();
  for (const [key, value] of pairs) {
    if (tags.has(key)) throw new S3Error('InvalidTag', 'cannot provide multiple tags with the same key');
    if (key === '' || key.length > 128) throw new S3Error('InvalidTag', 'the tag key you have provided is invalid');
    if (value.length > 256) throw new S3Error('InvalidTag', 'the tag value you have provided is invalid');
    if (key.startsWith('aws:')) throw new S3Error('InvalidTag', 'tag keys that begin with aws: belong to AWS');
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}
