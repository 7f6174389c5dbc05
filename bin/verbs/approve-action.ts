// `headrace approve`: answers a task that waits for a person. Out: the exit code. JSON: the answer, with pipeline, run and task.

import { userInfo } from 'node:os';
import { join } from 'node:path';
import { LIVE_FILE } from '../../lib/local/local-run';
import { readJsonFile } from '../../lib/local/store';
import { startedWork } from '../../lib/ops/aws/started-work';
import { findName } from '../../lib/compile/find-name';
import { OperatorError } from '../../lib/compile/operator-error';
import type { SiteRun } from '../../lib/ops/site';
import { escapeText } from '../../lib/view/escape-text';
import { print, printJson } from './columns';
import { openSite } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export interface ApproveOptions extends SiteOptions {
  readonly yes?: boolean;
  readonly no?: boolean;
  readonly reason: string;
  readonly by?: string;
}

interface Question {
  readonly token: string;
  readonly question: string;
  readonly expires?: string;
}

export async function approveVerb(
  word: string,
  run: string,
  taskWord: string | undefined,
  options: ApproveOptions,
): Promise<number> {
  const site = await openSite(options);
  const found = await site.read(await site.pipeline(word), run);
  const questions = openQuestions(found);
  const names = [...questions.keys()];
  if (names.length === 0) throw new OperatorError(`no task of run ${found.head.run} waits for an answer`);
  if (taskWord === undefined && names.length > 1) {
    throw new OperatorError(`several tasks wait for an answer, say which: ${names.join(', ')}`);
  }
  const where = `the tasks of run ${found.head.run} that wait for an answer`;
  const task = taskWord === undefined ? names[0]! : findName({ what: 'task', word: taskWord, names, where });
  const question = questions.get(task)!;
  if (options.yes === options.no) {
    const until = question.expires === undefined ? '' : ` (until ${question.expires})`;
    throw new OperatorError(`${task} asks: ${escapeText(question.question)}${until}; answer with --yes or --no`);
  }
  const { reason, by = userInfo().username } = options;
  const answer = { approved: options.yes === true, by, reason, at: new Date().toISOString(), via: 'command' };
  await send(found, question, answer, options);
  const { pipeline, run: id } = found.head;
  if (options.json) printJson({ pipeline, run: id, task, ...answer });
  else
    print(`${task} of run ${escapeText(id)} was answered with ${answer.approved ? 'yes' : 'no'} by ${escapeText(by)}`);
  return 0;
}

/** Tasks that are waited for with a question and a token, and have not been answered. */
function openQuestions({ run, events }: SiteRun): Map<string, Question> {
  const running = new Set(run.views.filter((view) => view.status === 'running').map((view) => view.id));
  const found = new Map<string, Question>();
  for (const { task, parameters, end } of startedWork(run.manifest, events)) {
    const payload = parameters['Payload'] as Partial<Question> | undefined;
    if (end !== undefined || !running.has(task) || payload?.token === undefined || payload.question === undefined)
      continue;
    found.set(task, payload as Question);
  }
  return found;
}

async function send(found: SiteRun, { token }: Question, answer: object, options: ApproveOptions): Promise<void> {
  const { SendTaskSuccessCommand, SFNClient } = await import('@aws-sdk/client-sfn');
  try {
    const client = isAws(options)
      ? await (await import('./open-site.js')).openAws(options).then((site) => site.client)
      : new SFNClient(hereConfig(found));
    await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(answer) }));
  } catch (error) {
    if (!/TaskTimedOut|TaskDoesNotExist|InvalidToken/.test((error as Error).name)) throw error;
    throw new OperatorError('it is not asked any more: somebody has answered already, or the run has ended');
  }
}

/** The process that runs it answers on loopback while it lasts. */
function hereConfig({ head, run }: SiteRun) {
  const live = readJsonFile<{ gateway: string }>(join(head.place, LIVE_FILE));
  if (live === undefined || head.status !== 'RUNNING')
    throw new OperatorError(`run ${head.run} does not go on any more`);
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const region = run.manifest.region ?? 'us-east-1';
  return { endpoint: live.gateway, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}
