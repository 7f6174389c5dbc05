/** SET, RESET and SHOW. Settings that would change answers in ways the stand-in does not follow are refused. */
import type { Engine } from './engine';
import { isZoneName } from './functions/time-zone';
import { RedshiftError, unsupported } from './redshift-error';
import type { StatementResult } from './result';

export function setSetting(name: string, value: string, engine: Engine): StatementResult {
  const { session } = engine;
  const shown = value.toLowerCase() === 'default' ? undefined : value;
  if (!session.knowsSetting(name) && !name.includes('.'))
    throw new RedshiftError(`unrecognized configuration parameter "${name}"`);
  if (shown === undefined) session.resetSetting(name);
  else {
    if (name === 'timezone') {
      if (!isZoneName(value)) throw new RedshiftError(`invalid value for parameter "timezone": "${value}"`);
      if (!/^(utc|gmt|etc\/utc|etc\/gmt|uct|zulu|0)$/i.test(value))
        throw unsupported(`the session time zone ${value} (only UTC)`);
    }
    if (name === 'datestyle' && !/^\s*iso(\s*,\s*mdy)?\s*$/i.test(value))
      throw unsupported(`the date style ${value} (only ISO, MDY)`);
    if (name === 'downcase_delimited_identifier' && !/^(on|true)$/i.test(value))
      throw unsupported('downcase_delimited_identifier off');
    if (name === 'cast_super_null_on_error' && !/^(on|true)$/i.test(value))
      throw unsupported('cast_super_null_on_error off');
    if (name.startsWith('json_parse_') && !/^(off|false)$/i.test(value)) throw unsupported(name);
    if (name === 'json_serialization_enable' && !/^(off|false)$/i.test(value))
      throw unsupported('json_serialization_enable');
    session.settings.set(name, value);
  }
  return engine.done('SET');
}

export function reset(name: string, engine: Engine): StatementResult {
  const { session } = engine;
  if (name === 'all')
    for (const setting of [...session.settings.keys()])
      session.knowsSetting(setting) ? session.resetSetting(setting) : session.settings.delete(setting);
  else if (session.knowsSetting(name)) session.resetSetting(name);
  else if (name.includes('.')) session.settings.delete(name);
  else throw new RedshiftError(`unrecognized configuration parameter "${name}"`);
  return engine.done('RESET');
}

export function show(name: string, engine: Engine): StatementResult {
  const { settings } = engine.session;
  if (name === 'all') {
    const rows = [...settings]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([setting, value]) => [setting, value]);
    return {
      kind: 'SHOW',
      columns: [
        { name: 'name', typeName: 'varchar' },
        { name: 'setting', typeName: 'varchar' },
      ],
      rows,
      rowCount: rows.length,
    };
  }
  const value = settings.get(name);
  if (value === undefined) throw new RedshiftError(`unrecognized configuration parameter "${name}"`);
  return {
    kind: 'SHOW',
    columns: [{ name: name === 'timezone' ? 'TimeZone' : name, typeName: 'varchar' }],
    rows: [[value]],
    rowCount: 1,
  };
}
