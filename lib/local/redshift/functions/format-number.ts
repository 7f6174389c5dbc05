/** TO_CHAR and TO_NUMBER on numbers by format string: digits, group and decimal marks, signs, currency, Roman numerals. */
import { RedshiftError, unsupported } from '../redshift-error';
import { readScaled, rescale, type Scaled, scaledText } from './number-text';

interface NumberFormat {
  readonly elements: string[];
  readonly whole: number;
  readonly fraction: number;
  readonly fill: boolean;
}

function readNumberFormat(format: string): NumberFormat {
  const elements: string[] = [];
  let rest = format;
  let fill = true;
  let whole = 0;
  let fraction = 0;
  let decimals = false;
  while (rest !== '') {
    const match = /^(FM|PR|MI|PL|SG|TH|EEEE|RN|9|0|\.|,|D|G|S|L|C|B|V|\$| |-|\+|"[^"]*"|[:/])/i.exec(rest);
    if (!match) throw unsupported(`the number format element at "${rest}"`);
    const element = match[0].startsWith('"') ? match[0] : match[0].toUpperCase();
    rest = rest.slice(match[0].length);
    if (element === 'FM') fill = false;
    else {
      if (['EEEE', 'V', 'TH', 'RN', 'PL', 'SG', 'B', 'C'].includes(element))
        throw unsupported(`the number format element ${element}`);
      if (element === '9' || element === '0') decimals ? fraction++ : whole++;
      if (element === '.' || element === 'D') decimals = true;
      elements.push(element);
    }
  }
  return { elements, whole, fraction, fill };
}

export function formatNumber(text: string, format: string): string {
  const roman = /^(FM)?(RN)$/i.exec(format);
  const read = readScaled(text);
  if (!read) throw new RedshiftError(`invalid input syntax for type numeric: "${text}"`);
  if (roman) return formatRoman(read, roman[2] === 'rn', roman[1] === undefined);
  const { elements, whole, fraction, fill } = readNumberFormat(format);
  const value = rescale(read, fraction);
  const negative = value < 0n;
  const digits = scaledText(negative ? -value : value, fraction);
  let [left = '', right = ''] = digits.split('.');
  if (left === '0' && fraction > 0) left = '';
  if (left.length > whole) {
    left = '#'.repeat(whole);
    right = '#'.repeat(fraction);
  }
  return layOut(elements, left.padStart(whole, ' '), right, { negative, fill });
}

function layOut(
  elements: string[],
  left: string,
  right: string,
  { negative, fill }: { negative: boolean; fill: boolean },
): string {
  const signed = elements.some((element) => ['S', 'MI', 'PR'].includes(element));
  const firstDigit = left.search(/\S/);
  let zeros = false;
  let started = false;
  let digit = 0;
  let decimal = 0;
  let signDone = signed || !negative;
  let afterPoint = false;
  let out = '';
  const leading = () => (fill ? ' ' : '');
  const sign = () => {
    if (signDone) return '';
    signDone = true;
    return '-';
  };
  for (const element of elements) {
    switch (element) {
      case '9':
      case '0':
        if (afterPoint) {
          out += right[decimal++] ?? '';
          break;
        }
        if (element === '0') zeros = true;
        if (firstDigit >= 0 && digit >= firstDigit) {
          out += sign() + left[digit];
          started = true;
        } else if (zeros) {
          out += `${sign()}0`;
          started = true;
        } else out += leading();
        digit++;
        break;
      case '.':
      case 'D':
        afterPoint = true;
        out += `${sign()}.`;
        break;
      case ',':
      case 'G':
        out += started ? ',' : leading();
        break;
      case 'S':
        out += '\u0001';
        break;
      case 'MI':
        out += negative ? '-' : leading();
        break;
      case 'PR':
        break;
      case 'L':
      case '$':
        out += '$';
        break;
      default:
        out += element.startsWith('"') ? element.slice(1, -1) : element;
    }
  }
  return finishSigns(out, elements, negative, fill, signed);
}

function finishSigns(out: string, elements: string[], negative: boolean, fill: boolean, signed: boolean): string {
  if (elements.includes('PR')) {
    const at = out.search(/[0-9.#]/);
    if (!negative) return fill ? ` ${out} ` : out;
    return `${out.slice(0, at)}<${out.slice(at)}>`;
  }
  if (elements.includes('S')) {
    const mark = negative ? '-' : '+';
    const place = out.indexOf('\u0001');
    const rest = out.slice(place + 1);
    const blanks = /^ */.exec(rest)?.[0].length ?? 0;
    return out.slice(0, place) + rest.slice(0, blanks) + mark + rest.slice(blanks);
  }
  return signed || negative || !fill ? out : ` ${out}`;
}

function formatRoman(read: Scaled, lower: boolean, fill: boolean): string {
  let number = Number(rescale(read, 0));
  if (number < 1 || number > 3999) return '#'.repeat(15);
  const letters: [number, string][] = [
    [1000, 'M'],
    [900, 'CM'],
    [500, 'D'],
    [400, 'CD'],
    [100, 'C'],
    [90, 'XC'],
    [50, 'L'],
    [40, 'XL'],
    [10, 'X'],
    [9, 'IX'],
    [5, 'V'],
    [4, 'IV'],
    [1, 'I'],
  ];
  let roman = '';
  for (const [value, letter] of letters) {
    for (; number >= value; number -= value) roman += letter;
  }
  const cased = lower ? roman.toLowerCase() : roman;
  return fill ? cased.padStart(15) : cased;
}

/** TO_NUMBER: the digits a format lets through, with the sign wherever it stands. */
export function numberByFormat(text: string, format: string): { text: string; precision: number; scale: number } {
  const { whole, fraction } = numberFormatSize(format);
  const negative = /-|<.*>/.test(text);
  const bare = text.replace(/[$\s,+<>-]/g, '');
  if (!/^\d*(\.\d*)?$/.test(bare) || !/\d/.test(bare))
    throw new RedshiftError(`invalid input syntax for type numeric: "${text}"`);
  const [left = '', right = ''] = bare.split('.');
  const kept = `${negative ? '-' : ''}${left.slice(0, whole) || '0'}.${right.slice(0, fraction) || '0'}`;
  return { text: kept, precision: Math.max(whole + fraction, 1), scale: fraction };
}

export function numberFormatSize(format: string): { whole: number; fraction: number } {
  const { whole, fraction } = readNumberFormat(format);
  return { whole, fraction };
}
