import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { register } from '../../bin/verbs/plan';
import { CustomTask, Pipeline } from '../../lib';
import { runVerb } from './verb';

afterEach(() => void vi.restoreAllMocks());

/** An assembly; `tasks` are `Id` or `Id<Upstream,Upstream`. */
function assembly(tasks: readonly string[], pipeline = 'Sales'): string {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-diff-')), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  const sales = new Pipeline(stack, pipeline);
  const made = new Map<string, CustomTask>();
  for (const [id, upstream] of tasks.map((text) => text.split('<') as [string, string?])) {
    const task = new CustomTask(sales, id, { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    for (const other of upstream?.split(',') ?? []) task.after(made.get(other)!);
    made.set(id, task);
  }
  return app.synth().directory;
}

const diff = (before: readonly string[], now: readonly string[], ...words: string[]) =>
  runVerb(register, 'plan', assembly(now), '--diff', assembly(before), ...words);

describe('headrace plan --diff', () => {
  it('tells a renamed task as renamed, and what that means', async () => {
    const { out, code } = await diff(['A', 'B<A', 'C<B'], ['A', 'Clean<A', 'C<Clean']);
    expect(code).toBe(0);
    expect(out).toContain('renamed: B -> Clean');
    expect(out).toContain('a renamed task is a new one to re-runs');
    expect(out).not.toMatch(/added|removed/);
  });

  it('finds renamed tasks beside each other', async () => {
    const { out } = await diff(['A', 'B<A', 'C<B', 'D<C'], ['A', 'X<A', 'Y<X', 'D<Y'], '--json');
    expect(JSON.parse(out).renamed).toEqual([
      { from: 'B', to: 'X' },
      { from: 'C', to: 'Y' },
    ]);
    const one = await diff(['A', 'B<A', 'C<A,B'], ['A', 'X<A', 'C<A,X'], '--json');
    expect(JSON.parse(one.out).renamed).toEqual([{ from: 'B', to: 'X' }]);
  });

  it('tells what was added, removed and joined otherwise, and does not guess between equals', async () => {
    const { out } = await diff(['A', 'B<A', 'C<A'], ['A', 'X<A', 'Y<A', 'Z<X']);
    expect(out).toContain('added: X, Y, Z');
    expect(out).toContain('removed: B, C');
    expect(out).not.toContain('renamed');
    expect((await diff(['A', 'B'], ['A', 'B<A'])).out).toContain('B now waits for A');
  });

  it('says that nothing changed, that runs go on, that a pipeline is new', async () => {
    expect((await diff(['A', 'B<A'], ['A', 'B<A'])).out).toBe(
      'Demo-Sales  the tasks and their order are the same, and so are params and schedules\n',
    );
    expect((await diff(['A'], ['A', 'B'])).out).toContain('runs that are going on end as they began');
    const { out } = await runVerb(register, 'plan', assembly(['A']), '--diff', assembly(['A'], 'Other'));
    expect(out).toBe('Demo-Sales  new: 1 tasks\n');
  });

  it('fails where a folder is no assembly', async () => {
    let told = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      told += String(chunk);
      return true;
    });
    const empty = mkdtempSync(join(tmpdir(), 'headrace-diff-'));
    const { code } = await runVerb(register, 'plan', assembly(['A']), '--diff', empty);
    expect([code, told]).toEqual([2, expect.stringContaining('is not a cloud assembly')]);
  });
});
