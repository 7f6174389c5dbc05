/** COPY and UNLOAD with their options; which exclude each other is checked here. */
import { parseColumnList, parseTableName } from './parse-dml';
import { RedshiftError } from './redshift-error';
import type { Copy, CopyOptions, Unload } from './statement';
import type { TokenCursor } from './token-cursor';

const COPY_FLAGS = new Set([
  'acceptanydate',
  'blanksasnull',
  'emptyasnull',
  'escape',
  'explicit_ids',
  'fillrecord',
  'ignoreblanklines',
  'manifest',
  'noload',
  'removequotes',
  'roundec',
  'trimblanks',
  'truncatecolumns',
  'ignoreallerrors',
  'encrypted',
  'ssh',
  'serializetojson',
]);

/** Where the credentials stand. Locally they decide nothing, but they must be there and whole. */
function parseAuthorization(cursor: TokenCursor): boolean {
  if (cursor.accept('iam_role')) {
    if (!cursor.accept('default')) cursor.string();
    return true;
  }
  if (cursor.accept('with', 'credentials') || cursor.accept('credentials')) {
    cursor.accept('as');
    cursor.string();
    return true;
  }
  for (const word of ['access_key_id', 'secret_access_key', 'session_token', 'token', 'region']) {
    if (cursor.accept(word)) {
      cursor.accept('as');
      cursor.string();
      return true;
    }
  }
  return false;
}

interface CopyDraft {
  format?: CopyOptions['format'];
  delimiter?: string;
  quote?: string;
  fixedWidth?: string;
  json?: string;
  compression?: CopyOptions['compression'];
  flags: Set<string>;
  nullAs?: string;
  ignoreHeader: number;
  maxError: number;
  dateFormat?: string;
  timeFormat?: string;
  acceptInvChars?: string;
  encoding: string;
}

export function parseCopy(cursor: TokenCursor): Copy {
  cursor.expect('copy');
  const table = parseTableName(cursor);
  const columns = cursor.is('(') ? parseColumnList(cursor) : undefined;
  cursor.expect('from');
  const source = cursor.string();
  const draft: CopyDraft = { flags: new Set(), ignoreHeader: 0, maxError: 0, encoding: 'utf8' };
  while (!cursor.atEnd() && !cursor.is(';')) if (!parseAuthorization(cursor)) parseCopyOption(cursor, draft);
  const options: CopyOptions = { ...draft, format: draft.format ?? 'text' };
  checkCopy(options);
  return { kind: 'copy', table, columns, source, options };
}

/** `\0` and `\000` stand for the byte 0. */
const nullMarker = (text: string): string => (/^\\0(00)?$/.test(text) ? '\u0000' : text);

function setFormat(cursor: TokenCursor, draft: CopyDraft, format: CopyOptions['format']): void {
  if (draft.format && draft.format !== format)
    throw cursor.error(`COPY cannot be both ${draft.format.toUpperCase()} and ${format.toUpperCase()}`);
  draft.format = format;
}

function parseCopyOption(cursor: TokenCursor, draft: CopyDraft): void {
  const formatted = cursor.accept('format');
  if (formatted) cursor.accept('as');
  if (parseCopyFormat(cursor, draft)) return;
  if (formatted) throw cursor.error();
  const as = () => cursor.accept('as');
  const onOff = () => {
    if (!cursor.acceptAny('on', 'off', 'true', 'false', 'preset')) return;
  };
  const word = cursor.peek().text;
  if (COPY_FLAGS.has(word)) {
    cursor.next();
    if (word === 'ignoreallerrors' && draft.maxError > 0)
      throw cursor.error('COPY: IGNOREALLERRORS is not supported with MAXERROR');
    draft.flags.add(word);
    return;
  }
  cursor.next();
  switch (word) {
    case 'delimiter':
      as();
      draft.delimiter = cursor.string();
      break;
    case 'quote':
      as();
      draft.quote = cursor.string();
      break;
    case 'gzip':
    case 'bzip2':
    case 'lzop':
    case 'zstd':
      draft.compression = word;
      break;
    case 'null':
      as();
      draft.nullAs = nullMarker(cursor.string());
      break;
    case 'ignoreheader':
      as();
      draft.ignoreHeader = cursor.integer();
      break;
    case 'maxerror':
      as();
      draft.maxError = cursor.integer();
      if (draft.flags.has('ignoreallerrors'))
        throw cursor.error('COPY: MAXERROR is not supported with IGNOREALLERRORS');
      break;
    case 'dateformat':
      as();
      draft.dateFormat = cursor.string();
      break;
    case 'timeformat':
      as();
      draft.timeFormat = cursor.string();
      break;
    case 'acceptinvchars':
      as();
      draft.acceptInvChars = cursor.peek().kind === 'string' ? cursor.string() : '?';
      break;
    case 'encoding':
      as();
      draft.encoding = cursor.next().text.toLowerCase();
      break;
    case 'compupdate':
    case 'statupdate':
      onOff();
      break;
    case 'comprows':
      cursor.integer();
      break;
    case 'readratio':
      throw cursor.unsupported('READRATIO (a copy from DynamoDB)');
    default:
      cursor.reset(cursor.mark() - 1);
      throw cursor.error();
  }
}

function parseCopyFormat(cursor: TokenCursor, draft: CopyDraft): boolean {
  if (cursor.accept('csv')) {
    setFormat(cursor, draft, 'csv');
    return true;
  }
  if (cursor.accept('fixedwidth')) {
    cursor.accept('as');
    setFormat(cursor, draft, 'fixedwidth');
    draft.fixedWidth = cursor.string();
    return true;
  }
  if (cursor.accept('json')) {
    cursor.accept('as');
    setFormat(cursor, draft, 'json');
    draft.json = cursor.peek().kind === 'string' ? cursor.string() : 'auto';
    return true;
  }
  const other = cursor.acceptAny('parquet', 'orc', 'avro', 'shapefile');
  if (!other) return false;
  setFormat(cursor, draft, other as CopyOptions['format']);
  cursor.accept('as');
  if (cursor.peek().kind === 'string') cursor.string();
  return true;
}

function checkCopy(options: CopyOptions): void {
  const { format, flags } = options;
  const refuse = (option: string) => {
    throw new RedshiftError(`COPY: ${option} is not supported with ${format.toUpperCase()}`);
  };
  if (format !== 'parquet' && format !== 'orc' && flags.has('serializetojson')) refuse('SERIALIZETOJSON');
  if (format !== 'text' && format !== 'csv' && options.delimiter !== undefined) refuse('DELIMITER');
  if (format !== 'csv' && options.quote !== undefined) refuse('QUOTE');
  if (format !== 'text') for (const flag of ['escape', 'removequotes']) if (flags.has(flag)) refuse(flag.toUpperCase());
  if (
    flags.has('removequotes') &&
    options.nullAs !== undefined &&
    /^['"]?$/.test(options.nullAs) &&
    options.nullAs !== ''
  )
    refuse('NULL AS with REMOVEQUOTES');
  if (flags.has('removequotes') && (options.delimiter === '"' || options.delimiter === "'"))
    refuse('a quote as DELIMITER');
  if (format === 'json' && (options.ignoreHeader > 0 || flags.has('fillrecord') || flags.has('ignoreblanklines')))
    refuse('IGNOREHEADER, FILLRECORD or IGNOREBLANKLINES');
  if (format === 'parquet' || format === 'orc') {
    const rest = [...flags].filter(
      (flag) => !['manifest', 'fillrecord', 'noload', 'encrypted', 'explicit_ids', 'serializetojson'].includes(flag),
    );
    if (rest[0]) refuse(rest[0].toUpperCase());
    if (
      options.compression ||
      options.nullAs !== undefined ||
      options.ignoreHeader > 0 ||
      options.dateFormat ||
      options.timeFormat
    )
      refuse('this option');
    if (options.maxError > 0) refuse('MAXERROR');
  }
  if (options.delimiter !== undefined && [...options.delimiter].length !== 1)
    throw new RedshiftError('COPY delimiter must be a single character');
  if (options.quote !== undefined && [...options.quote].length !== 1)
    throw new RedshiftError('COPY quote must be a single character');
  if (options.maxError < 0 || options.maxError > 100000)
    throw new RedshiftError('MAXERROR must be between 0 and 100000');
}

export function parseUnload(cursor: TokenCursor): Unload {
  cursor.expect('unload');
  const query = cursor.parenthesized(() => cursor.string());
  cursor.expect('to');
  const target = cursor.string();
  let statement: Unload = { kind: 'unload', query, target, format: 'text', flags: new Set(), parallel: true };
  const flags = new Set<string>();
  while (!cursor.atEnd() && !cursor.is(';'))
    if (!parseAuthorization(cursor)) statement = parseUnloadOption(cursor, statement, flags);
  const whole = { ...statement, flags };
  checkUnload(whole);
  return whole;
}

function parseUnloadOption(cursor: TokenCursor, statement: Unload, flags: Set<string>): Unload {
  if (cursor.accept('format')) cursor.accept('as');
  const withFormat = (format: Unload['format']): Unload => {
    if (statement.format !== 'text')
      throw cursor.error(`UNLOAD cannot be both ${statement.format.toUpperCase()} and ${format.toUpperCase()}`);
    return { ...statement, format };
  };
  const word = cursor.next().text;
  const as = () => cursor.accept('as');
  switch (word) {
    case 'csv':
    case 'parquet':
    case 'json':
      return withFormat(word);
    case 'fixedwidth':
      as();
      return { ...withFormat('fixedwidth'), fixedWidth: cursor.string() };
    case 'delimiter':
      as();
      return { ...statement, delimiter: cursor.string() };
    case 'null':
      as();
      return { ...statement, nullAs: cursor.string() };
    case 'gzip':
    case 'bzip2':
    case 'zstd':
      return { ...statement, compression: word };
    case 'parallel': {
      const on = cursor.acceptAny('on', 'off', 'true', 'false');
      return { ...statement, parallel: on !== 'off' && on !== 'false' };
    }
    case 'extension':
      return { ...statement, extension: cursor.string() };
    case 'partition': {
      cursor.expect('by');
      const columns = parseColumnList(cursor);
      return { ...statement, partitionBy: { columns, include: cursor.accept('include') } };
    }
    case 'maxfilesize':
    case 'rowgroupsize':
      as();
      cursor.next();
      cursor.acceptAny('mb', 'gb');
      return statement;
    case 'manifest':
      flags.add('manifest');
      if (cursor.accept('verbose')) flags.add('verbose');
      return statement;
    case 'header':
    case 'addquotes':
    case 'escape':
    case 'allowoverwrite':
    case 'cleanpath':
      flags.add(word);
      return statement;
    case 'encrypted':
    case 'kms_key_id':
      throw cursor.unsupported('UNLOAD with encryption');
    default:
      cursor.reset(cursor.mark() - 1);
      throw cursor.error();
  }
}

function checkUnload(statement: Unload): void {
  const { format, flags } = statement;
  const refuse = (option: string, message = `UNLOAD: ${option} is not supported with ${format.toUpperCase()}`) => {
    throw new RedshiftError(message);
  };
  if (format === 'csv') for (const flag of ['escape', 'addquotes']) if (flags.has(flag)) refuse(flag.toUpperCase());
  if (format === 'fixedwidth') {
    for (const flag of ['escape', 'addquotes', 'header']) if (flags.has(flag)) refuse(flag.toUpperCase());
    if (statement.delimiter !== undefined) refuse('DELIMITER');
  }
  if (format === 'parquet' || format === 'json') {
    for (const flag of ['escape', 'addquotes', 'header']) if (flags.has(flag)) refuse(flag.toUpperCase());
    if (statement.delimiter !== undefined) refuse('DELIMITER');
    if (statement.nullAs !== undefined) refuse('NULL AS');
    if (format === 'parquet' && statement.compression) refuse(statement.compression.toUpperCase());
  }
  if (statement.delimiter !== undefined && [...statement.delimiter].length !== 1)
    throw new RedshiftError('UNLOAD delimiter must be a single character');
  if (flags.has('allowoverwrite') && flags.has('cleanpath'))
    refuse('', 'UNLOAD cannot have both ALLOWOVERWRITE and CLEANPATH');
  if (statement.nullAs !== undefined && format === 'fixedwidth' && statement.nullAs.length > 1)
    refuse('a NULL AS of several characters');
}
