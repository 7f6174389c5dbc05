// RFC 3339 timestamps as the language means them: a capital T, seconds, and Z or an offset. Answers milliseconds since
// the epoch, or undefined for anything else (including the 31st of June).

const FORMAT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

export function parseTimestamp(text: string): number | undefined {
  const match = FORMAT.exec(text);
  if (!match) {
    return undefined;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offset = match[8] ? (match[8] === '-' ? -1 : 1) * (Number(match[9]) * 60 + Number(match[10])) : 0;
  const daysInMonth = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
  if (day < 1 || day > daysInMonth || hour > 23 || minute > 59 || second > 59 || Math.abs(offset) > 18 * 60) {
    return undefined;
  }
  const fraction = match[7] ? Number(`0.${match[7]}`) * 1_000 : 0;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fraction - offset * 60_000;
}
