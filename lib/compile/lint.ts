// A rendered machine in, what AWS would refuse or silently do wrong out. A finding is a defect of this compiler or of a body
// that an author wrote; either is better heard at synth than at deploy.

import { STATE_NAME_CHARS } from './limits';
import type { Json } from './model';

type Fields = { readonly [field: string]: Json };

/** Integrations that Step Functions can wait for with `.sync`. https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html */
const SYNC = new Set([
  'athena',
  'batch',
  'bedrock',
  'codebuild',
  'databrew',
  'ecs',
  'eks',
  'elasticmapreduce',
  'emr-containers',
  'emr-serverless',
  'glue',
  'mediaconvert',
  'sagemaker',
  'states',
]);
/** Optimized integrations that take a task token. The others, dynamodb among them, would never be answered. */
const TOKEN = new Set(['apigateway', 'bedrock', 'ecs', 'eks', 'events', 'lambda', 'sns', 'sqs', 'states']);
const ENDS = new Set(['Succeed', 'Fail']);
const TYPES = new Set(['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']);

export function lintMachine(definition: Fields): string[] {
  const findings: string[] = [];
  const seen = new Set<string>();
  const open: { scope: Fields; where: string }[] = [{ scope: definition, where: 'the machine' }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { scope, where } = next;
    const states = (scope['States'] ?? {}) as { readonly [name: string]: Fields };
    const reached = new Set<string>([String(scope['StartAt'])]);
    const lead = (from: string, to: Json | undefined): void => {
      if (typeof to !== 'string') return;
      reached.add(to);
      if (!Object.hasOwn(states, to))
        findings.push(`${from} leads to ${JSON.stringify(to)}, which is not a state beside it`);
    };
    lead(where, scope['StartAt'] ?? '');
    for (const [name, state] of Object.entries(states)) {
      const quoted = JSON.stringify(name);
      if (seen.has(name)) findings.push(`two states are called ${quoted}: names are unique in a whole machine`);
      seen.add(name);
      if (name.length > STATE_NAME_CHARS)
        findings.push(`the state name ${quoted} has more than ${STATE_NAME_CHARS} characters`);
      const type = String(state['Type']);
      if (!TYPES.has(type))
        findings.push(`${quoted} has the type ${JSON.stringify(state['Type'] ?? null)}, which does not exist`);
      lead(quoted, state['Next']);
      lead(quoted, state['Default']);
      for (const list of ['Choices', 'Catch']) {
        for (const rule of (state[list] ?? []) as Fields[]) {
          lead(quoted, rule['Next']);
          if (typeof rule['Next'] !== 'string') findings.push(`${quoted} has an entry in ${list} without Next`);
        }
      }
      if (type !== 'Choice' && !ENDS.has(type)) {
        const ways = (typeof state['Next'] === 'string' ? 1 : 0) + (state['End'] === true ? 1 : 0);
        if (ways !== 1) findings.push(`${quoted} needs either Next or End`);
      }
      if (type === 'Task') findings.push(...resourceFaults(quoted, String(state['Resource'] ?? '')));
      for (const branch of (state['Branches'] ?? []) as Fields[]) open.push({ scope: branch, where: quoted });
      for (const inner of ['ItemProcessor', 'Iterator']) {
        if (state[inner] !== undefined) open.push({ scope: state[inner] as Fields, where: quoted });
      }
    }
    for (const name of Object.keys(states)) {
      if (!reached.has(name)) findings.push(`nothing leads to ${JSON.stringify(name)}`);
    }
  }
  return findings;
}

function resourceFaults(quoted: string, resource: string): string[] {
  if (resource === '') return [`${quoted} has no Resource`];
  const match = /^arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?([a-z0-9-]+):([A-Za-z0-9]+)(?:\.(.+))?$/.exec(resource);
  if (match === null) return [];
  const [, sdk, service, , pattern] = match;
  if (pattern === undefined || service === 'activity') return [];
  if (pattern === 'waitForTaskToken') {
    if (sdk !== undefined || TOKEN.has(service!)) return [];
    return [`${quoted} waits for a task token with ${service}, which cannot carry one: use aws-sdk:${service}`];
  }
  if (pattern !== 'sync' && pattern !== 'sync:2')
    return [`${quoted} ends its Resource with .${pattern}, which does not exist`];
  if (sdk !== undefined)
    return [
      `${quoted} waits with .sync on an SDK integration, which always answers at once: poll, or use the optimized integration`,
    ];
  if (!SYNC.has(service!))
    return [`${quoted} waits with .sync on ${service}, which has no such integration: poll for its result`];
  return [];
}
