// Stand-in for Glue crawlers: looks at the folders that stand for S3 and writes tables into the local catalog. In: a crawler of
// the templates. Out: state and last crawl as GetCrawler tells them. Always: StartCrawler answers at once and the crawl
// goes on by itself, as in AWS; one crawl at a time per crawler; a broken file fails the crawl and names the file.

import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DuckDbConnection, openDuckDb } from '../duckdb';
import { type Json, ServiceError } from '../engine';
import { type Found, notLocal, type World } from '../world';
import type { Catalog } from './catalog';
import { classifyFile } from './classifier';
import { type CrawledFile, type CrawledTable, groupFiles } from './crawl-groups';
import { crawledPartition, crawledTableInput } from './crawled-table';
import { type Fields, fieldsOf, listOf, optionalText, present, type ServiceRequest, textOf } from './service';

interface Crawl {
  readonly CrawlId: string;
  State: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'STOPPED';
  readonly StartTime: string;
  EndTime?: string;
  ErrorMessage?: string;
  Summary?: string;
  readonly stop: AbortController;
}

export class GlueCrawlers {
  private readonly crawls = new Map<string, Crawl[]>();
  private readonly underway = new Set<Promise<void>>();

  constructor(
    private readonly world: World,
    private readonly catalog: (region: string) => Catalog,
  ) {}

  handle(request: ServiceRequest): Json | undefined {
    switch (request.action) {
      case 'StartCrawler':
        return this.start(request);
      case 'StopCrawler':
        return this.stopCrawler(request);
      case 'GetCrawler':
        return { Crawler: this.describe(this.crawler(request)) };
      case 'ListCrawls':
        return { Crawls: this.of(this.crawler(request)).map(crawlHistory).reverse() };
      default:
        return undefined;
    }
  }

  async close(): Promise<void> {
    for (const crawls of this.crawls.values()) for (const crawl of crawls) crawl.stop.abort();
    await Promise.allSettled([...this.underway]);
  }

  private start(request: ServiceRequest): Json {
    const found = this.crawler(request);
    const crawls = this.of(found);
    const name = textOf('Glue', request.input, 'Name');
    if (crawls.at(-1)?.State === 'RUNNING') {
      throw new ServiceError('Glue.CrawlerRunningException', `Crawler with name ${name} has already started`);
    }
    const crawl: Crawl = {
      CrawlId: randomUUID(),
      State: 'RUNNING',
      StartTime: new Date().toISOString(),
      stop: new AbortController(),
    };
    crawls.push(crawl);
    const work = this.crawl(found, crawl).then(
      (summary) => {
        crawl.State = crawl.stop.signal.aborted ? 'STOPPED' : 'COMPLETED';
        crawl.Summary = summary;
      },
      (error: unknown) => {
        crawl.State = crawl.stop.signal.aborted ? 'STOPPED' : 'FAILED';
        crawl.ErrorMessage = error instanceof ServiceError ? error.causeText : (error as Error).message;
      },
    );
    const tracked = work.finally(() => {
      crawl.EndTime = new Date().toISOString();
      this.underway.delete(tracked);
    });
    this.underway.add(tracked);
    this.world.activity.track(tracked);
    return {};
  }

  private stopCrawler(request: ServiceRequest): Json {
    const crawl = this.of(this.crawler(request)).at(-1);
    if (crawl?.State !== 'RUNNING')
      throw new ServiceError('Glue.CrawlerNotRunningException', 'the crawler is not running');
    crawl.stop.abort();
    return {};
  }

  private describe(found: Found): Fields {
    const { properties } = found;
    const last = this.of(found).at(-1);
    const ended = this.of(found)
      .filter((crawl) => crawl.State !== 'RUNNING')
      .at(-1);
    const state = last?.State !== 'RUNNING' ? 'READY' : last.stop.signal.aborted ? 'STOPPING' : 'RUNNING';
    const status = { RUNNING: '', COMPLETED: 'SUCCEEDED', FAILED: 'FAILED', STOPPED: 'CANCELLED' };
    return present({
      Name: found.resolver.ref(found.resource),
      Role: properties['Role'],
      Targets: properties['Targets'],
      DatabaseName: properties['DatabaseName'],
      TablePrefix: properties['TablePrefix'],
      SchemaChangePolicy: properties['SchemaChangePolicy'],
      RecrawlPolicy: properties['RecrawlPolicy'],
      Configuration: properties['Configuration'],
      State: state,
      CrawlElapsedTime: last?.State === 'RUNNING' ? Date.now() - Date.parse(last.StartTime) : 0,
      LastCrawl: ended
        ? present({
            Status: status[ended.State],
            ErrorMessage: ended.ErrorMessage,
            LogGroup: '/aws-glue/crawlers',
            LogStream: found.resolver.ref(found.resource),
            MessagePrefix: ended.CrawlId,
            StartTime: ended.StartTime,
          })
        : undefined,
      Version: 1,
    });
  }

  private crawler(request: ServiceRequest): Found {
    const name = optionalText(request.input, 'Name') ?? textOf('Glue', request.input, 'CrawlerName');
    const found = this.world.find('AWS::Glue::Crawler', name, request.region);
    if (!found || found.stack.region !== request.region) {
      throw new ServiceError(
        'Glue.EntityNotFoundException',
        `Crawler entry with name ${name} does not exist in ${request.region}`,
      );
    }
    return found;
  }

  private of(found: Found): Crawl[] {
    const key = `${found.stack.region}/${found.resolver.ref(found.resource)}`;
    const known = this.crawls.get(key) ?? [];
    this.crawls.set(key, known);
    return known;
  }

  private async crawl(found: Found, crawl: Crawl): Promise<string> {
    const { properties } = found;
    const targets = fieldsOf(properties['Targets']);
    const others = Object.keys(targets).filter((kind) => kind !== 'S3Targets' && listOf(targets[kind]).length > 0);
    if (others.length > 0) throw notLocal(`a crawler over ${others.join(', ')}`);
    if (listOf(properties['Classifiers']).length > 0) throw notLocal('a crawler with custom classifiers');
    const database = String(properties['DatabaseName'] ?? 'default');
    const catalog = this.catalog(found.stack.region);
    const counts = { created: 0, updated: 0 };
    for (const target of listOf(targets['S3Targets']).map(fieldsOf)) {
      const location = String(target['Path']).replace(/\/?$/, '/');
      const tables = await this.readTarget(location, listOf(target['Exclusions']).map(String), crawl.stop.signal);
      for (const table of tables) {
        if (crawl.stop.signal.aborted) throw new Error('the crawl was stopped');
        const name = tableName(table, location, optionalText(properties, 'TablePrefix') ?? '');
        const input = crawledTableInput(table, name, location, found.resolver.ref(found.resource));
        const partitions = table.partitions.map((folders) => crawledPartition(table, folders, input));
        counts[await catalog.putTable(database, input, partitions)] += 1;
      }
    }
    return JSON.stringify({
      TABLE: `${JSON.stringify({ ADD: { Count: counts.created }, UPDATE: { Count: counts.updated } })}`,
    });
  }

  private async readTarget(
    location: string,
    exclusions: readonly string[],
    signal: AbortSignal,
  ): Promise<CrawledTable[]> {
    const match = /^s3:\/\/([^/]+)\/(.*)$/.exec(location);
    if (!match) throw new Error(`the crawler's path ${location} is not s3://bucket/prefix/`);
    const bucket = this.world.bucketFolder(match[1]!);
    if (!existsSync(bucket)) throw new Error(`The specified bucket does not exist: ${match[1]}`);
    const folder = join(bucket, match[2]!, '/');
    const excluded = exclusions.map(globPattern);
    let database: DuckDbConnection | undefined;
    const open = async () => (database ??= await openDuckDb());
    const files: CrawledFile[] = [];
    try {
      for (const parts of walk(folder, [])) {
        if (signal.aborted) throw new Error('the crawl was stopped');
        if (excluded.some((pattern) => pattern.test(parts.join('/')))) continue;
        const file = join(folder, ...parts);
        const classified = await classifyFile(file, open);
        if (classified) files.push({ parts, bytes: statSync(file).size, classified });
      }
    } catch (error) {
      throw new Error((error as Error).message.replaceAll(folder, location));
    } finally {
      database?.close();
    }
    return groupFiles(files);
  }
}

function crawlHistory(crawl: Crawl): Fields {
  const { stop: _, ...facts } = crawl;
  return present({ ...facts });
}

/** Files that hold data: hidden ones, `_SUCCESS` and empty ones are none. */
function* walk(folder: string, parts: readonly string[]): Generator<string[]> {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (/^[._]/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path, [...parts, entry.name]);
    else if (entry.isFile() && statSync(path).size > 0) yield [...parts, entry.name];
  }
}

function tableName(table: CrawledTable, location: string, prefix: string): string {
  const own = table.parts.at(-1) ?? basename(location);
  return (prefix + own).toLowerCase().replace(/[^a-z0-9_]/g, '_');
}

/** Glue's exclude patterns: `*` stays in a folder, `**` does not. */
function globPattern(text: string): RegExp {
  const source = text.replace(/[.+^${}()|[\]\\]|\*\*|\*|\?/g, (part) =>
    part === '**' ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : `\\${part}`,
  );
  return new RegExp(`^${source}$`);
}
