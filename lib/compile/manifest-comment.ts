// The manifest inside the definitions themselves. In: a manifest, or the `Comment`s of a pipeline's deployed machines. Out: the text
// for each machine, or the manifest again. Always: each machine tells of its own tasks, the root also of the pipeline, so that no
// text is large; what a run's definition says is what was deployed when the run began. Nothing that only deployment knows is in it.
//
// {"headrace":1,"name":"Sales-Daily",...,"tasks":[[0,"Ingest","FargateTask"],[1,"Load","RedshiftQueryTask",[0],{"rule":"all_done"}]]}

import { MANIFEST_VERSION, type Manifest, type ManifestTask } from './manifest';
import type { TriggerRule } from './model';

/** Tag of the machine that runs are started on: its value is the machine's name. `headrace:pipeline` holds the pipeline's. */
export const ROOT_TAG = 'headrace:root';
export const PIPELINE_TAG = 'headrace:pipeline';

type Row = readonly [
  index: number,
  id: string,
  kind: string,
  upstream?: readonly number[],
  more?: {
    readonly rule?: TriggerRule;
    readonly outputs?: readonly string[];
    readonly region?: string;
    readonly seconds?: number;
  },
];

type RootFacts = Pick<Manifest, 'name' | 'path' | 'params' | 'triggers' | 'rendezvous' | 'backfill'> & {
  readonly machines: readonly string[];
};

type Comment = { readonly headrace: number; readonly tasks: readonly Row[] } & Partial<RootFacts>;

/** The comment of one of the pipeline's machines. */
export function manifestComment(manifest: Manifest, machine: string): string {
  const index = new Map(manifest.tasks.map((task) => [task.id, task.index]));
  const tasks = manifest.tasks.filter((task) => task.machine === machine).map((task) => rowOf(task, index));
  const root = manifest.machines.find(({ name }) => name === machine)?.root === true;
  const { name, path, params, triggers, rendezvous, backfill } = manifest;
  const machines = manifest.machines.map((each) => each.name);
  const facts: RootFacts = { name, path, params, triggers, rendezvous, ...(backfill && { backfill }), machines };
  return JSON.stringify({ headrace: MANIFEST_VERSION, ...(root && facts), tasks } satisfies Comment);
}

/** Whether a definition's comment is of a pipeline's root machine; then the names of all its machines, root included. */
export function machinesInComment(comment: string | undefined): readonly string[] | undefined {
  return parse(comment)?.machines;
}

/**
 * @param comments by machine name, the root's among them
 * @throws Error that says what is missing
 */
export function manifestOfComments(comments: ReadonlyMap<string, string>): Manifest {
  const parsed = [...comments].flatMap(([machine, text]) => {
    const comment = parse(text);
    return comment === undefined ? [] : [{ machine, comment }];
  });
  const root = parsed.find(({ comment }) => comment.machines !== undefined);
  if (root === undefined) {
    throw new Error(
      'no machine says that it is the root of a pipeline: it was deployed by another version of headrace',
    );
  }
  if (root.comment.headrace !== MANIFEST_VERSION) {
    throw new Error(
      `the deployed pipeline has manifest version ${root.comment.headrace}, this headrace reads version ${MANIFEST_VERSION}: use the version that deployed it`,
    );
  }
  const facts = root.comment as Comment & RootFacts;
  const { name, path, machines, params = [], triggers = [], rendezvous = [], backfill } = facts;
  const lost = machines.filter((machine) => !parsed.some((each) => each.machine === machine));
  if (lost.length > 0) throw new Error(`pipeline ${name} lacks its machine ${lost.join(', ')}: deploy it again`);
  const rows = parsed.flatMap(({ machine, comment }) => comment.tasks.map((row) => ({ machine, row })));
  const ids = new Map(rows.map(({ row }) => [row[0], row[1]]));
  return {
    version: MANIFEST_VERSION,
    name,
    path,
    stack: '',
    template: '',
    machines: machines.map((machine) => ({ name: machine, root: machine === root.machine, logicalId: '' })),
    tasks: rows.map(({ machine, row }) => taskOf(row, machine, ids)).sort((a, b) => a.index - b.index),
    rendezvous,
    params,
    triggers,
    ...(backfill !== undefined && { backfill }),
    alerts: [],
  };
}

function rowOf(task: ManifestTask, index: ReadonlyMap<string, number>): Row {
  const more = {
    ...(task.triggerRule !== 'all_success' && { rule: task.triggerRule }),
    ...(task.outputs.length > 0 && { outputs: task.outputs }),
    ...(task.region !== undefined && { region: task.region }),
    ...(task.seconds !== undefined && { seconds: task.seconds }),
  };
  const upstream = task.upstream.map((id) => index.get(id)!);
  const head: Row = [task.index, task.id, task.kind];
  if (Object.keys(more).length > 0) return [...head, upstream, more] as unknown as Row;
  return upstream.length > 0 ? ([...head, upstream] as unknown as Row) : head;
}

function taskOf(
  [index, id, kind, upstream = [], more = {}]: Row,
  machine: string,
  ids: ReadonlyMap<number, string>,
): ManifestTask {
  return {
    id,
    index,
    kind,
    path: id,
    upstream: upstream.flatMap((each) => ids.get(each) ?? []),
    triggerRule: more.rule ?? 'all_success',
    machine,
    outputs: more.outputs ?? [],
    ...(more.region !== undefined && { region: more.region }),
    ...(more.seconds !== undefined && { seconds: more.seconds }),
  };
}

function parse(text: string | undefined): Comment | undefined {
  if (text === undefined || !text.startsWith('{"headrace":')) return undefined;
  try {
    const value = JSON.parse(text) as Comment;
    return Array.isArray(value.tasks) ? value : undefined;
  } catch {
    return undefined;
  }
}
