// PostObject: an upload by an HTML form. In: multipart/form-data whose last field is the file. Out: the object, when the
// form's policy is signed and allows it, or when the bucket may be written by everybody.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
import { createHmac } from 'node:crypto';
import { secretOf } from '../authenticate';
import { isPublic } from '../canned-acl';
import { checksumAlgorithms, checksumHeader, checkDigest } from '../checksum';
import type { Context } from '../context';
import { readForm, type Form } from '../post-form';
import { checkPolicy, readPolicy } from '../post-policy';
import { readFacts } from '../object-headers';
import { emptyReply, quoted, xmlReply, type Reply } from '../reply';
import type { S3Request } from '../request';
import { S3Error } from '../s3-error';
import { hmac, isEqual, signingKey } from '../signature-v4';
import type { ObjectInfo } from '../store';
import { readTagDocument } from '../tag-set';

export async function postObject(context: Context): Promise<Reply> {
  const { request, store } = context;
  const bucket = store.buckets.get(request.bucket!);
  request.proceed();
  const form = await readForm(request);
  const key = form.fields.get('key')?.replaceAll('${filename}', form.filename ?? '');
  if (key === undefined || key === '') throw new S3Error('UserKeyMustBeSpecified');
  const isSigned = checkSignature(context, form);
  if (!isSigned && !isPublic(bucket.settings.acl, 'WRITE')) throw new S3Error('AccessDenied');
  const policyText = form.fields.get('policy');
  const policy = isSigned && policyText !== undefined ? readPolicy(policyText, Date.now()) : undefined;
  if (policy !== undefined) checkPolicy(policy, new Map([...form.fields, ['key', key], ['bucket', bucket.name]]));
  const facts = readFacts(asHeaders(request, form));
  const tagging = form.fields.get('tagging');
  const checksum = checksumAlgorithms.find((algorithm) => form.fields.has(checksumHeader(algorithm)));
  const given = checksum === undefined ? undefined : form.fields.get(checksumHeader(checksum));
  if (checksum !== undefined) checkDigest(checksum, given!);
  const info = await store.put(bucket.name, key, form.file, {
    ...facts,
    ...(tagging !== undefined && { tags: readTagDocument(tagging, 10) }),
    ...(checksum !== undefined && { checksum }),
    verify: (staged) => {
      if (staged.size < (policy?.shortest ?? 0)) throw new S3Error('EntityTooSmall');
      if (staged.size > (policy?.longest ?? 5 * 1024 ** 3)) throw new S3Error('EntityTooLarge');
      if (given !== undefined && staged.checksum?.digest.toString('base64') !== given) throw new S3Error('BadDigest');
    },
    event: 'ObjectCreated:Post',
  });
  return answer(context, form, info);
}

// Whether the policy carries a signature that fits; fails when it carries one that does not.
function checkSignature({ credentials }: Context, { fields }: Form): boolean {
  const policy = fields.get('policy');
  const credential = fields.get('x-amz-credential');
  const accessKey = credential?.split('/').slice(0, -4).join('/') ?? fields.get('awsaccesskeyid');
  if (policy === undefined && accessKey === undefined) return false;
  if (policy === undefined || accessKey === undefined) {
    throw new S3Error(
      accessKey === undefined ? 'AccessDenied' : 'InvalidArgument',
      'a signed form needs a policy, an access key and a signature',
    );
  }
  const signature = fields.get(credential === undefined ? 'signature' : 'x-amz-signature');
  if (signature === undefined) throw new S3Error('InvalidArgument', 'bucket POST must contain a field named signature');
  const secret = secretOf(accessKey, credentials);
  if (secret === undefined) return true;
  const expected =
    credential === undefined
      ? createHmac('sha1', secret).update(policy).digest('base64')
      : hmac(signingKey(secret, credential.split('/').slice(-4).join('/')), policy).toString('hex');
  if (!isEqual(expected, signature))
    throw new S3Error('SignatureDoesNotMatch', undefined, { AWSAccessKeyId: accessKey });
  return true;
}

// A form's fields say what the headers of a PUT would.
function asHeaders(request: S3Request, { fields }: Form): S3Request {
  const renamed = [...fields].map(([name, value]) => [name === 'acl' ? 'x-amz-acl' : name, value] as const);
  const headers = new Map(renamed.filter(([name]) => !['tagging', 'policy', 'key', 'file'].includes(name)));
  return { ...request, headers: [...headers], header: (name) => headers.get(name) };
}

function answer({ request }: Context, { fields }: Form, info: ObjectInfo): Reply {
  const headers = { etag: quoted(info.etag) };
  const location = `http://${request.header('host') ?? 'localhost'}/${request.bucket}/${encodeURIComponent(info.key)}`;
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect);
    url.searchParams.set('bucket', request.bucket!);
    url.searchParams.set('key', info.key);
    url.searchParams.set('etag', quoted(info.etag));
    return emptyReply(303, { ...headers, location: url.href });
  }
  const status = fields.get('success_action_status');
  if (status === '200') return emptyReply(200, { ...headers, location });
  if (status !== '201') return emptyReply(204, { ...headers, location });
  const created = xmlReply(
    'PostResponse',
    { Location: location, Bucket: request.bucket, Key: info.key, ETag: quoted(info.etag) },
    { ...headers, location },
    false,
  );
  return { ...created, status: 201 };
}
