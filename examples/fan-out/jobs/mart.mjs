// Stages a source (`rows`) or joins the files of others (`from`), writes one JSON lines file and returns where it lies.
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client({ forcePathStyle: true });

async function lines(bucket, key) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body.transformToString())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

export async function handler({ bucket, day, name, rows, from, marts }) {
  const file = `day=${day}/${name}.jsonl`;
  let records;
  if (marts) records = marts.map((mart) => ({ day, mart }));
  else if (from) {
    const inputs = await Promise.all(from.map((key) => lines(bucket, key)));
    const least = Math.min(...inputs.map((input) => input.length));
    records = Array.from({ length: least }, (_, key) => ({
      key,
      value: inputs.reduce((sum, input) => sum + input[key].value, 0),
    }));
  } else records = Array.from({ length: rows }, (_, key) => ({ key, value: (key * 7 + name.length) % 100 }));
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: file,
      Body: records.map((record) => JSON.stringify(record)).join('\n') + '\n',
    }),
  );
  return { file, rows: records.length };
}
