/** The system tables that tell what COPY could not load. */
import { BIGINT, type DataType, INTEGER, TIMESTAMP, varchar } from './data-type';
import { timestampText } from './functions/date-text';
import type { Session } from './session';
import type { SystemRelation, SystemValue } from './system-catalog';

type LoadError = Session['loadErrors'][number];
type Item = readonly [name: string, type: DataType, value: (error: LoadError, session: Session) => SystemValue];

const FILE = varchar(256);
const started = (error: LoadError): string => timestampText(BigInt(error['time'] ?? 0) * 1000n);

function table(items: readonly Item[]): SystemRelation {
  return {
    columns: items.map(([name, type]) => [name, type]),
    rows: (session) => session.loadErrors.map((error) => items.map(([, , value]) => value(error, session))),
    catalogOnly: false,
  };
}

const type: Item[2] = ({ type: name }) => String(name ?? '').slice(0, 10);

export const LOAD_ERROR_TABLES: Readonly<Record<string, SystemRelation>> = {
  stl_load_errors: table([
    ['userid', INTEGER, () => 100],
    ['slice', INTEGER, () => 0],
    ['tbl', INTEGER, () => 0],
    ['starttime', TIMESTAMP, started],
    ['session', INTEGER, () => 1],
    ['query', INTEGER, ({ query }) => query ?? 0],
    ['filename', FILE, ({ file }) => file ?? ''],
    ['line_number', BIGINT, ({ line }) => line ?? 0],
    ['colname', varchar(127), ({ column }) => column ?? ''],
    ['type', varchar(10), type],
    ['col_length', varchar(10), ({ length }) => String(length ?? '')],
    ['position', INTEGER, ({ position }) => position ?? 0],
    ['raw_line', varchar(1024), ({ rawLine }) => rawLine ?? ''],
    ['raw_field_value', varchar(1024), ({ value }) => value ?? ''],
    ['err_code', INTEGER, ({ code }) => code ?? 1200],
    ['err_reason', varchar(100), ({ reason }) => reason ?? ''],
  ]),
  stl_loaderror_detail: table([
    ['userid', INTEGER, () => 100],
    ['slice', INTEGER, () => 0],
    ['session', INTEGER, () => 1],
    ['query', INTEGER, ({ query }) => query ?? 0],
    ['filename', FILE, ({ file }) => file ?? ''],
    ['line_number', BIGINT, ({ line }) => line ?? 0],
    ['field', INTEGER, () => 0],
    ['colname', varchar(1024), ({ column }) => column ?? ''],
    ['value', varchar(1024), ({ value }) => value ?? ''],
    ['is_null', INTEGER, () => 0],
    ['type', varchar(10), type],
    ['col_length', varchar(10), ({ length }) => String(length ?? '')],
  ]),
  sys_load_error_detail: table([
    ['user_id', INTEGER, () => 100],
    ['query_id', BIGINT, ({ query }) => query ?? 0],
    ['transaction_id', BIGINT, () => 0],
    ['session_id', INTEGER, () => 1],
    ['database_name', varchar(64), (_, session) => session.options.database],
    ['table_id', INTEGER, () => 0],
    ['start_time', TIMESTAMP, started],
    ['file_name', FILE, ({ file }) => file ?? ''],
    ['line_number', BIGINT, ({ line }) => line ?? 0],
    ['column_name', varchar(127), ({ column }) => column ?? ''],
    ['column_type', varchar(10), type],
    ['column_length', varchar(10), ({ length }) => String(length ?? '')],
    ['position', INTEGER, ({ position }) => position ?? 0],
    ['error_code', INTEGER, ({ code }) => code ?? 1200],
    ['error_message', varchar(512), ({ reason }) => reason ?? ''],
  ]),
};
