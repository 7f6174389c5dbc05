// What a place in S3 means for permissions. In: `s3://bucket/prefix`, which may hold CloudFormation tokens and run values.
// Out: ARNs. Always: a run value ends what is known of the prefix, so the permission covers what may stand there.

import { Aws, aws_iam as iam } from 'aws-cdk-lib';
import { hasRunToken, knownPrefix } from '../pipeline/run-token';

/** What is wrong with a place in S3, if anything. */
export function pathProblem(prop: string, path: string): string | undefined {
  if (!path.startsWith('s3://'))
    return `${prop} is ${JSON.stringify(path)}: expected a place in S3 such as s3://bucket/prefix/`;
  const bucket = knownPrefix(path).slice(5).split('/')[0]!;
  if (bucket === '' || (hasRunToken(path) && !knownPrefix(path).slice(5).includes('/'))) {
    return `${prop} has no bucket that is known when the stack deploys: expected s3://bucket/..., run values only behind the bucket's name`;
  }
  return undefined;
}

/** What is wrong with the places that props name. */
export function pathProblems(places: { readonly [prop: string]: string | readonly string[] | undefined }): string[] {
  return Object.entries(places).flatMap(([prop, paths]) =>
    [paths ?? []].flat().flatMap((path) => pathProblem(prop, path) ?? []),
  );
}

export function readPath(path: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: [objects(path)] }),
    new iam.PolicyStatement({ actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [bucket(path)] }),
  ];
}

export function writePath(path: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      resources: [objects(path)],
    }),
    new iam.PolicyStatement({ actions: ['s3:ListBucket', 's3:GetBucketLocation'], resources: [bucket(path)] }),
  ];
}

function objects(path: string): string {
  const place = knownPrefix(path).slice(5);
  return `arn:${Aws.PARTITION}:s3:::${place.includes('/') ? place : `${place}/`}*`;
}

function bucket(path: string): string {
  return `arn:${Aws.PARTITION}:s3:::${knownPrefix(path).slice(5).split('/')[0]!}`;
}
