// A cloud assembly of a compiled pipeline whose tasks are one real function, told by a file what to do: so that runs, failures and
// repairs are real. In: tasks. Out: its folder, and how to tell the tasks.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../lib/compile/compile';
import type { Manifest, ManifestParam, ManifestTrigger } from '../../lib/compile/manifest';
import type { GraphTask, TriggerRule } from '../../lib/compile/model';
import { marker } from '../../lib/compile/reference';
import { folderWith, temporaryFolder } from '../local/assembly-fixture';

export interface FunctionTask {
  readonly id: string;
  readonly after?: readonly string[];
  /** Reads output `rows` of this task. */
  readonly reads?: string;
  readonly rule?: TriggerRule;
  readonly branch?: boolean;
}

/** What each task does when it is called: nothing said = succeeds. */
export type Orders = {
  readonly [task: string]: {
    readonly fail?: string;
    readonly branch?: string;
    readonly rows?: number;
    /** Goes on until it is told otherwise. */
    readonly hold?: boolean;
  };
};

const HANDLER = `
const { readFileSync } = require('node:fs');
const orderOf = (task) => JSON.parse(readFileSync(process.env.ORDERS, 'utf8'))[task] ?? {};
exports.handler = async ({ task, seen }) => {
  while (orderOf(task).hold) await new Promise((resolve) => setTimeout(resolve, 50));
  const order = orderOf(task);
  console.log(task + ' saw ' + JSON.stringify(seen ?? null));
  if (order.fail) throw new Error(order.fail);
  return { rows: order.rows ?? 7, branch: order.branch };
};
`;

export class CompiledAssembly {
  readonly folder = join(temporaryFolder(), 'cdk.out');
  readonly store = temporaryFolder();
  private readonly orders = join(temporaryFolder(), 'orders.json');

  constructor(
    tasks: readonly FunctionTask[],
    params: readonly ManifestParam[] = [],
    private readonly triggers: readonly ManifestTrigger[] = [],
  ) {
    this.tell({});
    this.write(tasks, params);
  }

  tell(orders: Orders): void {
    writeFileSync(this.orders, JSON.stringify(orders));
  }

  /** Synthesizes again: what a deployed fix would be. */
  write(tasks: readonly FunctionTask[], params: readonly ManifestParam[] = []): Manifest {
    mkdirSync(join(this.folder, 'headrace'), { recursive: true });
    const graph = tasks.map(graphTask);
    const compiled = compile({
      name: 'Demo-Sales',
      tasks: graph,
      rendezvousTable: 'none',
      machineArn: (name) => name,
      params: params.map((param) => param.name),
    });
    const json = (name: string, value: unknown) => writeFileSync(join(this.folder, name), JSON.stringify(value));
    const { definition } = compiled.machines[0]!;
    json('Demo.template.json', {
      Resources: {
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: { DefinitionString: JSON.stringify(definition), RoleArn: 'arn:aws:iam::1:role/x' },
        },
        Fn: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            FunctionName: 'fn',
            Runtime: 'nodejs20.x',
            Handler: 'index.handler',
            Timeout: 20,
            Code: { S3Bucket: 'b', S3Key: 'fn.zip' },
            Environment: { Variables: { ORDERS: this.orders } },
          },
        },
      },
    });
    cpSync(folderWith({ 'index.js': HANDLER }), join(this.folder, 'asset.fn'), { recursive: true });
    json('Demo.assets.json', {
      version: '36.0.0',
      files: {
        fn: {
          source: { path: 'asset.fn', packaging: 'zip' },
          destinations: { here: { bucketName: 'b', objectKey: 'fn.zip' } },
        },
      },
      dockerImages: {},
    });
    json('manifest.json', {
      version: '36.0.0',
      artifacts: {
        Demo: {
          type: 'aws:cloudformation:stack',
          environment: 'aws://unknown-account/unknown-region',
          properties: { templateFile: 'Demo.template.json' },
        },
        'Demo.assets': { type: 'cdk:asset-manifest', properties: { file: 'Demo.assets.json' } },
      },
    });
    const manifest: Manifest = {
      version: 1,
      name: 'Demo-Sales',
      path: 'Demo/Sales',
      stack: 'Demo',
      template: 'Demo.template.json',
      machines: [{ name: compiled.root, root: true, logicalId: 'Machine' }],
      tasks: compiled.order.map((id, index) => ({
        id,
        index,
        kind: 'LambdaTask',
        path: `Demo/Sales/${id}`,
        upstream: compiled.edges.filter(([, after]) => after === id).map(([before]) => before),
        triggerRule: graph.find((task) => task.id === id)!.triggerRule!,
        machine: compiled.root,
        outputs: compiled.outputs[id] ?? [],
      })),
      rendezvous: [],
      params,
      triggers: this.triggers,
      alerts: [],
    };
    json('headrace/Demo-Sales.json', manifest);
    return manifest;
  }

  manifest(): Manifest {
    return JSON.parse(readFileSync(join(this.folder, 'headrace', 'Demo-Sales.json'), 'utf8')) as Manifest;
  }
}

function graphTask({ id, after = [], reads, rule = 'all_success', branch = false }: FunctionTask): GraphTask {
  const seen: { readonly [name: string]: string } =
    reads === undefined ? {} : { seen: marker({ kind: 'output', task: reads, name: 'rows' }) };
  return {
    id,
    kind: 'LambdaTask',
    upstream: after,
    triggerRule: rule,
    branch,
    outputs: '$states.result.Payload',
    body: {
      type: 'state',
      state: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'fn', Payload: { task: id, ...seen } },
      },
    },
  };
}
