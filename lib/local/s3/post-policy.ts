// The policy of an upload form: until when it holds and what the form's fields may be.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
import { S3Error } from './s3-error';

export interface PostPolicy {
  readonly conditions: readonly (readonly [operator: 'eq' | 'starts-with', field: string, value: string])[];
  readonly shortest: number;
  readonly longest: number;
}

const free = new Set(['policy', 'signature', 'awsaccesskeyid', 'x-amz-signature', 'file', 'bucket']);

/** Reads a base64 policy; fails when it is malformed or has expired. */
export function readPolicy(encoded: string, now: number): PostPolicy {
  let policy: { expiration?: unknown; conditions?: unknown };
  try {
    policy = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as typeof policy;
  } catch {
    throw new S3Error('InvalidPolicyDocument', 'the policy is not base64 of JSON');
  }
  if (typeof policy?.expiration !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(policy.expiration)) {
    throw new S3Error('InvalidPolicyDocument', 'the policy needs an expiration such as 2026-01-31T12:00:00.000Z');
  }
  if (!Array.isArray(policy.conditions))
    throw new S3Error('InvalidPolicyDocument', 'the policy needs a list of conditions');
  if (Date.parse(policy.expiration) <= now)
    throw new S3Error('AccessDenied', 'invalid according to policy: policy expired');
  let [shortest, longest] = [0, Number.MAX_SAFE_INTEGER];
  const conditions: [operator: 'eq' | 'starts-with', field: string, value: string][] = [];
  for (const condition of policy.conditions as unknown[]) {
    if (Array.isArray(condition)) {
      const [, field, value] = condition as unknown[];
      const operator = String(condition[0]).toLowerCase();
      if (operator === 'content-length-range') {
        [shortest, longest] = [lengthOf(field), lengthOf(value)];
      } else if (
        (operator === 'eq' || operator === 'starts-with') &&
        typeof field === 'string' &&
        typeof value === 'string'
      ) {
        conditions.push([operator, field.replace(/^\$/, '').toLowerCase(), value]);
      } else {
        throw new S3Error(
          'InvalidPolicyDocument',
          `a policy condition is not understood: ${JSON.stringify(condition)}`,
        );
      }
    } else {
      const pairs = Object.entries((condition ?? {}) as Record<string, unknown>);
      if (pairs.length !== 1)
        throw new S3Error('InvalidPolicyDocument', 'simple policy conditions have exactly one property');
      const [field, value] = pairs[0]!;
      if (typeof value !== 'string')
        throw new S3Error('InvalidPolicyDocument', `the policy condition on ${field} needs a text`);
      conditions.push(['eq', field.toLowerCase(), value]);
    }
  }
  return { conditions, shortest, longest };
}

function lengthOf(value: unknown): number {
  const length = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) return length;
  throw new S3Error('InvalidPolicyDocument', 'content-length-range needs two numbers of bytes');
}

/** Fails unless every condition holds and every field is covered by one. */
export function checkPolicy({ conditions }: PostPolicy, fields: ReadonlyMap<string, string>): void {
  for (const [operator, field, value] of conditions) {
    const given = fields.get(field) ?? '';
    const holds =
      operator === 'eq'
        ? given === value
        : field === 'content-type'
          ? given.split(',').every((one) => one.trim().startsWith(value))
          : given.startsWith(value);
    if (!holds)
      throw new S3Error(
        'AccessDenied',
        `invalid according to policy: policy condition failed: ["${operator}", "$${field}", "${value}"]`,
      );
  }
  for (const [name] of fields) {
    if (free.has(name) || /^x-(ignore|amz-checksum)-/.test(name) || conditions.some(([, field]) => field === name))
      continue;
    throw new S3Error('AccessDenied', `invalid according to policy: extra input fields: ${name}`);
  }
}
