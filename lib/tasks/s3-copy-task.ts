import type { aws_kms as kms } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { hasRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { pathProblems } from './s3-path';
import { keyStatements, placeOf, placeStatements, prefixFunction, steppingStates } from './s3-prefix';

/** What a copy of objects may say. */
export interface S3CopyTaskProps extends TaskProps {
  /** `s3://bucket/prefix`: all objects whose keys begin so; run values may stand behind the bucket's name. */
  readonly source: string;
  /** Where they go, `s3://bucket/prefix` each: what stands behind the source's prefix follows. Buckets may lie in other regions. */
  readonly targets: string[];
  /**
   * Keys of the account that objects are encrypted with, there or here.
   * @default - none
   */
  readonly encryptionKeys?: kms.IKey[];
}

/**
 * Copies the objects behind a prefix to one or several places, in this region or others, in one step: nobody has to wait for
 * replication. Objects that lie there already, of the same size and not older, are left as they are, so a repeated task goes on
 * where it failed. Large objects are copied in parts. Outputs: `objects`, `bytes` (copied), `skipped`.
 */
export class S3CopyTask extends Task {
  private readonly copy: S3CopyTaskProps;

  constructor(scope: Construct, id: string, props: S3CopyTaskProps) {
    super(scope, id, props);
    this.copy = props;
    const { source, targets } = props;
    if (targets.length === 0) this.addProblem('targets is empty: say where the objects go');
    for (const problem of pathProblems({ source, targets })) this.addProblem(problem);
    for (const target of targets) {
      if (!hasRunToken(target) && !hasRunToken(source) && target.startsWith(source))
        this.addProblem(`targets has ${target}, which lies inside ${source}: it would be copied into itself`);
    }
  }

  public toSpec(): TaskSpec {
    const { source, targets, encryptionKeys = [] } = this.copy;
    const made = prefixFunction(this, [
      ...placeStatements(source, ['s3:GetObject', 's3:GetObjectTagging']),
      ...targets.flatMap((target) =>
        placeStatements(target, [
          's3:PutObject',
          's3:PutObjectTagging',
          's3:ListMultipartUploadParts',
          's3:AbortMultipartUpload',
        ]),
      ),
      ...keyStatements(encryptionKeys),
    ]);
    return {
      kind: 'S3CopyTask',
      states: steppingStates(this, made, {
        action: 'copy',
        source: placeOf(source),
        targets: targets.map(placeOf),
      }),
      permissions: made.permissions,
    };
  }
}
