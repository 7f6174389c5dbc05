// npm run conformance:asl -- [--raw] [DIR]: runs every case of a folder on our interpreter. With --raw one JSON line each
// with what came out (one per row of a table); without, a table per kind and the failures by name.

import { readCases } from './asl-case';
import { compareCase, type Difference } from './asl-compare';
import { knownReason } from './asl-known';
import { runCase } from './asl-run';

async function main(words: readonly string[]): Promise<void> {
  const raw = words.includes('--raw');
  const verbose = words.includes('--verbose');
  const folder = words.find((word) => !word.startsWith('--')) ?? 'test/corpus/asl-conformance/cases';
  const totals = new Map<string, { cases: number; must: number; should: number; all: number }>();
  const failures: string[] = [];
  const reasons = new Map<string, string[]>();
  for (const test of readCases(folder)) {
    const answers = await ended(runCase(test)).catch((error: Error) => [
      { name: test.name, status: 'CRASHED', error: error.message },
    ]);
    if (raw) {
      for (const answer of answers) {
        process.stdout.write(`${JSON.stringify(answer)}\n`);
      }
      continue;
    }
    const differences = compareCase(test, answers);
    const total = totals.get(test.kind) ?? { cases: 0, must: 0, should: 0, all: 0 };
    totals.set(test.kind, total);
    const without = (...levels: Difference['level'][]) =>
      differences.some(({ level }) => levels.includes(level)) ? 0 : 1;
    total.cases += 1;
    total.must += without('must');
    total.should += without('must', 'should');
    total.all += without('must', 'should', 'may');
    const worst = differences.some(({ level }) => level !== 'may');
    const reason = worst ? (knownReason(test.name)?.reason ?? 'not explained') : undefined;
    if (reason !== undefined) {
      reasons.set(reason, [...(reasons.get(reason) ?? []), test.name]);
    }
    for (const { level, field, expected, actual } of differences.slice(0, verbose ? undefined : 3)) {
      const shown = verbose
        ? `\n      expected ${JSON.stringify(expected)}\n      actual   ${JSON.stringify(actual)}`
        : '';
      failures.push(`${level.padEnd(6)} ${test.kind} ${test.name}: ${field}${shown}`);
    }
  }
  if (!raw) {
    for (const failure of failures.sort()) {
      process.stdout.write(`${failure}\n`);
    }
    process.stdout.write('\nNot met, and why (wording and inspection data aside):\n');
    for (const [reason, names] of reasons) {
      process.stdout.write(`  ${reason}\n${names.map((name) => `    ${name}\n`).join('')}`);
    }
    process.stdout.write('\nkind        cases   status+output+error   and events   and wording\n');
    for (const [kind, { cases, must, should, all }] of totals) {
      process.stdout.write(
        `${kind.padEnd(12)}${String(cases).padEnd(8)}${String(must).padEnd(22)}${String(should).padEnd(13)}${all}\n`,
      );
    }
  }
}

/** A case that never ends must not end the whole run in silence. */
async function ended<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('did not end within 30 s')), 30_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

void main(process.argv.slice(2));
