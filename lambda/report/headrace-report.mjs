// Reports of a container to the task that waits for it. Copy this file into the image; it needs @aws-sdk/client-sfn and
// @aws-sdk/client-s3.
//
//   import { beating, succeed } from './headrace-report.mjs';
//   const rows = await beating(() => work()); // a sign of life every 30 seconds
//   await succeed({ rows });                  // the task's outputs
//
// `alive('file 3 of 10')` beats by hand; `fail(error, cause)` and `skip(cause)` end the program. Outside of a task every call
// does nothing but print.

import { DeleteObjectCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';

/** A container may start before its token has been laid down for it. */
const PATIENCE_MILLISECONDS = 60_000;
const GONE = /^(TaskTimedOut|TaskDoesNotExist|InvalidToken)/;

let known;
let s3;
let sfn;

/** Tells that the work goes on; a text goes to the log. */
export async function alive(text) {
  if (text !== undefined) console.log(text);
  await answer(SendTaskHeartbeatCommand, {});
}

/** Ends the report with the task's outputs, an object of small values. The program then has to end with exit code 0. */
export async function succeed(values = {}) {
  if (await answer(SendTaskSuccessCommand, { output: JSON.stringify(values) })) {
    await s3.send(new DeleteObjectCommand(place()));
  }
}

/** Fails the task with an error name and a sentence of the program's own, and ends the program. */
export async function fail(error, cause = '') {
  await answer(SendTaskFailureCommand, { error: error.slice(0, 256), cause: cause.slice(0, 32_768) });
  process.exit(1);
}

/** Asks that the task counts as skipped, and ends the program. */
export function skip(cause = '') {
  return fail('Headrace.Skip', cause);
}

/** Beats at least every `seconds` while the work goes on, and gives what the work gives. */
export async function beating(work, seconds = 30) {
  await alive();
  const timer = setInterval(() => {
    alive().catch((error) => console.error(`no sign of life could be sent: ${error.message}`));
  }, seconds * 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function answer(Command, fields) {
  if (process.env.HEADRACE_TOKEN === undefined) {
    console.log(`headrace-report: ${Command.name} ${JSON.stringify(fields)} (no task waits)`);
    return false;
  }
  sfn ??= new SFNClient({});
  const taskToken = await token();
  try {
    await sfn.send(new Command({ taskToken, ...fields }));
  } catch (error) {
    if (!GONE.test(error.name)) throw error;
    // The token of an attempt before may have been read: the one of this attempt lies there now.
    known = undefined;
    const fresh = await token(0).catch(() => undefined);
    if (fresh === undefined || fresh === taskToken) {
      throw new Error('the task waits no more: it was stopped, or its time is over', { cause: error });
    }
    await sfn.send(new Command({ taskToken: fresh, ...fields }));
  }
  return true;
}

async function token(patience = PATIENCE_MILLISECONDS) {
  s3 ??= new S3Client({});
  const end = Date.now() + patience;
  while (known === undefined) {
    try {
      const found = await s3.send(new GetObjectCommand(place()));
      known = (await found.Body.transformToString()).trim().replace(/^"|"$/g, '');
    } catch (error) {
      if (error.name !== 'NoSuchKey') throw error;
      if (Date.now() >= end) throw new Error(`there is no token at ${process.env.HEADRACE_TOKEN}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  return known;
}

function place() {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(process.env.HEADRACE_TOKEN) ?? [];
  return { Bucket, Key };
}
