/**
 * Runs a Redshift suite. `--raw DIR` prints one JSON line per case with what came out, for others to compare; without
 * it the cases of DIR (default: the suite in test/corpus) are compared here and a table per topic is printed.
 */
import { resolve } from 'node:path';
import { judge, natural, type Verdict } from './redshift-compare';
import { type Outcome, readCases, SuiteRunner } from './redshift-suite';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const raw = args.includes('--raw');
  const folder = resolve(args.find((arg) => !arg.startsWith('--')) ?? resolve(__dirname, '../corpus/redshift-sql'));
  const only = args.find((arg) => arg.startsWith('--only='))?.slice(7);
  const runner = new SuiteRunner(folder);
  const table = new Map<string, Record<Verdict, number>>();
  const failures: string[] = [];
  try {
    for (const one of readCases(folder)) {
      if (only && !one.name.includes(only) && one.topic !== only) continue;
      const outcome = await runner.run(one);
      if (raw) {
        process.stdout.write(`${rawLine(outcome)}\n`);
        continue;
      }
      const { verdict, why } = judge(one, outcome);
      const counts = table.get(one.topic) ?? { right: 0, refused: 0, wrong: 0, missed: 0 };
      counts[verdict]++;
      table.set(one.topic, counts);
      if (verdict !== 'right') failures.push(`${verdict.padEnd(8)} ${one.name}: ${why.slice(0, 300)}`);
    }
  } finally {
    runner.close();
  }
  if (raw) return;
  const total = { right: 0, refused: 0, wrong: 0, missed: 0 };
  for (const [topic, counts] of table) {
    process.stdout.write(
      `${topic.padEnd(22)} right ${counts.right}  refused ${counts.refused}  wrong ${counts.wrong}  missed ${counts.missed}\n`,
    );
    for (const verdict of Object.keys(total) as Verdict[]) total[verdict] += counts[verdict];
  }
  process.stdout.write(
    `${'all'.padEnd(22)} right ${total.right}  refused ${total.refused}  wrong ${total.wrong}  missed ${total.missed}\n\n${failures.join('\n')}\n`,
  );
}

/** JSON with numbers written in full, however many digits they have. */
function rawLine(outcome: Outcome): string {
  if (!('rows' in outcome) || !('types' in outcome)) return JSON.stringify(outcome);
  const rows = outcome.rows.map(
    (row) =>
      `[${row
        .map((value, index) => {
          const number = natural(value, outcome.types[index] ?? '');
          const exact = typeof value === 'string' && typeof number === 'number' && /^-?\d+(\.\d+)?$/.test(value);
          return exact
            ? value.replace(/^(-?)0+(?=\d)/, '$1')
            : JSON.stringify(typeof number === 'number' && !Number.isFinite(number) ? value : number);
        })
        .join(',')}]`,
  );
  return `{"name":${JSON.stringify(outcome.name)},"columns":${JSON.stringify(outcome.columns)},"rows":[${rows.join(',')}]}`;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
