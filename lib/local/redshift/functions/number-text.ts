/** Numbers written as text: exact decimals on scaled integers, and the checks Redshift makes when a text becomes a number. */
import { RedshiftError } from '../redshift-error';

export interface Scaled {
  readonly value: bigint;
  readonly scale: number;
}

export function readScaled(text: string): Scaled | undefined {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/.exec(text);
  if (!match || `${match[2]}${match[3] ?? ''}` === '') return undefined;
  const fraction = match[3] ?? '';
  let value = BigInt(`${match[2]}${fraction}`);
  let scale = fraction.length - Number(match[4] ?? 0);
  if (scale < 0) {
    value *= 10n ** BigInt(-scale);
    scale = 0;
  }
  return { value: match[1] === '-' ? -value : value, scale };
}

/** The value at another scale, rounded half away from zero (or cut off). */
export function rescale({ value, scale }: Scaled, to: number, cut = false): bigint {
  if (to >= scale) return value * 10n ** BigInt(to - scale);
  const divisor = 10n ** BigInt(scale - to);
  const quotient = value / divisor;
  if (cut) return quotient;
  const rest = value % divisor;
  const up = (rest < 0n ? -rest : rest) * 2n >= divisor;
  return up ? quotient + (value < 0n ? -1n : 1n) : quotient;
}

export function scaledText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Text to DECIMAL(precision, scale), as digits. */
export function decimalFromText(text: string, precision: number, scale: number, cut = false): string {
  const read = readScaled(text);
  if (!read) throw new RedshiftError(`invalid input syntax for type numeric: "${text}"`);
  const value = rescale(read, scale, cut);
  if ((value < 0n ? -value : value) >= 10n ** BigInt(precision))
    throw new RedshiftError('Numeric data overflow (result precision)');
  return scaledText(value, scale);
}

const RANGES = { smallint: 32767n, integer: 2147483647n, bigint: 9223372036854775807n } as const;

export function integerFromText(text: string, type: keyof typeof RANGES): bigint {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw new RedshiftError(`invalid input syntax for integer: "${text}"`);
  const value = BigInt(text.trim().replace(/^\+/, ''));
  const top = RANGES[type];
  if (value > top || value < -top - 1n)
    throw new RedshiftError(`value "${text.trim()}" is out of range for type ${type}`);
  return value;
}

export function floatFromText(text: string): number {
  const trimmed = text.trim();
  const special: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    inf: Number.POSITIVE_INFINITY,
    '-infinity': Number.NEGATIVE_INFINITY,
    '-inf': Number.NEGATIVE_INFINITY,
  };
  const lower = trimmed.toLowerCase();
  if (Object.hasOwn(special, lower)) return special[lower] as number;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) {
    throw new RedshiftError(`invalid input syntax for type double precision: "${text}"`);
  }
  return Number(trimmed);
}

export function booleanFromText(text: string): boolean {
  const lower = text.trim().toLowerCase();
  if (['t', 'true', 'y', 'yes', '1'].includes(lower)) return true;
  if (['f', 'false', 'n', 'no', '0'].includes(lower)) return false;
  throw new RedshiftError(`invalid input syntax for type boolean: "${text}"`);
}

/** A float as text, with 15 (or for REAL 6) significant digits, as Redshift prints it. */
export function floatText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const rounded = Number(value.toPrecision(digits));
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = rounded.toExponential().split('e') as [string, string];
    const size = Math.abs(Number(power)).toString().padStart(2, '0');
    return `${mantissa}e${power.startsWith('-') ? '-' : '+'}${size}`;
  }
  return plain(rounded);
}

function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text;
}

/** a / b at a scale, cut off as Redshift's integer arithmetic on scaled values does. */
export function divideDecimals(left: string, right: string, scale: number): string {
  const a = readScaled(left) as Scaled;
  const b = readScaled(right) as Scaled;
  if (b.value === 0n) throw new RedshiftError('division by zero');
  const power = scale + b.scale - a.scale;
  const numerator = power >= 0 ? a.value * 10n ** BigInt(power) : a.value;
  const denominator = power >= 0 ? b.value : b.value * 10n ** BigInt(-power);
  return scaledText(numerator / denominator, scale);
}

export function moduloDecimals(left: string, right: string, scale: number): string {
  const b = rescale(readScaled(right) as Scaled, scale);
  if (b === 0n) throw new RedshiftError('division by zero');
  return scaledText(rescale(readScaled(left) as Scaled, scale) % b, scale);
}
