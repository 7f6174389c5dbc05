// Which cluster a task lies in. In: a construct. Out: the cluster whose life it shares, if any. Always: the innermost one.

import type { IConstruct } from 'constructs';

export interface ClusterScope extends IConstruct {
  /** Id of the cluster of this run: a value that exists only when the pipeline runs. */
  readonly clusterId: string;
}

const CLUSTER = Symbol.for('headrace.EmrCluster');

export function markCluster(scope: ClusterScope): void {
  Object.defineProperty(scope, CLUSTER, { value: true });
}

export function clusterOf(construct: IConstruct): ClusterScope | undefined {
  return [...construct.node.scopes].reverse().find((scope): scope is ClusterScope => CLUSTER in scope);
}
