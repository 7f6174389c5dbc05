// Stand-in for the Redshift Data API: statements run on one local warehouse per workgroup or cluster. In: ExecuteStatement and
// its kin. Out: statements as the API describes them. Always: an answer comes at once and the statement goes on by itself;
// the same ClientToken is the same statement; statements of one warehouse run one after the other.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Json, ServiceError } from '../engine';
import { acquireLock } from '../file-lock';
import { Warehouse } from '../redshift/warehouse';
import { type Found, notLocal, type World } from '../world';
import { type Catalog, readCatalogTable } from './catalog';
import {
  describeStatement,
  endStatement,
  fieldValue,
  isOver,
  listedStatement,
  type Statement,
  statementProblem,
  subStatement,
} from './redshift-statement';
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

interface OpenWarehouse {
  readonly warehouse: Promise<Warehouse>;
  /** Ends when the last statement given so far has ended. */
  queue: Promise<void>;
  /** The session whose temporary tables and settings the connection has. */
  session?: string;
  release?: () => void;
}

interface Run extends Statement {
  warehouse?: OpenWarehouse;
}

const PAGE_OF_ROWS = 1000;
const PAGE_OF_STATEMENTS = 100;
const MOST_STATEMENTS = 40;

/** What the API refuses before anything runs. */
function checkStatements(sqls: readonly string[], input: Fields): void {
  const refuse = (message: string): never => {
    throw new ServiceError('RedshiftData.ValidationException', message);
  };
  if (sqls.length === 0 || sqls.length > MOST_STATEMENTS)
    refuse(`Sqls must hold 1 to ${MOST_STATEMENTS} statements, got ${sqls.length}`);
  const text = sqls.join(' ');
  const unused = listOf(input['Parameters'])
    .map((each) => String(fieldsOf(each)['Name']))
    .filter((name) => !new RegExp(`:${name.replace(/[^\w]/g, '\\$&')}(?!\\w)`).test(text));
  if (unused.length > 0)
    refuse(`Parameters list contains unused parameters. Unused parameters: [${unused.join(', ')}]`);
}

/** The API's own long polling. */
const LONGEST_WAIT_SECONDS = 30;

export class RedshiftData implements Service {
  private readonly statements = new Map<string, Run>();
  private readonly tokens = new Map<string, Run>();
  private readonly warehouses = new Map<string, OpenWarehouse>();

  constructor(
    private readonly world: World,
    private readonly catalog: (region: string) => Catalog,
  ) {}

  async handle(request: ServiceRequest): Promise<Json> {
    const { action, input } = request;
    switch (action) {
      case 'ExecuteStatement':
        return this.submit(request, [textOf('RedshiftData', input, 'Sql')], false);
      case 'BatchExecuteStatement':
        return this.submit(request, listOf(input['Sqls']).map(String), true);
      case 'DescribeStatement':
        return this.describe(input);
      case 'ListStatements':
        return this.list(input);
      case 'GetStatementResult':
        return this.result(input);
      case 'CancelStatement': {
        const statement = this.find(textOf('RedshiftData', input, 'Id'));
        if (isOver(statement))
          throw new ServiceError(
            'RedshiftData.ValidationException',
            `Could not cancel a query that is already in ${statement.status} state with ID: ${statement.id}`,
          );
        await this.abort(statement, 'Query was cancelled');
        return { Status: true };
      }
      default:
        throw notLocal(`redshift-data:${action}`);
    }
  }

  async close(): Promise<void> {
    const going = [...this.statements.values()].filter((statement) => !isOver(statement));
    await Promise.all(going.map((statement) => this.abort(statement, 'the run has ended')));
    for (const open of this.warehouses.values()) {
      await open.queue;
      await open.warehouse.then((warehouse) => warehouse.close()).catch(() => undefined);
      open.release?.();
    }
    this.warehouses.clear();
  }

  private submit({ input, region }: ServiceRequest, sqls: string[], batch: boolean): Json {
    const token = optionalText(input, 'ClientToken');
    const known = token === undefined ? undefined : this.tokens.get(token);
    checkStatements(sqls, input);
    const { properties, name } = this.target(input, region);
    const statement = known ?? this.create(input, sqls, batch);
    if (!known) {
      if (token !== undefined) this.tokens.set(token, statement);
      const open = this.open(region, name, String(input['Database'] ?? properties['DBName'] ?? 'dev'));
      statement.warehouse = open;
      // A stopped state machine does not stop its statements, in AWS neither; the run's end does.
      open.queue = open.queue.then(() => this.run(statement, open));
    }
    return present({
      Id: statement.id,
      CreatedAt: statement.createdAt,
      Database: input['Database'],
      DbUser: input['DbUser'],
      SecretArn: input['SecretArn'],
      WorkgroupName: input['WorkgroupName'],
      ClusterIdentifier: input['ClusterIdentifier'],
      SessionId: statement.sessionId,
    });
  }

  private create(input: Fields, sqls: string[], batch: boolean): Run {
    const now = new Date().toISOString();
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    const session = optionalText(input, 'SessionId');
    const statement: Run = {
      id: randomUUID(),
      sessionId: session ?? (Number(input['SessionKeepAliveSeconds'] ?? 0) > 0 ? randomUUID() : undefined),
      input,
      sqls,
      batch,
      createdAt: now,
      status: 'SUBMITTED',
      updatedAt: now,
      milliseconds: 0,
      results: [],
      done: { promise, resolve },
    };
    this.statements.set(statement.id, statement);
    this.world.activity.track(promise);
    return statement;
  }

  private async run(statement: Statement, open: OpenWarehouse): Promise<void> {
    if (isOver(statement)) return;
    statement.status = 'STARTED';
    statement.started = Date.now();
    try {
      const warehouse = await open.warehouse;
      const parameters = Object.fromEntries(
        listOf(statement.input['Parameters']).map((each) => [
          String(fieldsOf(each)['Name']),
          String(fieldsOf(each)['Value']),
        ]),
      );
      await this.enterSession(statement, open, warehouse);
      // A batch is one transaction, as in the API: all of it or nothing.
      if (statement.batch) await warehouse.execute('BEGIN');
      try {
        for (const sql of statement.sqls) {
          const results = await warehouse.execute(sql, parameters);
          // One result for each text, so that they are told by number.
          statement.results.push(results.at(-1) ?? { kind: '', columns: [], rows: [], rowCount: 0 });
          if (isOver(statement)) throw new Error('Query was cancelled');
        }
        if (statement.batch) await warehouse.execute('COMMIT');
      } catch (error) {
        if (statement.batch) await warehouse.execute('ROLLBACK');
        throw error;
      }
      endStatement(statement, 'FINISHED');
    } catch (error) {
      endStatement(statement, 'FAILED', statementProblem(error));
    }
  }

  /**
   * Outside a session nothing of a statement's session outlives it: no temporary table, no setting, no open transaction.
   * A session that another statement has come in between is gone, since the warehouse has one connection.
   */
  private async enterSession(statement: Statement, open: OpenWarehouse, warehouse: Warehouse): Promise<void> {
    const { sessionId } = statement;
    if (sessionId !== undefined && sessionId === open.session) return;
    if (sessionId !== undefined && statement.input['SessionId'] !== undefined)
      throw new Error(
        `Session is not available: ${sessionId} (the local warehouse keeps one session, and another statement has ended it)`,
      );
    await warehouse.startSession();
    open.session = sessionId;
  }

  /** What it has done so far is undone. */
  private async abort(statement: Run, why: string): Promise<void> {
    const running = statement.status === 'STARTED';
    endStatement(statement, 'ABORTED', why);
    if (!running) return;
    await statement.warehouse?.warehouse.then((warehouse) => warehouse.interrupt()).catch(() => undefined);
  }

  private async describe(input: Fields): Promise<Json> {
    const statement = await this.awaited(input);
    const part = textOf('RedshiftData', input, 'Id').split(':')[1];
    if (part === undefined) return describeStatement(statement);
    const sql = statement.sqls[Number(part) - 1];
    if (sql === undefined || !statement.batch)
      throw new ServiceError('RedshiftData.ResourceNotFoundException', `Query does not exist: ${String(input['Id'])}`);
    return subStatement(statement, sql, Number(part) - 1);
  }

  /** Newest first, by name and status; a page at a time. */
  private list(input: Fields): Json {
    const name = optionalText(input, 'StatementName');
    const status = optionalText(input, 'Status');
    const found = [...this.statements.values()]
      .reverse()
      .filter((each) => name === undefined || String(each.input['StatementName'] ?? '').startsWith(name))
      .filter((each) => status === undefined || status === 'ALL' || each.status === status);
    const from = Number(optionalText(input, 'NextToken') ?? 0);
    const to =
      from + Math.min(Number(input['MaxResults'] ?? PAGE_OF_STATEMENTS) || PAGE_OF_STATEMENTS, PAGE_OF_STATEMENTS);
    return present({
      Statements: found.slice(from, to).map(listedStatement),
      NextToken: to < found.length ? String(to) : undefined,
    });
  }

  private open(region: string, name: string, database: string): OpenWarehouse {
    const key = `${region}/${name}`;
    const known = this.warehouses.get(key);
    if (known) return known;
    const made: OpenWarehouse = {
      warehouse: this.openWarehouse(region, name, database, () => made),
      queue: Promise.resolve(),
    };
    made.warehouse.catch(() => this.warehouses.delete(key)); // The next statement tries again.
    this.warehouses.set(key, made);
    return made;
  }

  private async openWarehouse(
    region: string,
    name: string,
    database: string,
    self: () => OpenWarehouse,
  ): Promise<Warehouse> {
    const file = this.world.options.store.warehouse(region, name);
    mkdirSync(dirname(file), { recursive: true });
    const release = await acquireLock({
      file: `${file}.lock`,
      subject: `the local warehouse ${name}`,
      holder: this.world.options.holder,
    });
    try {
      const warehouse = await Warehouse.open({
        file,
        database,
        resolveS3: (uri) => ({ path: this.world.s3Path(uri) }),
        externalCatalog: (externalDatabase) => this.external(region, externalDatabase),
      });
      self().release = release;
      return warehouse;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The Data Catalog, as the warehouse's external schemas see it. */
  private external(region: string, database: string) {
    const catalog = this.catalog(region);
    if (!catalog.hasDatabase(database)) return undefined;
    const tables = catalog.tables(database).flatMap((table) => {
      const name = String(table['Name']);
      const read = readCatalogTable(table, catalog.partitions(database, name));
      if (!read) return [];
      const { columns, location, format, partitionKeys, delimiter, headerLines, quote } = read;
      return [
        [
          name,
          {
            columns: columns.map((each) => ({ ...each })),
            location,
            format,
            partitionKeys: partitionKeys.map((each) => ({ ...each })),
            csv: { delimiter, header: headerLines > 0, ...(quote !== undefined && { quote }) },
          },
        ] as const,
      ];
    });
    return { tables: Object.fromEntries(tables) };
  }

  private target(input: Fields, region: string): { name: string; properties: Fields } {
    const workgroup = optionalText(input, 'WorkgroupName');
    const cluster = optionalText(input, 'ClusterIdentifier');
    if ((workgroup === undefined) === (cluster === undefined)) {
      throw new ServiceError(
        'RedshiftData.ValidationException',
        'Exactly one of WorkgroupName and ClusterIdentifier must be given',
      );
    }
    const name = (workgroup ?? cluster)!.replace(/^arn:.*\//, '');
    const found: Found | undefined = this.world.find(
      workgroup ? 'AWS::RedshiftServerless::Workgroup' : 'AWS::Redshift::Cluster',
      name,
      region,
    );
    // A warehouse that the templates do not make exists in AWS already; on the laptop it starts empty.
    return { name, properties: { ...found?.properties } };
  }

  private async awaited(input: Fields): Promise<Statement> {
    const statement = this.find(textOf('RedshiftData', input, 'Id'));
    const seconds = Math.min(Number(input['WaitTimeSeconds'] ?? 0), LONGEST_WAIT_SECONDS);
    if (seconds > 0 && !isOver(statement)) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        statement.done.promise,
        new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1000))),
      ]);
      clearTimeout(timer);
    }
    return statement;
  }

  private result(input: Fields): Json {
    const [id, part] = textOf('RedshiftData', input, 'Id').split(':');
    const statement = this.find(id!);
    if (statement.status !== 'FINISHED') {
      throw new ServiceError(
        'RedshiftData.ResourceNotFoundException',
        `Query does not have result. Please check query status with DescribeStatement: ${statement.status}`,
      );
    }
    if (statement.batch && part === undefined)
      throw new ServiceError(
        'RedshiftData.ValidationException',
        'BatchExecuteStatement result can only be retrieved with sub-statement id.',
      );
    const result = statement.results[part === undefined ? statement.results.length - 1 : Number(part) - 1];
    if (!result || result.columns.length === 0)
      throw new ServiceError('RedshiftData.ResourceNotFoundException', 'Query does not have result');
    const from = Number(optionalText(input, 'NextToken') ?? 0);
    if (!Number.isInteger(from) || from < 0)
      throw new ServiceError('RedshiftData.ValidationException', `Invalid NextToken: ${String(input['NextToken'])}`);
    const to = from + PAGE_OF_ROWS;
    return present({
      NextToken: to < result.rows.length ? String(to) : undefined,
      ColumnMetadata: result.columns.map(({ name, typeName }) => ({
        Name: name,
        Label: name,
        TypeName: typeName,
        Nullable: 1,
      })),
      Records: result.rows
        .slice(from, to)
        .map((row) => row.map((value, i) => fieldValue(value, result.columns[i]?.typeName ?? ''))),
      TotalNumRows: result.rows.length,
    });
  }

  private find(id: string): Statement {
    const statement = this.statements.get(id.split(':')[0]!);
    if (!statement) throw new ServiceError('RedshiftData.ResourceNotFoundException', `Query does not exist: ${id}`);
    return statement;
  }
}
