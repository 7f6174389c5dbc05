// Canned access control lists: the only ones kept, because with one account they are all that can differ. In: the name of
// a canned list. Out: what a request without credentials may do, and the list in S3's XML.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
import { owner } from './owner';
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import type { XmlValue } from './xml';

const grants: Readonly<Record<string, readonly (readonly ['AllUsers' | 'AuthenticatedUsers', 'READ' | 'WRITE'])[]>> = {
  private: [],
  'public-read': [['AllUsers', 'READ']],
  'public-read-write': [
    ['AllUsers', 'READ'],
    ['AllUsers', 'WRITE'],
  ],
  'authenticated-read': [['AuthenticatedUsers', 'READ']],
  'bucket-owner-read': [],
  'bucket-owner-full-control': [],
  'aws-exec-read': [],
  'log-delivery-write': [],
};

/** The x-amz-acl header, checked. Explicit grants are refused: they name other accounts, and there are none. */
export function requestedAcl(request: S3Request): string | undefined {
  const grant = request.headers.find(([name]) => name.startsWith('x-amz-grant-'));
  if (grant !== undefined) throw new S3Error('NotImplemented', `${grant[0]} is not supported: use a canned x-amz-acl`);
  const acl = request.header('x-amz-acl');
  if (acl !== undefined && !Object.hasOwn(grants, acl)) {
    throw new S3Error('InvalidArgument', `'${acl}' is no canned ACL`, {
      ArgumentName: 'x-amz-acl',
      ArgumentValue: acl,
    });
  }
  return acl;
}

/** Whether somebody who is not the owner may do that under a list; `signed`: they have credentials. */
export function isPublic(acl: string | undefined, permission: 'READ' | 'WRITE', signed = false): boolean {
  return (grants[acl ?? 'private'] ?? []).some(
    ([group, granted]) => (signed || group === 'AllUsers') && granted === permission,
  );
}

export function describeAcl(acl: string | undefined): XmlValue {
  const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
  const groups = (grants[acl ?? 'private'] ?? []).map(([group, permission]) => ({
    Grantee: { '@xmlns:xsi': xsi, '@xsi:type': 'Group', URI: `http://acs.amazonaws.com/groups/global/${group}` },
    Permission: permission,
  }));
  const own = { Grantee: { '@xmlns:xsi': xsi, '@xsi:type': 'CanonicalUser', ...owner }, Permission: 'FULL_CONTROL' };
  return { Owner: owner, AccessControlList: { Grant: [...groups, own] } };
}
