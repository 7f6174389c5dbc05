// Links by which a person answers. In: what is asked, and until when. Out: a text that only this account's key can have signed, or
// what one holds. Always: what was changed, is too old, or was signed for something else is refused before anything is done with it.

import { GenerateMacCommand, KMSClient, VerifyMacCommand } from '@aws-sdk/client-kms';

/** What a link carries. */
export interface Question {
  readonly token: string;
  readonly pipeline: string;
  readonly run: string;
  readonly task: string;
  readonly question: string;
  /** ISO 8601. */
  readonly expires: string;
}

const kms = new KMSClient({});
const ALGORITHM = 'HMAC_SHA_256';
/** A signature for something else is none for this. */
const PURPOSE = 'headrace-approval-1.';

export async function sign(question: Question, keyId: string): Promise<string> {
  const body = Buffer.from(JSON.stringify(question)).toString('base64url');
  const { Mac } = await kms.send(
    new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: ALGORITHM, Message: Buffer.from(PURPOSE + body) }),
  );
  return `${body}.${Buffer.from(Mac!).toString('base64url')}`;
}

/** @throws LinkError where the link is not to be trusted, or is over */
export async function verified(link: string, keyId: string, now: number = Date.now()): Promise<Question> {
  const [body = '', mac = '', more] = link.split('.');
  if (body === '' || mac === '' || more !== undefined || link.length > 8_000) throw new LinkError(WRONG);
  try {
    await kms.send(
      new VerifyMacCommand({
        KeyId: keyId,
        MacAlgorithm: ALGORITHM,
        Message: Buffer.from(PURPOSE + body),
        Mac: Buffer.from(mac, 'base64url'),
      }),
    );
  } catch (error) {
    if ((error as Error).name === 'KMSInvalidMacException') throw new LinkError(WRONG);
    throw error;
  }
  const question = JSON.parse(Buffer.from(body, 'base64url').toString()) as Question;
  if (!(Date.parse(question.expires) > now)) throw new LinkError(`The time to answer ended at ${question.expires}.`);
  return question;
}

const WRONG = 'This link is not complete, or it was changed on its way. Open it again from the message.';

export class LinkError extends Error {}
