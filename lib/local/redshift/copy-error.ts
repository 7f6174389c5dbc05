/** The numbers that Redshift gives to what can be wrong with a record (r_Load_Error_Reference.html). */
const BY_REASON: readonly [RegExp, number][] = [
  [/^Delimiter not found/, 1214],
  [/^Extra column/, 1202],
  [/^String length exceeds/, 1204],
  [/^Overflow/, 1216],
  [/^Multibyte character/, 1215],
  [/^Missing data for not-null/, 1213],
  [/UTF8 codepoints/, 1220],
  [/^Invalid Date Format/, 1205],
  [/^Invalid timestamp/, 1206],
];
const BY_TYPE: Readonly<Record<string, number>> = { real: 1208, double: 1208, decimal: 1209, boolean: 1210 };

export function errorCode(reason: string, type: string): number {
  const known = BY_REASON.find(([pattern]) => pattern.test(reason));
  if (known) return known[1];
  return /^Invalid digit/.test(reason) ? (BY_TYPE[type] ?? 1207) : (BY_TYPE[type] ?? 1200);
}
