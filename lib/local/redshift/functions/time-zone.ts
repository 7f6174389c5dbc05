/**
 * Time zones as Redshift names them: IANA names, abbreviations, and POSIX-style offsets whose sign runs the other way.
 * Answers are seconds east of UTC at an instant; an unknown zone is an error, never a guess.
 */
import { RedshiftError } from '../redshift-error';

const ABBREVIATIONS: Readonly<Record<string, number>> = {
  utc: 0,
  gmt: 0,
  z: 0,
  zulu: 0,
  uct: 0,
  wet: 0,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  akst: -9,
  akdt: -8,
  hst: -10,
  ast: -4,
  adt: -3,
  nst: -3.5,
  ndt: -2.5,
  bst: 1,
  cet: 1,
  cest: 2,
  met: 1,
  mest: 2,
  west: 1,
  eet: 2,
  eest: 3,
  msk: 3,
  sast: 2,
  jst: 9,
  kst: 9,
  aest: 10,
  aedt: 11,
  acst: 9.5,
  acdt: 10.5,
  awst: 8,
  nzst: 12,
  nzdt: 13,
  hkt: 8,
};
const formats = new Map<string, Intl.DateTimeFormat | undefined>();

/** Seconds east of UTC of a named zone at an instant (microseconds since 1970). */
export function zoneOffset(zone: string, instant: bigint): number {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed;
  const format = zoneFormat(zone.trim());
  if (!format) throw new RedshiftError(`time zone "${zone}" not recognized`);
  const milliseconds = Number(instant / 1000n) - (instant % 1000n < 0n ? 1 : 0);
  const parts: Record<string, number> = {};
  for (const part of format.formatToParts(new Date(milliseconds)))
    if (part.type !== 'literal') parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Math.round(Date.UTC(year, month - 1, day, hour % 24, minute, second) / 1000 - Math.floor(milliseconds / 1000));
}

/** The instant at which a zone's clock shows the given local time (both microseconds). */
export function localToInstant(local: bigint, zone: string): bigint {
  const first = local - BigInt(zoneOffset(zone, local)) * 1_000_000n;
  return local - BigInt(zoneOffset(zone, first)) * 1_000_000n;
}

export function instantToLocal(instant: bigint, zone: string): bigint {
  return instant + BigInt(zoneOffset(zone, instant)) * 1_000_000n;
}

export function isZoneName(zone: string): boolean {
  return fixedOffset(zone) !== undefined || zoneFormat(zone.trim()) !== undefined;
}

/** Offsets that do not depend on the date: abbreviations, `+02:30` (east), and `NAME+2` (west, as POSIX has it). */
export function fixedOffset(zone: string): number | undefined {
  const text = zone.trim();
  const lower = text.toLowerCase();
  if (Object.hasOwn(ABBREVIATIONS, lower)) return (ABBREVIATIONS[lower] as number) * 3600;
  const iso = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (iso) return offsetSeconds(iso);
  const posix = /^[A-Za-z][A-Za-z_/]*\s*([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (posix && !/^Etc\//i.test(text)) return -offsetSeconds(posix);
  return undefined;
}

function offsetSeconds(match: RegExpExecArray): number {
  const seconds = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -seconds : seconds;
}

function zoneFormat(zone: string): Intl.DateTimeFormat | undefined {
  const key = zone.toLowerCase();
  if (!formats.has(key)) {
    let format: Intl.DateTimeFormat | undefined;
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      format = undefined;
    }
    formats.set(key, format);
  }
  return formats.get(key);
}
