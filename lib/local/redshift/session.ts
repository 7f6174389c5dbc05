/** One connection's state: settings, search path, catalog and clock; and what the statement being bound has touched. */
import { Caster } from './cast';
import { Catalog, keyOf, type Relation, TEMPORARY_SCHEMA } from './catalog';
import { RedshiftError } from './redshift-error';

export interface ExternalTable {
  readonly columns: { readonly name: string; readonly type: string }[];
  readonly location: string;
  readonly format: 'csv' | 'json' | 'parquet';
  readonly partitionKeys: { readonly name: string; readonly type: string }[];
  readonly csv?: {
    readonly delimiter?: string;
    readonly header?: boolean;
    readonly quote?: string;
    readonly escape?: string;
    readonly nullText?: string;
  };
}

export interface SessionOptions {
  readonly database: string;
  readonly now: () => Date;
  readonly resolveS3: (uri: string) => { path: string };
  readonly externalCatalog?: (database: string) => { tables: Record<string, ExternalTable> } | undefined;
}

/** What a statement has used: some functions run only on the leader node, others only beside a user table. */
export interface Usage {
  userTable: boolean;
  leaderOnly?: string;
  computeOnly?: string;
  readonly relations: Set<string>;
}

const DEFAULTS: Readonly<Record<string, string>> = {
  search_path: '$user, public',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  extra_float_digits: '0',
  statement_timeout: '0',
  query_group: 'unset',
  enable_case_sensitive_identifier: 'off',
  enable_case_sensitive_super_attribute: 'off',
  navigate_super_null_on_error: 'on',
  cast_super_null_on_error: 'on',
  parse_super_null_on_error: 'off',
  default_geometry_encoding: '1',
  json_parse_dedup_attributes: 'off',
  json_parse_truncate_strings: 'off',
  describe_field_name_in_uppercase: 'off',
  downcase_delimited_identifier: 'on',
  enable_result_cache_for_session: 'on',
  enable_vacuum_boost: 'off',
  error_on_nondeterministic_update: 'off',
  error_on_nondeterministic_merge: 'off',
  max_cursor_result_set_size: '0',
  mv_enable_aqmv_for_session: 'on',
  spectrum_enable_pseudo_columns: 'on',
  stored_proc_log_min_messages: 'LOG',
  wlm_query_slot_count: '1',
  analyze_threshold_percent: '10',
  auto_analyze: 'on',
  auto_mv: 'on',
  activate_aqua: 'auto',
  json_serialization_enable: 'off',
  json_serialization_parse_nested_strings: 'off',
  query_cache: 'on',
  require_ssl: 'off',
  use_fips_ssl: 'off',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'off',
  transaction_isolation: 'serializable',
};

const MOST_LOAD_ERRORS = 100_000;

export class Session {
  public readonly catalog = new Catalog();
  public readonly caster: Caster;
  public readonly settings = new Map<string, string>(Object.entries(DEFAULTS));
  public user = 'awsuser';
  public usage: Usage = { userTable: false, relations: new Set() };
  public lastCopyCount = 0;
  public lastUnloadCount = 0;
  public lastQueryId = 0;
  public lastCopyId = -1;
  public lastUnloadId = -1;
  public readonly loadErrors: Record<string, string | number>[] = [];
  /** The moment the transaction began: what CURRENT_DATE, SYSDATE and GETDATE answer. */
  public moment: bigint;

  public constructor(public readonly options: SessionOptions) {
    this.moment = this.clock();
    this.caster = new Caster(() => this.moment);
  }

  public clock(): bigint {
    return BigInt(this.options.now().getTime()) * 1000n;
  }

  /** Only the latest are kept, however many a load ignores. */
  public recordLoadError(error: Record<string, string | number>): void {
    this.loadErrors.push(error);
    if (this.loadErrors.length > 2 * MOST_LOAD_ERRORS) this.loadErrors.splice(0, MOST_LOAD_ERRORS);
  }

  public isOn(setting: string): boolean {
    return ['on', 'true', '1', 'yes', 't'].includes((this.settings.get(setting) ?? '').toLowerCase());
  }

  public knowsSetting(name: string): boolean {
    return Object.hasOwn(DEFAULTS, name);
  }

  public resetSetting(name: string): void {
    this.settings.set(name, DEFAULTS[name] as string);
  }

  public searchPath(): string[] {
    const path = (this.settings.get('search_path') ?? '')
      .split(',')
      .map((part) => part.trim().replace(/^["']|["']$/g, ''));
    return path.map((part) => (part === '$user' ? this.user : part)).filter((part) => part !== '');
  }

  /** The schema in which an unqualified new object is made. */
  public currentSchema(): string {
    const found = this.searchPath().find((schema) => this.catalog.schemas.has(schema));
    if (!found) throw new RedshiftError('no schema has been selected to create in');
    return found;
  }

  public findRelation(parts: readonly string[]): Relation | undefined {
    const names = this.withoutDatabase(parts);
    if (names.length === 2)
      return this.catalog.relations.get(keyOf({ schema: names[0] as string, name: names[1] as string }));
    for (const schema of [TEMPORARY_SCHEMA, ...this.searchPath()]) {
      const relation = this.catalog.relations.get(keyOf({ schema, name: names[0] as string }));
      if (relation) return relation;
    }
    return undefined;
  }

  public relation(parts: readonly string[], position?: number): Relation {
    const relation = this.findRelation(parts);
    if (!relation) throw new RedshiftError(`relation "${parts.join('.')}" does not exist`, { position });
    return relation;
  }

  /** `database.schema.name` with this database is `schema.name`; another database is refused. */
  public withoutDatabase(parts: readonly string[]): readonly string[] {
    if (parts.length < 3) return parts;
    if (parts[0] !== this.options.database)
      throw new RedshiftError(`cross-database references are not supported: "${parts.join('.')}"`);
    return parts.slice(1);
  }
}
