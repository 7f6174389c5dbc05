// Stand-in for S3 where a state machine itself asks (`aws-sdk:s3:getObject` and kin); programs use the endpoint. In: an API action.
// Out: its answer, bodies as text as Step Functions gives them. Always: the same folders as the endpoint.

import { type Json, ServiceError } from '../engine';
import { S3Error } from '../s3/s3-error';
import type { S3Store } from '../s3/store';
import { notLocal } from '../world';
import {
  type Fields,
  fieldsOf,
  listOf,
  optionalText,
  present,
  type Service,
  type ServiceRequest,
  textOf,
} from './service';

export class S3Objects implements Service {
  constructor(private readonly store: () => S3Store) {}

  async handle({ action, input }: ServiceRequest): Promise<Json> {
    try {
      return await this.answer(action, input);
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const name = /^NoSuch(Key|Bucket)$/.test(error.code) ? `${error.code}Exception` : 'S3Exception';
      throw new ServiceError(`S3.${name}`, error.message);
    }
  }

  private async answer(action: string, input: Fields): Promise<Json> {
    const store = this.store();
    const bucket = () => textOf('S3', input, 'Bucket');
    const key = () => textOf('S3', input, 'Key');
    switch (action) {
      case 'ListBuckets': {
        const buckets = store.buckets.list();
        return { Buckets: buckets.map(({ name, created }) => ({ Name: name, CreationDate: created.toISOString() })) };
      }
      case 'HeadBucket':
        store.buckets.get(bucket());
        return {};
      case 'GetObject': {
        const { info, body } = await store.get(bucket(), key());
        return { ...describe(info), Body: body.toString('utf8') };
      }
      case 'HeadObject':
        return describe(await store.head(bucket(), key()));
      case 'PutObject': {
        const body = input['Body'];
        const { etag } = await store.put(bucket(), key(), typeof body === 'string' ? body : JSON.stringify(body ?? ''));
        return { ETag: `"${etag}"` };
      }
      case 'CopyObject': {
        const source = decodeURIComponent(textOf('S3', input, 'CopySource')).replace(/^\//, '');
        const at = source.indexOf('/');
        const { etag } = await store.copy(
          { bucket: source.slice(0, at), key: source.slice(at + 1) },
          { bucket: bucket(), key: key() },
        );
        return { CopyObjectResult: { ETag: `"${etag}"` } };
      }
      case 'DeleteObject':
        await store.delete(bucket(), key());
        return {};
      case 'DeleteObjects':
        for (const each of listOf(fieldsOf(input['Delete'])['Objects']))
          await store.delete(bucket(), String(fieldsOf(each)['Key']));
        return { Deleted: fieldsOf(input['Delete'])['Objects'] ?? [] };
      case 'ListObjectsV2': {
        const page = await store.list(bucket(), {
          prefix: optionalText(input, 'Prefix'),
          delimiter: optionalText(input, 'Delimiter'),
          maxKeys: Number(input['MaxKeys'] ?? 1000),
        });
        return present({
          Name: bucket(),
          Prefix: input['Prefix'],
          IsTruncated: page.next !== undefined,
          KeyCount: page.objects.length + page.prefixes.length,
          Contents: page.objects.map((info) => ({
            Key: info.key,
            Size: info.size,
            ETag: `"${info.etag}"`,
            LastModified: info.lastModified.toISOString(),
            StorageClass: 'STANDARD',
          })),
          CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: prefix })),
        });
      }
      default:
        throw notLocal(`s3:${action}`);
    }
  }
}

function describe(info: {
  size: number;
  etag: string;
  lastModified: Date;
  metadata: Readonly<Record<string, string>>;
}): Fields {
  return {
    ContentLength: info.size,
    ETag: `"${info.etag}"`,
    LastModified: info.lastModified.toISOString(),
    Metadata: { ...info.metadata },
  };
}
