// `headrace cost`: the arithmetic of a run that was or, with --plan, of one that would be; and of a month. Out: the exit code.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { counted, number } from '../../lib/ops/cost/charge';
import { type CostFacts, type RunCost, runCost, runsPerMonth } from '../../lib/ops/cost/cost';
import { OperatorError } from '../../lib/compile/operator-error';
import { MONTH_HOURS, PRICES, type Prices, pricesWith } from '../../lib/ops/cost/prices';
import { shortened } from '../../lib/ops/shortened';
import type { Site, SiteRun } from '../../lib/ops/site';
import { NO_SIZES, type Sizes } from '../../lib/ops/cost/sizes';
import { escapeText } from '../../lib/view/escape-text';
import { columns, print, printJson } from './columns';
import { openAws, openSite } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export interface CostOptions extends SiteOptions {
  readonly prices?: string;
  readonly plan?: boolean;
  readonly duration: readonly string[];
  readonly items: readonly string[];
}

interface Bill {
  readonly pipeline: string;
  /** Its name, if there was one. */
  readonly run?: string;
  readonly title: string;
  readonly bill: RunCost;
  readonly runsPerMonth: number;
  readonly alarms: number;
  /** Something that costs is not in the sum. */
  readonly atLeast: boolean;
  readonly notes: readonly string[];
}

/** Runs among which one that succeeded is looked for. */
const LOOKED_BACK = 20;

export async function costVerb(word: string, run: string | undefined, options: CostOptions): Promise<number> {
  const prices = options.prices === undefined ? PRICES : pricesWith(textOf(options.prices), options.prices);
  if (options.plan === true && run !== undefined)
    throw new OperatorError(`--plan is about a run that has not been: leave out ${run}, or leave out --plan`);
  if (options.plan !== true && options.duration.length + options.items.length > 0)
    throw new OperatorError('--duration and --items are for --plan: a run that was has its own');
  const told =
    options.plan === true ? await billOfPlan(word, options, prices) : await billOfRun(word, run, options, prices);
  show(told, prices, options);
  return 0;
}

async function billOfRun(word: string, run: string | undefined, options: CostOptions, prices: Prices): Promise<Bill> {
  const { site, facts } = isAws(options) ? await deployed(options) : await onThisMachine(options);
  const read = await site.read(await site.pipeline(word), run ?? 'latest');
  const { head, events } = read;
  const { manifest } = read.run;
  const local = site.kind === 'local' ? ", as if its times were AWS's" : '';
  const going = head.status === 'RUNNING' ? ['the run is still going: this is what it has cost so far'] : [];
  const cost = runCost(manifest, events, prices, await facts(read));
  return {
    pipeline: head.pipeline,
    run: head.run,
    title: `run ${head.run}${local}`,
    bill: cost,
    runsPerMonth: runsPerMonth(manifest, new Date(head.start)),
    alarms: 0,
    atLeast: isLess(cost) || head.status === 'RUNNING',
    notes: going,
  };
}

interface Place {
  readonly site: Site;
  readonly facts: (run: SiteRun) => Promise<CostFacts>;
}

async function deployed(options: CostOptions): Promise<Place> {
  const site = await openAws(options);
  return {
    site,
    facts: async ({ run, events }) => {
      const { itemSamples, runSizes } = await import('../../lib/ops/aws/run-sizes.js');
      const samples = await itemSamples(site.aws, run.manifest, events);
      const sizes = await runSizes(site.aws, run.manifest, events, samples);
      return { sizes: { ...sizes, workgroups: (await templateSizes(options.assembly)).workgroups }, samples };
    },
  };
}

async function onThisMachine(options: CostOptions): Promise<Place> {
  return {
    site: await openSite(options),
    facts: async () => ({ sizes: await templateSizes(options.assembly) }),
  };
}

async function templateSizes(folder: string): Promise<Sizes> {
  if (!existsSync(join(folder, 'manifest.json'))) return NO_SIZES;
  const { Assembly } = await import('../../lib/local/assembly/assembly.js');
  const { assemblySizes } = await import('./assembly-sizes.js');
  return assemblySizes(Assembly.read(folder));
}

async function billOfPlan(word: string, options: CostOptions, prices: Prices): Promise<Bill> {
  const { plannedCost } = await import('./cost-plan.js');
  const { assembly, duration, items } = options;
  const planned = await plannedCost(assembly, word, { duration, items }, prices, (name) => lastRun(name, options));
  return {
    pipeline: planned.manifest.name,
    title: 'a run in which every task succeeds at once',
    bill: planned.cost,
    // Runs differ by the days of the months: a year is counted, from a fixed day.
    runsPerMonth: runsPerMonth(planned.manifest, new Date(prices.date)),
    alarms: planned.alarms,
    atLeast: isLess(planned.cost) || planned.atLeast,
    notes: planned.notes,
  };
}

/** The latest that succeeded: tasks of others ended early or never began. */
async function lastRun(name: string, options: CostOptions): Promise<SiteRun | undefined> {
  const site = await openSite(options);
  if (!(await site.pipelines()).includes(name)) return undefined;
  const heads = await site.runs(name, LOOKED_BACK);
  const head = heads.find(({ status }) => status === 'SUCCEEDED') ?? heads[0];
  return head && site.read(name, head.run);
}

function show(told: Bill, prices: Prices, options: CostOptions): void {
  const { bill, runsPerMonth: perMonth, alarms, atLeast } = told;
  const month = bill.dollars * perMonth + alarms * prices.alarmMonth;
  const mwaa = prices.mwaaSmallHour * MONTH_HOURS;
  if (options.json) {
    const { title: _title, ...facts } = told;
    printJson({ ...facts, month, mwaa, prices });
    return;
  }
  print(`${escapeText(told.pipeline)}  ${escapeText(told.title)}, prices of ${prices.date}`);
  const rows = bill.lines.map((line) => [line.what, `${sign(line)}${dollars(line.dollars)}`, line.arithmetic]);
  const sum = `${atLeast ? '>= ' : ''}${dollars(bill.dollars)}`;
  print(columns(['WHAT', 'DOLLARS', 'ARITHMETIC'], [...rows, ['one run', sum, '']]));
  for (const line of inexact(bill.lines)) print(escapeText(line));
  for (const line of bill.unpriced) print(`not priced  ${escapeText(line)}`);
  for (const note of told.notes) print(`note        ${escapeText(note)}`);
  const parts = [
    ...(perMonth > 0 ? [`${perMonth.toFixed(1)} runs by schedule x ${dollars(bill.dollars)}`] : []),
    ...(alarms > 0 ? [`${counted(alarms, 'alarms')} of its stack x $${number(prices.alarmMonth)}`] : []),
  ];
  if (parts.length > 0) print(`a month     ${atLeast ? '>= ' : ''}${dollars(month)} = ${parts.join(' + ')}`);
  print(
    `beside it   ${dollars(mwaa)} = the smallest managed Airflow environment, idle: ${MONTH_HOURS} h x $${prices.mwaaSmallHour}`,
  );
}

function isLess({ lines, unpriced }: RunCost): boolean {
  return unpriced.length > 0 || lines.some(({ bound }) => bound === 'at least');
}

/** Why lines are not exact, each reason once. */
function inexact(lines: RunCost['lines']): string[] {
  const reasons = new Map<string, string[]>();
  for (const line of lines) {
    if (line.because === undefined) continue;
    const key = `${(sign(line).trim() || 'note').padEnd(12)}${line.because}`;
    reasons.set(key, [...(reasons.get(key) ?? []), line.what]);
  }
  return [...reasons].map(([reason, whats]) => `${reason}: ${shortened(whats, 5)}`);
}

function sign({ bound }: RunCost['lines'][number]): string {
  if (bound === undefined) return '';
  return bound === 'at least' ? '>= ' : '<= ';
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new OperatorError(
      `--prices ${file}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`,
    );
  }
}

function dollars(value: number): string {
  if (value >= 0.01) return `$${value.toFixed(value < 1 ? 4 : 2)}`;
  return `$${number(Number(value.toPrecision(3)))}`;
}
