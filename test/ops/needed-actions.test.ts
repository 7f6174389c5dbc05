// The table of permissions beside the requests that the source can send: what is missing in it, and what nobody needs.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NEEDED } from '../../lib/ops/aws/needed-actions';

/** IAM's prefix where it is not the client's name. */
const PREFIXES: { readonly [client: string]: string } = {
  sfn: 'states',
  'cloudwatch-logs': 'logs',
  'resource-groups-tagging-api': 'tag',
  emr: 'elasticmapreduce',
  eventbridge: 'events',
};
/** Actions that are called otherwise than the request. */
const ACTIONS: { readonly [request: string]: string } = { 's3:ListObjectsV2': 's3:ListBucket' };
/** What the doctor asks for itself; where that is not allowed it says so and goes on. */
const DOCTORS = ['doctor', 'caller', 'found-pipeline', 'permissions', 'quotas', 'head-room'].map(
  (name) => `lib/ops/aws/${name}.ts`,
);
const IMPORTS = /\{([^{}]*)\}\s*(?:=\s*await\s+import\(\s*|from\s+)'@aws-sdk\/client-([\w-]+)'/g;

function sentBy(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORTS)].flatMap(([, names = '', client = '']) =>
    [...names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)].map(([, sent, paged]) => {
      const name = sent ?? paged;
      const action = `${PREFIXES[client] ?? client}:${name}`;
      return ACTIONS[action] ?? action;
    }),
  );
}

const files = ['lib/ops/aws', 'bin/verbs'].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
const sent = new Set(files.filter((file) => !DOCTORS.includes(file)).flatMap(sentBy));
const needed = NEEDED.flatMap(({ actions }) => actions);

describe('the actions that verbs need', () => {
  it('are all that some verb sends', () => {
    expect([...sent].filter((action) => !needed.some((each) => each.action === action))).toEqual([]);
  });

  it('are nothing that no verb sends', () => {
    const table = new Set(needed.filter((each) => !each.implied).map((each) => each.action));
    expect([...table].filter((action) => !sent.has(action))).toEqual([]);
  });

  it('are told for every verb that speaks to an account', () => {
    const told = NEEDED.flatMap(({ verbs }) => verbs.map((verb) => verb.split(' ')[0]));
    const verbs = readdirSync('bin/verbs').flatMap((name) => /^(\w+)-action\.ts$/.exec(name)?.[1] ?? []);
    const here = ['completion', 'doctor', 'local', 'simulate', 'sql', 'test'];
    expect(verbs.filter((verb) => !here.includes(verb) && !told.includes(verb))).toEqual([]);
  });

  it('stand once for each verb', () => {
    for (const { verbs, actions } of NEEDED) {
      const keys = actions.map(({ action, on }) => `${verbs[0]} ${action} ${on}`);
      expect(keys).toEqual([...new Set(keys)]);
    }
  });
});
