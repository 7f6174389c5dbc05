import type { CfnCrawler } from 'aws-cdk-lib/aws-glue';
import { holdsRunToken } from '../pipeline/run-token';
import { pathProblem } from './s3-path';

/** What every target may say. */
export interface CrawlerTargetOptions {
  /**
   * Patterns of what is left out.
   * @default - nothing
   */
  readonly exclusions?: string[];
  /**
   * Name of a Glue connection, for a network of one's own.
   * @default - none
   */
  readonly connectionName?: string;
}

/** What a crawl of files in S3 may say. */
export interface S3CrawlerTargetOptions extends CrawlerTargetOptions {
  /**
   * How many files of each folder are looked at, 1 to 249.
   * @default - all
   */
  readonly sampleSize?: number;
}

/** What a crawl of a database may say. */
export interface JdbcCrawlerTargetOptions {
  /**
   * Patterns of what is left out.
   * @default - nothing
   */
  readonly exclusions?: string[];
}

/** What a crawl of Delta tables may say. */
export interface DeltaCrawlerTargetOptions {
  /**
   * Name of a Glue connection, for a network of one's own.
   * @default - none
   */
  readonly connectionName?: string;
  /**
   * Tables that engines read as Delta; otherwise the crawler writes a manifest and tables that read it.
   * @default true
   */
  readonly nativeTables?: boolean;
}

/** What a crawl of Iceberg tables may say. */
export interface IcebergCrawlerTargetOptions extends CrawlerTargetOptions {
  /**
   * How many folders below the paths are looked into for tables, 1 to 20.
   * @default 10
   */
  readonly maximumTraversalDepth?: number;
}

/**
 * What a crawler looks at.
 * https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html
 */
export class CrawlerTarget {
  /** Files in S3: `s3://bucket/prefix/`. */
  public static s3(path: string, options: S3CrawlerTargetOptions = {}): CrawlerTarget {
    const { sampleSize } = options;
    const wrong =
      sampleSize !== undefined && !(Number.isInteger(sampleSize) && sampleSize >= 1 && sampleSize <= 249)
        ? [`sampleSize is ${sampleSize}: expected a whole number from 1 to 249`]
        : [];
    return new CrawlerTarget('s3Targets', { path, ...options }, [path], options.connectionName, wrong);
  }

  /**
   * Tables of a database.
   * @param connectionName name of the Glue connection to it
   * @param path `database/schema/table`, `%` for any: `sales/public/%`
   */
  public static jdbc(connectionName: string, path: string, options: JdbcCrawlerTargetOptions = {}): CrawlerTarget {
    const wrong = path.startsWith('s3://')
      ? [`the path of a database is ${JSON.stringify(path)}: expected database/schema/table, such as sales/public/%`]
      : [];
    return new CrawlerTarget('jdbcTargets', { connectionName, path, ...options }, [], connectionName, wrong);
  }

  /**
   * Delta Lake tables.
   * @param tables folder of each table: `s3://bucket/prefix/table/`
   */
  public static delta(tables: string[], options: DeltaCrawlerTargetOptions = {}): CrawlerTarget {
    const { connectionName, nativeTables = true } = options;
    const target = {
      deltaTables: tables,
      createNativeDeltaTable: nativeTables,
      writeManifest: !nativeTables,
      ...(connectionName !== undefined && { connectionName }),
    };
    return new CrawlerTarget('deltaTargets', target, tables, connectionName, none('delta', tables), !nativeTables);
  }

  /**
   * Apache Iceberg tables.
   * @param paths folders that hold tables: `s3://bucket/prefix/`
   */
  public static iceberg(paths: string[], options: IcebergCrawlerTargetOptions = {}): CrawlerTarget {
    const target = { paths, maximumTraversalDepth: 10, ...options };
    return new CrawlerTarget('icebergTargets', target, paths, options.connectionName, none('iceberg', paths));
  }

  private constructor(
    /** @internal */
    public readonly _list: 's3Targets' | 'jdbcTargets' | 'deltaTargets' | 'icebergTargets',
    /** @internal */
    public readonly _target: object,
    /** @internal */
    public readonly _paths: readonly string[],
    /** @internal */
    public readonly _connection: string | undefined,
    private readonly wrong: readonly string[],
    /** @internal */
    public readonly _writes: boolean = false,
  ) {}

  /** @internal */
  public get _problems(): string[] {
    return [
      ...this.wrong,
      ...this._paths.flatMap((path) => pathProblem('path', path) ?? []),
      ...(holdsRunToken(this._target)
        ? [
            'path holds a value that is known only when the pipeline runs; a crawler is set up when the stack deploys: crawl the place above it',
          ]
        : []),
    ];
  }
}

/** Targets as CloudFormation wants them: a list for each kind. */
export function targetLists(targets: readonly CrawlerTarget[]): CfnCrawler.TargetsProperty {
  const lists: { [list: string]: object[] } = {};
  for (const { _list, _target } of targets) lists[_list] = [...(lists[_list] ?? []), _target];
  return lists;
}

function none(what: string, places: readonly string[]): string[] {
  return places.length > 0 ? [] : [`CrawlerTarget.${what} names no place: it would do nothing`];
}
