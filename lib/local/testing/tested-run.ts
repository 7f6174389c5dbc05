// What a test can ask of a run that is over. In: the run's record and its store. Out: outcomes, order, outputs, calls, and what was
// written: rows of the warehouse and of catalog tables, objects. Always: reading changes nothing.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { nearest } from '../../compile/nearest';
import type { TaskStatus, TaskView } from '../../view/run-state';
import type { HiddenValues } from '../../view/hidden-values';
import { RunText } from '../../view/text';
import { openDuckDb } from '../duckdb';
import type { Json } from '../engine';
import type { LocalResult } from '../local-run';
import { Warehouse } from '../redshift/warehouse';
import { Catalog, readCatalogTable } from '../services/catalog';
import { tableQuery } from '../services/catalog-views';
import { dataFiles } from '../services/spark-sql';
import type { World } from '../world';
import type { Outputs } from './fake';

/** A row by column name. */
export interface Row {
  readonly [column: string]: Json;
}

/** One call that a task made: of a service, or the one that its fake answered. */
export interface RecordedCall {
  readonly task: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** `lambda:invoke`, `glue:startJobRun.sync`; `fake`. */
  readonly resource: string;
  readonly arguments: Json;
}

export interface Observed {
  /** Ids in the order in which the tasks began. */
  readonly order: readonly string[];
  readonly outputs: { readonly [task: string]: Outputs };
  readonly calls: readonly RecordedCall[];
}

export class TestedRun {
  readonly pipeline: string;
  /** Its name in the store. */
  readonly run: string;
  readonly status: LocalResult['status'];
  readonly succeeded: boolean;
  /** Error and cause of a run that failed. */
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** Task id -> `succeeded`, `failed`, `skipped`, `upstream_failed`, `aborted` or `waiting`. */
  readonly outcomes: { readonly [task: string]: TaskStatus };
  /** Ids of the tasks that ran, in the order in which they began. */
  readonly order: readonly string[];
  /** Task id -> number of attempts, retries included; 0 if it did not run. */
  readonly attempts: { readonly [task: string]: number };
  /** Task id -> its outputs: those that other tasks read, and all of a fake's. */
  readonly outputs: { readonly [task: string]: Outputs };
  /** Calls in the order in which they were made. */
  readonly calls: readonly RecordedCall[];
  /** Everything known of each task: start, end, error, cause, reason. */
  readonly tasks: readonly TaskView[];
  /** Texts of the alerts that were sent. */
  readonly alerts: readonly string[];
  /** How long the run took on its own clock: waits and retries, if the clock is frozen. */
  readonly seconds: number;
  /** What is to be hidden where the run is printed: its secrets. */
  readonly hidden: HiddenValues;
  /** Folder of the record: history and logs. */
  readonly folder: string;
  /** Folder of data: buckets, catalog, warehouse. */
  readonly store: string;

  constructor(
    private readonly result: LocalResult,
    observed: Observed,
    private readonly world: World,
  ) {
    const { manifest, runId, status, error, cause, tasks, alerts, folder, store } = result;
    this.pipeline = manifest.name;
    this.run = runId;
    this.status = status;
    this.succeeded = status === 'SUCCEEDED';
    this.error = error;
    this.cause = cause;
    this.tasks = tasks;
    this.outcomes = Object.fromEntries(tasks.map((task) => [task.id, task.status]));
    this.attempts = Object.fromEntries(tasks.map((task) => [task.id, task.attempts]));
    this.order = observed.order;
    this.outputs = observed.outputs;
    this.calls = observed.calls;
    this.alerts = alerts;
    this.hidden = world.options.hidden;
    this.folder = folder;
    this.store = store;
    const times = tasks.flatMap((task) => [task.start ?? [], task.end ?? []].flat());
    this.seconds = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
  }

  /** @throws Error if the pipeline has no such task */
  task(id: string): TaskView {
    const found = this.tasks.find((task) => task.id === id);
    if (found) return found;
    throw new Error(`there is no task ${JSON.stringify(id)} in ${this.tasks.map((task) => task.id).join(', ')}`);
  }

  /**
   * Rows of the local Redshift.
   * @param warehouse name of the workgroup or cluster; @default the only one
   * @throws Error if nothing was loaded yet, or the statement is wrong
   */
  async query(sql: string, warehouse?: string): Promise<Row[]> {
    const opened = await Warehouse.open({
      file: this.warehouseFile(warehouse),
      resolveS3: (uri) => ({ path: this.world.s3Path(uri) }),
    });
    try {
      const last = (await opened.execute(sql)).at(-1);
      return (last?.rows ?? []).map((row) =>
        Object.fromEntries((last?.columns ?? []).map((column, i) => [column.name, row[i] ?? null])),
      );
    } finally {
      opened.close();
    }
  }

  /**
   * Rows of a table of the Data Catalog, read from its files.
   * @param name `table` or `database.table`
   * @param region of its catalog; @default the pipeline's
   */
  async table(name: string, region: string = this.world.region): Promise<Row[]> {
    const catalog = new Catalog(this.world, region);
    const all = catalog
      .databases()
      .flatMap(({ Name }) => catalog.tables(String(Name)).map((table) => ({ database: String(Name), table })));
    const found = all.filter(({ database, table }) =>
      [String(table['Name']), `${database}.${String(table['Name'])}`].includes(name.toLowerCase()),
    );
    const names = all.map(({ database, table }) => `${database}.${String(table['Name'])}`);
    if (found.length !== 1) {
      const near = nearest(name, [...names, ...all.map(({ table }) => String(table['Name']))]);
      const what = found.length === 0 ? 'no table' : 'more than one table';
      throw new Error(
        `the catalog of ${region} has ${what} ${name}${near === undefined || found.length > 0 ? `: it has ${names.join(', ') || 'none'}` : `: did you mean ${near}?`}`,
      );
    }
    const { database, table } = found[0]!;
    const read = readCatalogTable(table, catalog.partitions(database, String(table['Name'])));
    if (!read) throw new Error(`table ${name} is not CSV, JSON or Parquet`);
    const duckdb = await openDuckDb();
    try {
      const query = tableQuery(read, (uri) => dataFiles(this.world.s3Path(uri)));
      const { names, types } = await duckdb.rows(`SELECT * FROM (${query}) LIMIT 0`);
      const whole = new Set(names.filter((_, i) => /^(BIGINT|HUGEINT|UBIGINT)$/.test(String(types[i]))));
      return (await duckdb.objects(query)).map((row) => plainRow(row, whole));
    } finally {
      duckdb.close();
    }
  }

  /** Keys below `s3://bucket/prefix`, sorted, as `s3://bucket/key`. */
  async files(prefix: string): Promise<string[]> {
    const [bucket, start] = place(prefix);
    const uris: string[] = [];
    const { objects } = this.world;
    let page = await objects!.list(bucket, { prefix: start });
    for (;;) {
      uris.push(...page.objects.map(({ key }) => `s3://${bucket}/${key}`));
      if (page.next === undefined) return uris;
      page = await objects!.list(bucket, { prefix: start, from: page.next });
    }
  }

  /** The text of `s3://bucket/key`. @throws Error if there is no such object */
  async file(uri: string): Promise<string> {
    const [bucket, key] = place(uri);
    return (await this.world.objects!.get(bucket, key)).body.toString('utf8');
  }

  /** What a task printed, all attempts. */
  log(id: string): string {
    const folder = join(this.folder, 'logs', this.task(id).id);
    if (!existsSync(folder)) return '';
    return readdirSync(folder)
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('');
  }

  /** The run as a person would see it: for the message of a failed assertion. */
  toString(): string {
    const { manifest, runId } = this.result;
    const ids = this.tasks.map((task) => task.id);
    return `${manifest.name} ${runId}: ${this.status}\n${new RunText(ids, false).table(this.tasks)}`;
  }

  private warehouseFile(name: string | undefined): string {
    const { store } = this.world.options;
    const folder = dirname(store.warehouse(this.world.region, 'any'));
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.duckdb')) : [];
    const names = files.map((file) => basename(file, '.duckdb'));
    const file = name === undefined ? (files.length === 1 ? files[0] : undefined) : files[names.indexOf(name)];
    if (file !== undefined && statSync(join(folder, file)).isFile()) return join(folder, file);
    throw new Error(
      names.length === 0
        ? 'no task has used a warehouse in this run'
        : `say which warehouse: ${names.join(', ')}${name === undefined ? '' : `, not ${name}`}`,
    );
  }
}

function place(uri: string): [string, string] {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  if (!match) throw new Error(`${uri} is not s3://bucket/key`);
  return [match[1]!, match[2] ?? ''];
}

/** Whole numbers come as texts; those that fit become numbers. */
function plainRow(row: Record<string, unknown>, whole: ReadonlySet<string>): Row {
  const entries = Object.entries(row).map(([name, value]) => {
    const number = whole.has(name) && value !== null ? Number(value) : Number.NaN;
    return [name, Number.isSafeInteger(number) ? number : value];
  });
  return Object.fromEntries(entries) as Row;
}
