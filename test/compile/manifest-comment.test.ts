import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../lib/compile/manifest';
import { machinesInComment, manifestComment, manifestOfComments } from '../../lib/compile/manifest-comment';

const MANIFEST: Manifest = {
  version: 1,
  name: 'Demo-Sales',
  path: 'Demo/Sales',
  stack: 'Demo',
  template: 'Demo.template.json',
  machines: [
    { name: 'Sales-2', root: false, logicalId: 'B' },
    { name: 'Sales', root: true, logicalId: 'A' },
  ],
  tasks: [
    { ...task('Ingest', 0, 'Sales-2'), kind: 'FargateTask', outputs: ['rows'], seconds: 90 },
    { ...task('Load "x" \u00e9', 1, 'Sales'), upstream: ['Ingest'], triggerRule: 'all_done', region: 'us-west-2' },
    { ...task('Report', 2, 'Sales'), upstream: ['Ingest', 'Load "x" \u00e9'] },
  ],
  rendezvous: [],
  params: [{ name: 'day', type: 'date', default: '2026-01-01' }],
  triggers: [{ kind: 'schedule', expression: 'cron(30 2 * * ? *)', timeZone: 'Europe/Paris' }],
  alerts: [],
};

function task(id: string, index: number, machine: string): Manifest['tasks'][number] {
  const common = { kind: 'LambdaTask', upstream: [], triggerRule: 'all_success' as const, outputs: [] };
  return { id, index, path: id, machine, ...common };
}

const comments = () =>
  new Map(MANIFEST.machines.map(({ name }): [string, string] => [name, manifestComment(MANIFEST, name)]));

describe('the manifest in the comments of machines', () => {
  it('comes back as it was, but for what only the assembly knows', () => {
    const machines = MANIFEST.machines.map((machine) => ({ ...machine, logicalId: '' }));
    expect(manifestOfComments(comments())).toEqual({ ...MANIFEST, stack: '', template: '', machines });
  });

  it('tells the root, and which machines belong to it', () => {
    const all = comments();
    expect(machinesInComment(all.get('Sales'))).toEqual(['Sales-2', 'Sales']);
    expect(machinesInComment(all.get('Sales-2'))).toBeUndefined();
    expect(machinesInComment('somebody else wrote this')).toBeUndefined();
  });

  it('fails with what is missing', () => {
    const all = comments();
    expect(() => manifestOfComments(new Map([['Sales', all.get('Sales')!]]))).toThrow('lacks its machine Sales-2');
    expect(() => manifestOfComments(new Map())).toThrow('no machine says that it is the root');
    const newer = all.get('Sales')!.replace('{"headrace":1', '{"headrace":7');
    expect(() => manifestOfComments(new Map([['Sales', newer]]))).toThrow('has manifest version 7');
  });

  it('is in the machines of the examples, and costs little', () => {
    for (const example of ['sales-pipeline', 'fan-out']) {
      const folder = join('test/goldens', example);
      const found = readdirSync(folder).flatMap((file): (readonly [string, string])[] => {
        const { Comment } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { Comment: string };
        const machines = machinesInComment(Comment);
        return machines === undefined ? [] : [[machines.at(-1)!, Comment]];
      });
      const manifest = manifestOfComments(new Map(found));
      expect(manifest.tasks.length).toBeGreaterThan(3);
      expect(found[0]![1].length / manifest.tasks.length).toBeLessThan(160);
    }
  });
});
