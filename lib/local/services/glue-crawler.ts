// Stand-in for Glue crawlers: looks at the folders that stand for S3 and writes tables into the local catalog. In: a crawler of
// the templates. Out: state and last crawl as GetCrawler tells them. Always: StartCrawler answers at once and the crawl
// goes on by itself, as in AWS; one crawl at a time per crawler; a broken file fails the crawl and names the file.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Json, ServiceError } from '../engine';
import { type Found, notLocal, type World } from '../world';
import type { Catalog } from './catalog';
import type { CrawledTable } from './crawl-groups';
import { crawlTarget, groupingOf, rulesOf } from './crawl-target';
import { type CrawlChanges, type CrawlPolicies, type FoundTable, updateCatalog } from './crawl-update';
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
      case 'GetCrawlers':
        return { Crawlers: this.all(request.region).map((found) => this.describe(found)) };
      case 'BatchGetCrawlers': {
        const names = listOf(request.input['CrawlerNames']).map(String);
        const known = this.all(request.region).filter((found) => names.includes(found.resolver.ref(found.resource)));
        const missing = names.filter((name) => !known.some((found) => found.resolver.ref(found.resource) === name));
        return { Crawlers: known.map((found) => this.describe(found)), CrawlersNotFound: missing };
      }
      case 'ListCrawlers':
        return { CrawlerNames: this.all(request.region).map((found) => found.resolver.ref(found.resource)) };
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

  private all(region: string): Found[] {
    return this.world.all('AWS::Glue::Crawler').filter((found) => found.stack.region === region);
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
    const database = String(properties['DatabaseName'] ?? 'default');
    const catalog = this.catalog(found.stack.region);
    const policies = policiesOf(found);
    const rules = rulesOf(this.classifiers(found));
    const configuration = optionalText(properties, 'Configuration');
    const tables: FoundTable[] = [];
    for (const target of listOf(targets['S3Targets']).map(fieldsOf)) {
      const location = String(target['Path']).replace(/\/?$/, '/');
      const match = /^s3:\/\/([^/]+)\/(.*?)\/?$/.exec(location);
      if (!match) throw new Error(`the crawler's path ${location} is not s3://bucket/prefix/`);
      const bucket = this.world.bucketFolder(match[1]!);
      if (!existsSync(bucket)) throw new Error(`The specified bucket does not exist: ${match[1]}`);
      const exclusions = listOf(target['Exclusions']).map(String);
      const known = policies.newFoldersOnly ? knownPlaces(catalog, database, policies.crawler) : undefined;
      const grouping = groupingOf(configuration);
      const crawled = await crawlTarget({
        location,
        bucket,
        prefix: match[2]!,
        exclusions,
        ...(target['SampleSize'] !== undefined && { sampleSize: Number(target['SampleSize']) }),
        ...(rules && { rules }),
        // Levels count the bucket as the first.
        grouping: { ...grouping, ...(grouping.level && { level: grouping.level - location.split('/').length + 3 }) },
        isKnown: (folder) => known?.has(`${location}${folder.join('/')}/`) === true,
        signal: crawl.stop.signal,
      });
      for (const table of crawled) {
        const name = tableName(table, location, optionalText(properties, 'TablePrefix') ?? '');
        const input = crawledTableInput(table, { name, location, crawler: policies.crawler, exclusions });
        tables.push({ input, partitions: table.partitions.map((each) => crawledPartition(table, each, input)) });
        if (table.classified.quoted && !rules) this.noteQuotes(name, policies.crawler);
      }
    }
    if (crawl.stop.signal.aborted) throw new Error('the crawl was stopped');
    const changes = await updateCatalog(catalog, database, tables, policies);
    return JSON.stringify({ TABLE: summary(changes.tables), PARTITION: summary(changes.partitions) });
  }

  /** The crawler's own classifiers: for CSV the laptop follows them, others are refused. */
  private classifiers(found: Found): Fields[] {
    return listOf(found.properties['Classifiers']).map((name): Fields => {
      const classifier = this.world
        .all('AWS::Glue::Classifier')
        .find((each) => each.stack.region === found.stack.region && nameOf(each) === name);
      if (!classifier)
        throw new Error(`the crawler's classifier ${String(name)} is in none of the assembly's templates`);
      const kinds = Object.keys(classifier.properties).filter((kind) => kind !== 'CsvClassifier');
      if (kinds.length > 0) throw notLocal(`a crawler with a ${kinds.join(', ')}`);
      return { ...classifier.properties };
    });
  }

  private noteQuotes(table: string, crawler: string): void {
    this.world.note(
      undefined,
      `crawler ${crawler}: values of ${table} are quoted, and the built-in CSV classifier makes tables that keep the quotes as part of the value, here as on AWS; a CsvClassifier with QuoteSymbol and the OpenCSVSerDe reads them without`,
    );
  }
}

function policiesOf(found: Found): CrawlPolicies {
  const { properties } = found;
  const policy = fieldsOf(properties['SchemaChangePolicy']);
  const recrawl = optionalText(fieldsOf(properties['RecrawlPolicy']), 'RecrawlBehavior') ?? 'CRAWL_EVERYTHING';
  if (recrawl === 'CRAWL_EVENT_MODE') throw notLocal('a crawler with RecrawlBehavior CRAWL_EVENT_MODE');
  const newFoldersOnly = recrawl === 'CRAWL_NEW_FOLDERS_ONLY';
  const text = optionalText(properties, 'Configuration');
  const output = fieldsOf(text === undefined ? undefined : fieldsOf(JSON.parse(text) as Json)['CrawlerOutput']);
  const behaviour = (part: string) => optionalText(fieldsOf(output[part]), 'AddOrUpdateBehavior');
  return {
    crawler: found.resolver.ref(found.resource),
    update: (optionalText(policy, 'UpdateBehavior') ?? 'UPDATE_IN_DATABASE') as CrawlPolicies['update'],
    delete: (optionalText(policy, 'DeleteBehavior') ?? 'DEPRECATE_IN_DATABASE') as CrawlPolicies['delete'],
    newFoldersOnly,
    mergeColumns: behaviour('Tables') === 'MergeNewColumns',
    inheritPartitions: behaviour('Partitions') === 'InheritFromTable',
    locations: listOf(fieldsOf(properties['Targets'])['S3Targets']).map((target) =>
      String(fieldsOf(target)['Path']).replace(/\/?$/, '/'),
    ),
  };
}

/** A classifier's name stands inside the part that says its kind, and is what Ref gives. */
function nameOf(classifier: Found): string {
  const named = Object.values(classifier.properties).map((part) => optionalText(fieldsOf(part), 'Name'));
  return named.find((name) => name !== undefined) ?? classifier.resource.logicalId;
}

/** Places of partitions that this crawler has registered. */
function knownPlaces(catalog: Catalog, database: string, crawler: string): Set<string> {
  if (!catalog.hasDatabase(database)) return new Set();
  return new Set(
    catalog
      .tables(database)
      .filter((table) => fieldsOf(table['Parameters'])['UPDATED_BY_CRAWLER'] === crawler)
      .flatMap((table) => catalog.partitions(database, String(table['Name'])))
      .map((partition) => String(fieldsOf(partition['StorageDescriptor'])['Location'])),
  );
}

/** As ListCrawls tells it: a text of JSON. */
function summary({ added, updated, deleted }: CrawlChanges['tables']): string {
  const counts = { ADD: added, UPDATE: updated, DELETE: deleted };
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  return JSON.stringify(Object.fromEntries(told.map(([what, Count]) => [what, { Count }])));
}

function crawlHistory(crawl: Crawl): Fields {
  const { stop: _, ...facts } = crawl;
  return present({ ...facts });
}

function tableName(table: CrawledTable, location: string, prefix: string): string {
  const own = table.parts.at(-1) ?? basename(location);
  return (prefix + own).toLowerCase().replace(/[^a-z0-9_]/g, '_');
}
