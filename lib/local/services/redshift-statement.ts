// One statement of the Redshift Data API and how the API tells of it. In: what happened to it. Out: DescribeStatement's fields and
// result members. Always: a statement that is over stays as it ended.

import type { Json } from '../engine';
import type { StatementResult } from '../redshift/result';
import { type Fields, fieldsOf, listOf, present } from './service';

export interface Statement {
  readonly id: string;
  readonly input: Fields;
  readonly sqls: readonly string[];
  readonly batch: boolean;
  readonly createdAt: string;
  status: 'SUBMITTED' | 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED';
  updatedAt: string;
  started?: number;
  milliseconds: number;
  error?: string;
  /** The result of each of `sqls` that ran. */
  readonly results: StatementResult[];
  readonly sessionId?: string;
  readonly done: { promise: Promise<void>; resolve: () => void };
}

export function isOver(statement: Statement): boolean {
  return statement.status === 'FINISHED' || statement.status === 'FAILED' || statement.status === 'ABORTED';
}

export function endStatement(statement: Statement, status: Statement['status'], error?: string): void {
  if (isOver(statement)) return;
  statement.status = status;
  statement.error = error;
  statement.updatedAt = new Date().toISOString();
  statement.milliseconds = statement.started === undefined ? 0 : Date.now() - statement.started;
  statement.done.resolve();
}

export function describeStatement(statement: Statement): Fields {
  const { input, results } = statement;
  const last = results.at(-1);
  return present({
    Id: statement.id,
    Status: statement.status,
    Error: statement.error,
    CreatedAt: statement.createdAt,
    UpdatedAt: statement.updatedAt,
    Duration: statement.milliseconds * 1_000_000,
    HasResultSet: last !== undefined && last.columns.length > 0,
    QueryString: statement.batch ? undefined : statement.sqls[0],
    QueryParameters: queryParameters(input),
    SessionId: statement.sessionId,
    RedshiftPid: process.pid,
    RedshiftQueryId: statement.status === 'FINISHED' ? 1 : 0,
    ResultFormat: 'JSON',
    ResultRows: statement.batch ? undefined : (last?.rowCount ?? -1),
    ResultSize: -1,
    Database: input['Database'],
    DbUser: input['DbUser'],
    SecretArn: input['SecretArn'],
    WorkgroupName: input['WorkgroupName'],
    ClusterIdentifier: input['ClusterIdentifier'],
    SubStatements: statement.batch ? statement.sqls.map((sql, i) => subStatement(statement, sql, i)) : undefined,
  });
}

function queryParameters(input: Fields): Json | undefined {
  const given = listOf(input['Parameters']).map(fieldsOf);
  return given.length === 0
    ? undefined
    : given.map((each) => ({ Name: each['Name'] ?? null, Value: each['Value'] ?? null }));
}

/** What ListStatements tells of a statement. */
export function listedStatement(statement: Statement): Fields {
  return present({
    Id: statement.id,
    QueryString: statement.batch ? undefined : statement.sqls[0],
    QueryStrings: statement.batch ? [...statement.sqls] : undefined,
    QueryParameters: queryParameters(statement.input),
    StatementName: statement.input['StatementName'],
    IsBatchStatement: statement.batch,
    SecretArn: statement.input['SecretArn'],
    SessionId: statement.sessionId,
    ResultFormat: 'JSON',
    Status: statement.status,
    CreatedAt: statement.createdAt,
    UpdatedAt: statement.updatedAt,
  });
}

export function subStatement(statement: Statement, sql: string, index: number): Fields {
  const result = statement.results[index];
  const failed = statement.status === 'FAILED' && index === statement.results.length;
  return present({
    Id: `${statement.id}:${index + 1}`,
    QueryString: sql,
    Status: result
      ? statement.status === 'FINISHED'
        ? 'FINISHED'
        : 'ABORTED'
      : failed
        ? 'FAILED'
        : statement.status === 'STARTED'
          ? 'STARTED'
          : 'ABORTED',
    Error: failed ? statement.error : undefined,
    HasResultSet: (result?.columns.length ?? 0) > 0,
    ResultRows: result?.rowCount ?? -1,
    CreatedAt: statement.createdAt,
    UpdatedAt: statement.updatedAt,
  });
}

/** A value as the API's Field: which member it is depends on the column's type. */
export function fieldValue(value: Json, typeName: string): Fields {
  if (value === null) return { IsNull: true };
  if (/^(int[248]|oid)$/.test(typeName)) return { LongValue: Number(value) };
  if (/^float[48]$/.test(typeName)) return { DoubleValue: Number(value) };
  if (typeof value === 'boolean') return { BooleanValue: value };
  return { StringValue: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** The message, and where a COPY stopped: file, line, column, reason. */
export function statementProblem(error: unknown): string {
  const { message, detail } = error as Error & { detail?: { [key: string]: string | number } };
  const more = Object.entries(detail ?? {}).map(([key, value]) => `${key} ${value}`);
  return more.length === 0 ? message : `${message} (${more.join(', ')})`;
}
