// Asks people for an approval. In: what is asked, with the token of the waiting task. Out: a message on the topic. Always: the
// message names the run and the command that answers; a link is in it where there is a page, which on a person's computer there is not.

import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type Question, sign } from '../approval-page/link';

export interface Asked extends Question {
  readonly topicArn: string;
  readonly details?: { readonly [name: string]: unknown };
}

const sns = new SNSClient({});
const LONGEST_DETAIL = 2_000;

export async function handler({ topicArn, details = {}, ...question }: Asked): Promise<void> {
  const url = process.env['HEADRACE_PAGE'];
  const here = /^http:\/\/(127\.|localhost|\[::1\])/.test(process.env['AWS_ENDPOINT_URL'] ?? '');
  const { pipeline, run, task, expires } = question;
  const link =
    url === undefined || here ? [] : ['Answer    ' + `${url}?q=${await sign(question, process.env['HEADRACE_KEY']!)}`];
  const words = [pipeline, run, task].map(shellWord).join(' ');
  const Message = [
    question.question,
    '',
    `Pipeline  ${pipeline}`,
    `Run       ${run}`,
    `Task      ${task}`,
    `Until     ${expires}`,
    ...Object.entries(details).map(([name, value]) => `${name}: ${shown(value)}`),
    '',
    ...link,
    `Command   npx headrace approve ${words} --yes --reason "..."   (or --no)`,
  ].join('\n');
  const Subject = `${pipeline} waits for an answer: ${task}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject, Message }));
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL)} ...`;
}

function shellWord(word: string): string {
  return /^[\w.:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
