// Ingests one week of flights as CSV, a file a day, and the airports: from the source (a public data set in a package) to S3.
//   extract --date 2001-01-08 --output s3://bucket/prefix/
// Uploads are whole objects, so a reader never sees half a file. Exit code 0 ok, 1 worth a retry, 2 wrong call or wrong data.
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';

class Permanent extends Error {}

const require = createRequire(import.meta.url);
const source = (file) => join(dirname(require.resolve('vega-datasets')), '..', 'data', file);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

function readWords(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { date: { type: 'string' }, output: { type: 'string' } },
  });
  if (positionals[0] !== 'extract')
    throw new Permanent(`unknown command ${positionals[0] ?? '(none)'}: expected extract`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(values.date ?? '')) throw new Permanent(`--date ${values.date}: expected YYYY-MM-DD`);
  const target = /^s3:\/\/([^/]+)\/(.*)$/.exec(values.output ?? '');
  if (!target) throw new Permanent(`--output ${values.output}: expected s3://bucket/prefix/`);
  return { date: values.date, bucket: target[1], prefix: target[2] };
}

async function upload(s3, bucket, key, file) {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: createReadStream(file),
      ContentLength: statSync(file).size,
      ContentType: 'text/csv',
    }),
  );
}

// The SDK's own news about Node versions is nothing for the log of a job.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

async function main() {
  const { date, bucket, prefix } = readWords(process.argv.slice(2));
  const s3 = new S3Client({ forcePathStyle: true });
  const folder = mkdtempSync(join(tmpdir(), 'flights-'));
  try {
    const db = await (await DuckDBInstance.create(':memory:')).connect();
    const flights = `read_parquet(${quoted(source('flights-3m.parquet'))})`;
    const days = await db.runAndReadAll(
      `SELECT strftime(date, '%Y-%m-%d') AS day, count(*)::INTEGER AS flights FROM ${flights}
       WHERE date >= DATE ${quoted(date)} - INTERVAL 7 DAY AND date < DATE ${quoted(date)} GROUP BY day ORDER BY day`,
    );
    const rows = days.getRowObjectsJS();
    if (rows.length === 0)
      throw new Permanent(`no flights in the seven days before ${date}: the source has 2001-01-01 to 2001-06-30`);
    for (const { day, flights: count } of rows) {
      const file = join(folder, `${day}.csv`);
      await db.run(
        `COPY (SELECT strftime(date, '%Y-%m-%d %H:%M:%S') AS flown_at, origin, destination, distance, delay FROM ${flights}
         WHERE date >= DATE ${quoted(day)} AND date < DATE ${quoted(day)} + INTERVAL 1 DAY ORDER BY date, origin, destination, distance, delay)
         TO ${quoted(file)} (HEADER, DELIMITER ',')`,
      );
      await upload(s3, bucket, `${prefix}flights/week=${date}/${day}.csv`, file);
      console.log(`${day}  ${count} flights`);
    }
    // Glue's own CSV classifier keeps quotes as part of a value; some names hold commas, none holds a bar.
    const airports = join(folder, 'airports.csv');
    await db.run(
      `COPY (FROM read_csv(${quoted(source('airports.csv'))}, all_varchar = true)) TO ${quoted(airports)} (HEADER, DELIMITER '|', QUOTE '')`,
    );
    await upload(s3, bucket, `${prefix}airports/airports.csv`, airports);
    console.log(`airports  ${readFileSync(airports, 'utf8').trimEnd().split('\n').length - 1} rows`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(`extract: ${error.message}`);
  process.exitCode = error instanceof Permanent ? 2 : 1;
});
