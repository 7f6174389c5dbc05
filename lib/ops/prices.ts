// Prices that the cost of a run is made of: US dollars, us-east-1, on demand, as of the date. Most come from public copies of AWS's price
// pages: override them with a file of the same shape where yours differ. https://aws.amazon.com/step-functions/pricing and kin.

export interface Prices {
  /** When they were looked up. */
  readonly date: string;
  readonly perTransition: number;
  readonly fargateVcpuHour: number;
  readonly fargateGbHour: number;
  readonly glueDpuHour: number;
  readonly lambdaRequest: number;
  readonly lambdaGbSecond: number;
  /** The smallest managed Airflow environment, which runs whether it is used or not. */
  readonly mwaaSmallHour: number;
}

export const PRICES: Prices = {
  date: '2026-11-01',
  perTransition: 0.025 / 1000,
  fargateVcpuHour: 0.04048,
  fargateGbHour: 0.004445,
  glueDpuHour: 0.44,
  lambdaRequest: 0.2 / 1_000_000,
  lambdaGbSecond: 0.0000166667,
  mwaaSmallHour: 0.49,
};

/** Hours of a month of 365 / 12 days. */
export const MONTH_HOURS = 730;

/** @throws Error naming what is wrong */
export function pricesWith(text: string, file: string): Prices {
  const given = JSON.parse(text) as { readonly [name: string]: unknown };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(PRICES, name))
      throw new Error(`${file}: ${name} is no price: expected ${Object.keys(PRICES).join(', ')}`);
    const right = name === 'date' ? typeof value === 'string' : typeof value === 'number' && value >= 0;
    if (!right)
      throw new Error(
        `${file}: ${name} is ${JSON.stringify(value)}: expected ${name === 'date' ? 'a date' : 'a number of dollars'}`,
      );
  }
  return { ...PRICES, ...given };
}
