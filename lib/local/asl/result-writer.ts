// ResultWriter of a distributed Map: writes the children's results and a manifest to the object store, and answers what
// the state's output becomes. Without a bucket only the transformation applies.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html

import { randomUUID } from 'node:crypto';
import type { Json } from '../engine';
import { inputAfterPath } from './data-flow';
import { StateFailure } from './failure';
import type { Payload } from './history';
import { isObject, type JsonObject } from './json-value';
import { FieldSet } from './machine';
import type { ChildResult } from './run';
import type { Visit } from './visit';

export interface WrittenChild {
  readonly input: Payload;
  readonly result: ChildResult;
}

/** The Map's result: the outputs themselves, or where they were written. */
export async function writeResults(visit: Visit, mapRunArn: string, children: readonly WrittenChild[]): Promise<Json> {
  const spec = visit.state.fields['ResultWriter'];
  if (!isObject(spec)) {
    return outputs(children);
  }
  const fields = new FieldSet(spec, visit.state.jsonata, 'ResultWriter/');
  const config = isObject(spec['WriterConfig']) ? spec['WriterConfig'] : {};
  const transformation = config['Transformation'] ?? (fields.has('Resource') ? 'NONE' : 'COMPACT');
  const args = await writerArguments(visit, fields);
  if (!fields.has('Resource') && args['Bucket'] === undefined) {
    return transform(visit, children, transformation);
  }
  const { host } = visit.flow.run;
  const write = host.objects.write?.bind(host.objects);
  if (!write) {
    throw new StateFailure('States.ResultWriterFailed', 'No object store was given to write results to.');
  }
  const bucket = String(args['Bucket']);
  const prefix = String(args['Prefix'] ?? '').replace(/\/$/, '');
  const folder = `${prefix === '' ? '' : `${prefix}/`}${randomUUID()}`;
  const lines = config['OutputType'] === 'JSONL';
  const files: { [status: string]: Json[] } = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  try {
    for (const status of ['SUCCEEDED', 'FAILED', 'PENDING']) {
      const chosen = children.filter((child) => statusOf(child.result.status) === status);
      if (chosen.length > 0) {
        const rows = transform(visit, chosen, status === 'SUCCEEDED' ? transformation : 'NONE');
        const body = lines ? rows.map((row) => JSON.stringify(row)).join('\n') : JSON.stringify(rows);
        const key = `${folder}/${status}_0.${lines ? 'jsonl' : 'json'}`;
        await host.hold(write(bucket, key, body));
        files[status]!.push({ Key: key, Size: Buffer.byteLength(body) });
      }
    }
    const manifest = { DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: files };
    await host.hold(write(bucket, `${folder}/manifest.json`, JSON.stringify(manifest)));
  } catch (error) {
    throw new StateFailure('States.ResultWriterFailed', (error as Error).message);
  }
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: bucket, Key: `${folder}/manifest.json` } };
}

async function writerArguments(visit: Visit, fields: FieldSet): Promise<JsonObject> {
  const field = fields.jsonata ? 'Arguments' : 'Parameters';
  if (!fields.has(field)) {
    return {};
  }
  const value = fields.jsonata
    ? await fields.query(field).evaluate(visit.queries())
    : fields.template(field)(visit.paths(inputAfterPath(visit)));
  return isObject(value) ? value : {};
}

function outputs(children: readonly WrittenChild[]): Json[] {
  return children.flatMap(({ result }) => (result.output ? [result.output.value] : []));
}

function transform(visit: Visit, children: readonly WrittenChild[], transformation: Json): Json[] {
  switch (transformation) {
    case 'FLATTEN':
      return outputs(children).flat(1) as Json[];
    case 'COMPACT':
      return outputs(children);
    default:
      return children.map((child) => describe(visit, child));
  }
}

function statusOf(status: string): string {
  return status === 'SUCCEEDED' ? 'SUCCEEDED' : status === 'ABORTED' || status === 'PENDING' ? 'PENDING' : 'FAILED';
}

function describe(visit: Visit, { input, result }: WrittenChild): Json {
  return {
    ExecutionArn: result.arn,
    Input: input.text,
    InputDetails: { Included: true },
    Name: result.name,
    ...(result.output && { Output: result.output.text, OutputDetails: { Included: true } }),
    ...(result.error !== undefined && { Error: result.error }),
    ...(result.cause !== undefined && { Cause: result.cause }),
    RedriveCount: 0,
    RedriveStatus: 'NOT_REDRIVABLE',
    StartDate: new Date(result.startDate).toISOString(),
    StateMachineArn: visit.flow.run.machineArn,
    Status: result.status,
    StopDate: new Date(result.stopDate).toISOString(),
  };
}
