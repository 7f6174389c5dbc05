// `headrace cost`: the arithmetic of a run, and of a month. Out: the exit code. JSON: `run` (RunCost), `runsPerMonth`, `month`, `mwaa`
// (both US dollars) and `prices`.

import { readFileSync } from 'node:fs';
import { runCost, runsPerMonth } from '../../lib/ops/cost';
import { MONTH_HOURS, PRICES, pricesWith } from '../../lib/ops/prices';
import { escapeText } from '../../lib/view/escape-text';
import { columns, print, printJson } from './columns';
import { openSite } from './open-site';
import type { SiteOptions } from './site-options';

export interface CostOptions extends SiteOptions {
  readonly prices?: string;
}

export async function costVerb(word: string, run: string, options: CostOptions): Promise<number> {
  const prices =
    options.prices === undefined ? PRICES : pricesWith(readFileSync(options.prices, 'utf8'), options.prices);
  const site = await openSite(options);
  const { head, run: read, events } = await site.read(await site.pipeline(word), run);
  const cost = runCost(read.manifest, events, prices);
  const perMonth = runsPerMonth(read.manifest, new Date(head.start));
  const month = cost.dollars * perMonth;
  const mwaa = prices.mwaaSmallHour * MONTH_HOURS;
  if (options.json) {
    printJson({ pipeline: head.pipeline, run: cost, of: head.run, runsPerMonth: perMonth, month, mwaa, prices });
    return 0;
  }
  const rows = cost.lines.map((line) => [line.what, dollars(line.dollars), line.arithmetic]);
  print(
    `${escapeText(head.pipeline)}  run ${escapeText(head.run)}${site.kind === 'local' ? ", as if its times were AWS's" : ''}, prices of ${prices.date}`,
  );
  print(columns(['WHAT', 'DOLLARS', 'ARITHMETIC'], [...rows, ['one run', dollars(cost.dollars), '']]));
  for (const line of cost.unpriced) print(`not priced  ${escapeText(line)}`);
  if (perMonth > 0)
    print(`a month     ${dollars(month)} = ${perMonth.toFixed(1)} runs by schedule x ${dollars(cost.dollars)}`);
  print(
    `beside it   ${dollars(mwaa)} = the smallest managed Airflow environment, idle: ${MONTH_HOURS} h x $${prices.mwaaSmallHour}`,
  );
  return 0;
}

function dollars(value: number): string {
  return `$${value < 0.01 ? value.toFixed(6) : value.toFixed(2)}`;
}
