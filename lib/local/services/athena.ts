// Stand-in for Athena. In: API actions. Out: their answers; results as CSV with their metadata in the output location. Always: a statement
// that cannot be read is refused at once, any other problem is the query's FAILED with Athena's reason; what was asked again with one
// client token is one query.
// https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type Json, ServiceError, type TaskCall } from '../engine';
import { writeAside } from '../store';
import { notLocal, type World } from '../world';
import { parseStatement } from './athena-ddl';
import { AthenaError, AthenaSyntaxError } from './athena-error';
import { checkSyntax, translated } from './athena-query';
import { type Outcome, runStatement } from './athena-run';
import { athenaType, sizeOfType } from './athena-values';
import type { Catalog } from './catalog';
import {
  type Fields,
  fieldsOf,
  listOf,
  optionalText,
  present,
  type Service,
  type ServiceRequest,
  textOf,
} from './service';

interface Query {
  readonly id: string;
  readonly input: Fields;
  readonly submitted: number;
  readonly location: string;
  readonly workGroup: string;
  readonly stop: AbortController;
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  ended?: number;
  reason?: string;
  outcome?: Outcome;
  done: Promise<void>;
}

/** Most rows of one page of GetQueryResults. */
const LARGEST_PAGE = 1000;

export class Athena implements Service {
  private readonly queries = new Map<string, Query>();
  private readonly tokens = new Map<string, Query>();

  constructor(
    private readonly world: World,
    private readonly catalog: (region: string) => Catalog,
  ) {}

  async handle(request: ServiceRequest): Promise<Json> {
    const { action, input } = request;
    switch (action) {
      case 'StartQueryExecution':
        return this.start(request);
      case 'GetQueryExecution':
        return { QueryExecution: describe(this.find(input)) };
      case 'BatchGetQueryExecution': {
        const ids = listOf(input['QueryExecutionIds']).map(String);
        const found = ids.flatMap((id) => this.queries.get(id) ?? []);
        const missing = ids.filter((id) => !this.queries.has(id));
        return {
          QueryExecutions: found.map(describe),
          UnprocessedQueryExecutionIds: missing.map((id) => ({ QueryExecutionId: id, ErrorCode: 'INVALID_INPUT' })),
        };
      }
      case 'ListQueryExecutions':
        return { QueryExecutionIds: [...this.queries.keys()].reverse() };
      case 'GetQueryResults':
        return results(this.find(input), input);
      case 'StopQueryExecution':
        this.find(input).stop.abort();
        return {};
      case 'GetWorkGroup': {
        const name = textOf('Athena', input, 'WorkGroup');
        const settings = this.workGroup(name, request.region);
        return { WorkGroup: { Name: name, State: 'ENABLED', Configuration: settings } };
      }
      default:
        throw notLocal(`athena:${action}`);
    }
  }

  async close(): Promise<void> {
    for (const query of this.queries.values()) query.stop.abort();
    await Promise.allSettled([...this.queries.values()].map((query) => query.done));
  }

  private async start(request: ServiceRequest): Promise<Json> {
    const { input, call } = request;
    const token = optionalText(input, 'ClientRequestToken');
    const known = token === undefined ? undefined : this.tokens.get(token);
    if (!known) await checkStatement(input);
    const query = known ?? this.begin(request);
    if (token !== undefined) this.tokens.set(token, query);
    if (call?.integration !== 'sync') return { QueryExecutionId: query.id };
    return this.waited(query, call);
  }

  private async waited(query: Query, call: TaskCall): Promise<Json> {
    const onAbort = () => query.stop.abort();
    call.submitted({ QueryExecutionId: query.id });
    call.signal.addEventListener('abort', onAbort, { once: true });
    await query.done;
    call.signal.removeEventListener('abort', onAbort);
    const answer = { QueryExecution: describe(query) };
    if (query.state === 'SUCCEEDED') return answer;
    throw new ServiceError('States.TaskFailed', JSON.stringify(answer));
  }

  private begin({ input, region }: ServiceRequest): Query {
    const text = textOf('Athena', input, 'QueryString');
    const workGroup = optionalText(input, 'WorkGroup') ?? 'primary';
    const settings = fieldsOf(this.workGroup(workGroup, region));
    const ofGroup = optionalText(fieldsOf(settings['ResultConfiguration']), 'OutputLocation');
    const asked = optionalText(fieldsOf(input['ResultConfiguration']), 'OutputLocation');
    const location = settings['EnforceWorkGroupConfiguration'] === false ? (asked ?? ofGroup) : (ofGroup ?? asked);
    if (location === undefined)
      throw invalid(
        'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
      );
    const context = fieldsOf(input['QueryExecutionContext']);
    const source = optionalText(context, 'Catalog');
    if (source !== undefined && source.toLowerCase() !== 'awsdatacatalog')
      throw notLocal(`the Athena catalog ${source}`);
    const current = optionalText(context, 'Database') ?? 'default';
    const parameters = listOf(input['ExecutionParameters']).map(String);
    const query: Query = {
      id: randomUUID(),
      input,
      submitted: Date.now(),
      location: location.replace(/\/?$/, '/'),
      workGroup,
      stop: new AbortController(),
      state: 'RUNNING',
      done: Promise.resolve(),
    };
    this.queries.set(query.id, query);
    query.done = this.run(query, { text, current, parameters, region });
    this.world.activity.track(query.done);
    return query;
  }

  private async run(
    query: Query,
    { text, current, parameters, region }: { text: string; current: string; parameters: string[]; region: string },
  ): Promise<void> {
    try {
      mkdirSync(this.world.s3Path(query.location.replace(/\/$/, '')), { recursive: true });
      query.outcome = await runStatement({
        world: this.world,
        catalog: this.catalog(region),
        current,
        text,
        parameters,
        tablesLocation: `${query.location}tables/${query.id}/`,
        signal: query.stop.signal,
      });
      query.stop.signal.throwIfAborted();
      this.writeResult(query, query.outcome);
      query.state = 'SUCCEEDED';
    } catch (error) {
      query.state = query.stop.signal.aborted ? 'CANCELLED' : 'FAILED';
      query.reason = query.stop.signal.aborted ? 'Query cancelled by user' : (error as Error).message;
    }
    query.ended = Date.now();
  }

  /** `<id>.csv` of a query, `<id>.txt` of anything else, and beside it what the columns are. */
  private writeResult(query: Query, outcome: Outcome): void {
    const file = this.world.s3Path(resultFile(query, outcome));
    if (outcome.kind === 'query') {
      const header = outcome.columns.map((column) => column.name);
      const line = (row: readonly (string | undefined)[]) =>
        row.map((value) => (value === undefined ? '' : `"${value.replaceAll('"', '""')}"`)).join(',');
      writeAside(file, `${[header, ...outcome.rows].map(line).join('\n')}\n`);
    } else {
      writeAside(file, outcome.rows.map((row) => `${row[0] ?? ''}\n`).join(''));
    }
    writeAside(`${file}.metadata`, JSON.stringify({ ColumnInfo: outcome.columns.map(columnInfo) }));
    if (outcome.files !== undefined)
      writeAside(
        this.world.s3Path(`${query.location}${query.id}-manifest.csv`),
        outcome.files.map((name) => `${name}\n`).join(''),
      );
  }

  private workGroup(name: string, region: string): Fields {
    const found = this.world.find('AWS::Athena::WorkGroup', name, region);
    if (found) return fieldsOf(found.properties['WorkGroupConfiguration']);
    if (name === 'primary') return { EnforceWorkGroupConfiguration: false };
    throw invalid(`WorkGroup ${name} is not found.`);
  }

  private find(input: Fields): Query {
    const id = textOf('Athena', input, 'QueryExecutionId');
    const query = this.queries.get(id);
    if (!query) throw invalid(`QueryExecution ${id} was not found`);
    return query;
  }
}

/** What Athena refuses before it begins. */
async function checkStatement(input: Fields): Promise<void> {
  const text = textOf('Athena', input, 'QueryString');
  const parameters = listOf(input['ExecutionParameters']).map(String);
  try {
    if (parseStatement(text, 'default') === undefined) await checkSyntax(translated({ text, parameters }));
  } catch (error) {
    if (error instanceof AthenaSyntaxError) throw invalid(error.message);
    // Anything else is the reason why the query fails.
    if (!(error instanceof AthenaError)) throw error;
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('Athena.InvalidRequestException', message);
}

function resultFile(query: Query, outcome: Outcome | undefined): string {
  return `${query.location}${query.id}.${outcome === undefined || outcome.kind === 'query' ? 'csv' : 'txt'}`;
}

function columnInfo({ name, type }: Outcome['columns'][number]): Fields {
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: athenaType(type),
    ...sizeOfType(type),
    Nullable: 'UNKNOWN',
    CaseSensitive: athenaType(type) === 'varchar',
  };
}

function describe(query: Query): Fields {
  const { outcome } = query;
  const milliseconds = (query.ended ?? Date.now()) - query.submitted;
  return present({
    QueryExecutionId: query.id,
    Query: query.input['QueryString'],
    StatementType: outcome?.statementType ?? 'DML',
    SubstatementType: outcome?.substatementType,
    ResultConfiguration: { OutputLocation: resultFile(query, outcome) },
    QueryExecutionContext: query.input['QueryExecutionContext'] ?? {},
    ExecutionParameters: query.input['ExecutionParameters'],
    Status: present({
      State: query.state,
      StateChangeReason: query.reason,
      SubmissionDateTime: new Date(query.submitted).toISOString(),
      CompletionDateTime: query.ended === undefined ? undefined : new Date(query.ended).toISOString(),
      AthenaError:
        query.state === 'FAILED'
          ? { ErrorCategory: 2, ErrorType: 1006, Retryable: false, ErrorMessage: query.reason! }
          : undefined,
    }),
    Statistics: {
      EngineExecutionTimeInMillis: milliseconds,
      DataScannedInBytes: 0,
      TotalExecutionTimeInMillis: milliseconds,
      QueryQueueTimeInMillis: 0,
    },
    WorkGroup: query.workGroup,
    EngineVersion: { SelectedEngineVersion: 'AUTO', EffectiveEngineVersion: 'Athena engine version 3' },
  });
}

function results(query: Query, input: Fields): Json {
  const { outcome } = query;
  if (query.state !== 'SUCCEEDED' || outcome === undefined) {
    const what = query.state === 'RUNNING' ? 'Query has not yet finished' : 'Query did not finish successfully';
    throw invalid(`${what}. Final query state: ${query.state}`);
  }
  const all = outcome.kind === 'query' ? [outcome.columns.map((column) => column.name), ...outcome.rows] : outcome.rows;
  const size = Math.min(Number(input['MaxResults'] ?? LARGEST_PAGE), LARGEST_PAGE);
  const from = Number(optionalText(input, 'NextToken') ?? 0);
  if (!Number.isInteger(from) || from < 0) throw invalid('NextToken is none of this query');
  const rows = all
    .slice(from, from + size)
    .map((row) => ({ Data: row.map((value) => present({ VarCharValue: value })) }));
  return present({
    UpdateCount: outcome.changed ?? 0,
    ResultSet: { Rows: rows, ResultSetMetadata: { ColumnInfo: outcome.columns.map(columnInfo) } },
    NextToken: from + size < all.length ? String(from + size) : undefined,
  });
}
