import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { pathProblem } from './s3-path';
import { placeOf, placeStatements, prefixFunction, steppingStates } from './s3-prefix';

/** What a deletion of objects may say. */
export interface S3DeleteTaskProps extends TaskProps {
  /** `s3://bucket/prefix`: all objects whose keys begin so; run values may stand behind the bucket's name. A whole bucket is refused. */
  readonly path: string;
}

/**
 * Deletes the objects behind a prefix that were there when the task began; what arrives meanwhile stays. In a bucket with versions
 * they can be brought back. Outputs: `objects`, `bytes` (deleted), `skipped` (younger than the task).
 */
export class S3DeleteTask extends Task {
  private readonly path: string;

  constructor(scope: Construct, id: string, props: S3DeleteTaskProps) {
    super(scope, id, props);
    this.path = props.path;
    const wrong = pathProblem('path', props.path);
    if (wrong !== undefined) this.addProblem(wrong);
    else if (!/^s3:\/\/[^/]+\/./.test(props.path))
      this.addProblem(`path is ${JSON.stringify(props.path)}: a whole bucket is not deleted; name a prefix in it`);
  }

  public toSpec(): TaskSpec {
    const made = prefixFunction(this, placeStatements(this.path, ['s3:DeleteObject']));
    return {
      kind: 'S3DeleteTask',
      states: steppingStates(this, made, { action: 'delete', source: placeOf(this.path) }),
      permissions: made.permissions,
    };
  }
}
