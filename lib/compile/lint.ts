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
  for (let next = open.pop(); next; next = open.pop()) lintScope(next.scope, next.where, seen, open, findings);
  return findings;
}

/** One level of states; nested ones are put on the list. Runs over every state of 10,000 tasks, so texts are made for findings only. */
function lintScope(
  scope: Fields,
  where: string,
  seen: Set<string>,
  open: { scope: Fields; where: string }[],
  findings: string[],
): void {
  const states = (scope['States'] ?? {}) as { readonly [name: string]: Fields };
  const names = Object.keys(states);
  const reached = new Set<string>();
  const lead = (from: string, to: Json | undefined): void => {
    if (typeof to !== 'string') return;
    reached.add(to);
    if (!Object.hasOwn(states, to))
      findings.push(`${from} leads to ${JSON.stringify(to)}, which is not a state beside it`);
  };
  lead(where, scope['StartAt'] ?? '');
  let name = '';
  const say = (what: string): void => void findings.push(`${JSON.stringify(name)} ${what}`);
  for (name of names) {
    const state = states[name]!;
    if (seen.has(name)) say('is the name of two states: names are unique in a whole machine');
    seen.add(name);
    if (name.length > STATE_NAME_CHARS) say(`is a state name of more than ${STATE_NAME_CHARS} characters`);
    const type = state['Type'];
    if (typeof type !== 'string' || !TYPES.has(type)) {
      say(`has the type ${JSON.stringify(type ?? null)}, which does not exist`);
      continue;
    }
    lead(name, state['Next']);
    if (type === 'Choice') lead(name, state['Default']);
    for (const list of type === 'Choice' ? ['Choices'] : ['Catch']) {
      for (const rule of (state[list] ?? []) as Fields[]) {
        lead(name, rule['Next']);
        if (typeof rule['Next'] !== 'string') say(`has an entry in ${list} without Next`);
      }
    }
    if (type !== 'Choice' && !ENDS.has(type) && (typeof state['Next'] === 'string') === (state['End'] === true))
      say('needs either Next or End');
    if (type === 'Task') {
      const fault = resourceFault(state['Resource']);
      if (fault !== undefined) say(fault);
    }
    if (type === 'Parallel')
      for (const branch of (state['Branches'] ?? []) as Fields[]) open.push({ scope: branch, where: name });
    if (type === 'Map') {
      const processor = state['ItemProcessor'] ?? state['Iterator'];
      if (processor === undefined) say('has no ItemProcessor');
      else open.push({ scope: processor as Fields, where: name });
    }
  }
  for (const each of names) if (!reached.has(each)) findings.push(`nothing leads to ${JSON.stringify(each)}`);
}

function resourceFault(resource: Json | undefined): string | undefined {
  if (typeof resource !== 'string' || resource === '') return 'has no Resource';
  // Most resources answer at once, and need no closer look.
  if (!/\.[^:]+$/.test(resource)) return undefined;
  const match = /^arn:[^:]+:states:[^:]*:[^:]*:(aws-sdk:)?([a-z0-9-]+):[A-Za-z0-9]+\.(.+)$/.exec(resource);
  if (match === null || match[2] === 'activity') return undefined;
  const [, sdk, service, pattern] = match;
  if (pattern === 'waitForTaskToken') {
    if (sdk !== undefined || TOKEN.has(service!)) return undefined;
    return `waits for a task token with ${service}, which cannot carry one: use aws-sdk:${service}`;
  }
  if (pattern !== 'sync' && pattern !== 'sync:2') return `ends its Resource with .${pattern}, which does not exist`;
  if (sdk !== undefined)
    return 'waits with .sync on an SDK integration, which always answers at once: poll, or use the optimized integration';
  if (!SYNC.has(service!)) return `waits with .sync on ${service}, which has no such integration: poll for its result`;
  return undefined;
}
