// Prices that the cost of a run is made of: US dollars, us-east-1, on demand, without free tiers, as of the date. They come from public
// copies of AWS's price pages, none of which could be read itself: override them with a file of the same shape where yours differ.
// https://aws.amazon.com/SERVICE/pricing of each service.

export interface Prices {
  /** When they were looked up. */
  readonly date: string;
  /** Standard workflows; a retry counts. */
  readonly perTransition: number;
  readonly fargateVcpuHour: number;
  readonly fargateGbHour: number;
  readonly fargateArmVcpuHour: number;
  readonly fargateArmGbHour: number;
  /** Disk of a container over 20 GB. */
  readonly fargateDiskGbHour: number;
  readonly glueDpuHour: number;
  readonly glueFlexDpuHour: number;
  /** After the first million of a month. */
  readonly glueCatalogRequest: number;
  readonly lambdaRequest: number;
  readonly lambdaGbSecond: number;
  readonly lambdaArmGbSecond: number;
  /** 1,048,576 MB. */
  readonly athenaTbScanned: number;
  readonly redshiftRpuHour: number;
  readonly emrServerlessVcpuHour: number;
  readonly emrServerlessGbHour: number;
  /** Disk of a worker over 20 GB. */
  readonly emrServerlessDiskGbHour: number;
  readonly rdsDataRequest: number;
  readonly dynamodbWrite: number;
  readonly dynamodbRead: number;
  readonly s3Put: number;
  readonly s3Get: number;
  readonly snsPublish: number;
  readonly sqsRequest: number;
  readonly eventBridgeEvent: number;
  readonly schedulerInvocation: number;
  /** An alarm on one metric. */
  readonly alarmMonth: number;
  /** The smallest managed Airflow environment, with its scheduler, web server and first worker; it runs whether it is used or not. */
  readonly mwaaSmallHour: number;
}

export const PRICES: Prices = {
  date: '2026-11-21',
  perTransition: 0.025 / 1000,
  fargateVcpuHour: 0.04048,
  fargateGbHour: 0.004445,
  fargateArmVcpuHour: 0.03238,
  fargateArmGbHour: 0.00356,
  fargateDiskGbHour: 0.000111,
  glueDpuHour: 0.44,
  glueFlexDpuHour: 0.29,
  glueCatalogRequest: 1 / 1_000_000,
  lambdaRequest: 0.2 / 1_000_000,
  lambdaGbSecond: 0.0000166667,
  lambdaArmGbSecond: 0.0000133334,
  athenaTbScanned: 5,
  redshiftRpuHour: 0.375,
  emrServerlessVcpuHour: 0.052624,
  emrServerlessGbHour: 0.0057785,
  emrServerlessDiskGbHour: 0.000111,
  rdsDataRequest: 0.35 / 1_000_000,
  dynamodbWrite: 0.625 / 1_000_000,
  dynamodbRead: 0.125 / 1_000_000,
  s3Put: 0.005 / 1000,
  s3Get: 0.0004 / 1000,
  snsPublish: 0.5 / 1_000_000,
  sqsRequest: 0.4 / 1_000_000,
  eventBridgeEvent: 1 / 1_000_000,
  schedulerInvocation: 1 / 1_000_000,
  alarmMonth: 0.1,
  mwaaSmallHour: 0.49,
};

/** Hours of a month of 365 / 12 days. */
export const MONTH_HOURS = 730;

/** @throws Error naming what is wrong */
export function pricesWith(text: string, file: string): Prices {
  const given = parsed(text, file);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(PRICES, name))
      throw new Error(`${file}: ${name} is no price: expected ${Object.keys(PRICES).join(', ')}`);
    const right = name === 'date' ? typeof value === 'string' : isPrice(value);
    if (!right)
      throw new Error(
        `${file}: ${name} is ${JSON.stringify(value)}: expected ${name === 'date' ? 'a date' : 'a number of dollars'}`,
      );
  }
  return { ...PRICES, ...given };
}

function parsed(text: string, file: string): { readonly [name: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON (${(error as Error).message}): expected {"glueDpuHour": 0.44}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(
      `${file} is ${JSON.stringify(value)?.slice(0, 60)}: expected prices by name, {"glueDpuHour": 0.44}`,
    );
  return value as { readonly [name: string]: unknown };
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
