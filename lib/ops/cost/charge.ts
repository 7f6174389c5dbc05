// What something costs, and how that is reckoned. In: amounts in the units that AWS bills, with their prices. Out: lines of a bill. Always: a
// line's dollars are the sum of its terms, finite and not negative; charges of one kind and size become one line.

/** An amount of what is billed. */
export interface Term {
  readonly amount: number;
  /** `vCPU-h`, `requests`... */
  readonly unit: string;
  /** Dollars a unit. */
  readonly price: number;
}

/** Which way the truth may differ from the line. */
export type Bound = 'at least' | 'at most';

export interface Charge {
  /** `Load (Glue)` */
  readonly what: string;
  readonly terms: readonly Term[];
  /** Where the amounts come from: `10 DPU`. */
  readonly size?: string;
  /** Billed time. */
  readonly seconds?: number;
  /** How often; what is told by a sample counts more than once. @default 1 */
  readonly times?: number;
  readonly bound?: Bound;
  /** Why it is not the exact sum. */
  readonly because?: string;
}

export interface CostLine {
  readonly what: string;
  readonly arithmetic: string;
  /** US dollars. */
  readonly dollars: number;
  /** Absent where the line is what AWS bills. */
  readonly bound?: Bound;
  readonly because?: string;
}

/** One line for each kind of charge, in the order in which they first came. */
export function linesOf(charges: readonly Charge[]): CostLine[] {
  const merged = new Map<string, Charge>();
  for (const charge of charges) {
    const key = JSON.stringify([
      charge.what,
      charge.size,
      charge.bound,
      charge.because,
      charge.terms.map(({ unit, price }) => [unit, price]),
    ]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? charge : together(before, charge));
  }
  return [...merged.values()].map(lineOf);
}

/** A charge as often as what it was taken from stands for. */
export function timesOf(charge: Charge, times: number): Charge {
  return {
    ...charge,
    terms: charge.terms.map((term) => ({ ...term, amount: term.amount * times })),
    times: (charge.times ?? 1) * times,
    ...(charge.seconds !== undefined && { seconds: charge.seconds * times }),
  };
}

function together(a: Charge, b: Charge): Charge {
  return {
    ...a,
    terms: a.terms.map((term, i) => ({ ...term, amount: term.amount + b.terms[i]!.amount })),
    times: (a.times ?? 1) + (b.times ?? 1),
    ...(a.seconds !== undefined && { seconds: a.seconds + (b.seconds ?? 0) }),
  };
}

function lineOf({ what, terms, size, seconds, times = 1, bound, because }: Charge): CostLine {
  const sum = terms.map(({ amount, unit, price }) => `${counted(amount, unit)} x $${number(price)}`).join(' + ');
  const time = seconds === undefined ? [] : [counted(seconds, 's')];
  const often = times === 1 || (seconds === undefined && size === undefined) ? [] : [counted(times, 'times')];
  const from = [...often, ...time, ...(size === undefined ? [] : [size])].join(', ');
  return {
    what,
    arithmetic: [sum === '' ? '$0' : sum, ...(from === '' ? [] : [from])].join('; '),
    dollars: terms.reduce((dollars, term) => dollars + term.amount * term.price, 0),
    ...(bound !== undefined && { bound }),
    ...(because !== undefined && { because }),
  };
}

/** `1 request`, `12,345 transitions`, `0.008333 vCPU-h`. */
export function counted(amount: number, unit: string): string {
  if (amount === 1) return `1 ${unit.replace(/(?<=[a-z])s$/, '')}`;
  const shown = amount < 1000 ? number(Number(amount.toPrecision(4))) : Math.round(amount).toLocaleString('en-US');
  return `${shown} ${unit}`;
}

/** Without exponents, with the digits that tell. */
export function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return '0';
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(20, Number.isInteger(value) ? 0 : digits + 2));
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
