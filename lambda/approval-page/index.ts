// The page behind an approval's link. In: a request of the function's own address. Out: a page. Always: opening a link asks and
// decides nothing, as programs that check mail open links too; only the form's answer decides, once: the task token knows no second.

import { SFNClient, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { LinkError, type Question, verified } from './link';
import { type Answer, askPage, tellPage } from './page';

export interface UrlRequest {
  readonly rawQueryString?: string;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: { readonly http: { readonly method: string; readonly sourceIp?: string } };
}

const sfn = new SFNClient({});

export async function handler(request: UrlRequest): Promise<Answer> {
  const { method, sourceIp = '' } = request.requestContext.http;
  const key = process.env['HEADRACE_KEY']!;
  try {
    if (method === 'GET' || method === 'HEAD') {
      const link = new URLSearchParams(request.rawQueryString).get('q') ?? '';
      return askPage(link, await verified(link, key));
    }
    if (method !== 'POST') return tellPage(405, 'Not like this', 'Open the link of the message.');
    const text = request.isBase64Encoded ? Buffer.from(request.body ?? '', 'base64').toString() : (request.body ?? '');
    const form = new URLSearchParams(text);
    const question = await verified(form.get('link') ?? '', key);
    return await decide(question, form, sourceIp);
  } catch (error) {
    if (error instanceof LinkError) return tellPage(403, 'This link does not work', error.message);
    throw error;
  }
}

async function decide(question: Question, form: URLSearchParams, sourceIp: string): Promise<Answer> {
  const answer = form.get('answer');
  const by = (form.get('by') ?? '').trim().slice(0, 200);
  const reason = (form.get('reason') ?? '').trim().slice(0, 2000);
  if (by === '' || (answer !== 'yes' && answer !== 'no'))
    return tellPage(400, 'Something is missing', 'Say who you are, and answer with one of the buttons.');
  const decision = {
    approved: answer === 'yes',
    by,
    reason,
    at: new Date().toISOString(),
    via: 'link',
    sourceIp,
  };
  try {
    await sfn.send(new SendTaskSuccessCommand({ taskToken: question.token, output: JSON.stringify(decision) }));
  } catch (error) {
    if (!['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes((error as Error).name)) throw error;
    return tellPage(409, 'Not asked any more', 'Somebody has answered already, or the run has ended or been repeated.');
  }
  return tellPage(200, 'Thank you', `${question.task} was answered with ${answer} by ${by}.`);
}
