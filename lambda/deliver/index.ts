// Carries one alert one way. In: the way and the alert, from the rule of that way. Out: a message on a topic or a post. Always: one way
// a call, so that one that is broken holds up no other; a fault is thrown, Lambda repeats the call and at last keeps it in the
// queue of undelivered events.

import { createHmac } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type AlarmEvent, isAlarm, type Way } from '../../lib/compile/alert-request';
import { post } from './post';
import type { Alerted, Delivery } from './request';
import { incident, opsgenie, pagerDuty, plain, slack, teams } from './shapes';

const sns = new SNSClient({});
const secrets = new SecretsManagerClient({});

const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const OPSGENIE = 'https://api.opsgenie.com/v2/alerts';
/** An SNS message has at most 256 KiB. */
const SNS_CHARS = 200_000;

export async function handler(event: Delivery | AlarmEvent): Promise<void> {
  if (isAlarm(event)) return brokenAlerts(event);
  const { way, alert } = event;
  await send(way, alert);
}

async function send(way: Way, alert: Alerted): Promise<void> {
  const secret = way.secretArn === undefined ? undefined : await secretValue(way.secretArn, way.shape);
  const name = `${way.shape} of pipeline ${alert.pipeline}`;
  switch (way.shape) {
    case 'sns':
      return publish(way.topicArn ?? '', alert.message.subject, alert.message.text, alert);
    case 'slack':
      return post({ name, url: address(way, secret), body: JSON.stringify(slack(alert)) });
    case 'teams':
      return post({ name, url: address(way, secret), body: JSON.stringify(teams(alert)) });
    case 'pagerduty':
      return post({ name, url: way.url ?? PAGERDUTY, body: JSON.stringify(pagerDuty(alert, secret ?? '')) });
    case 'opsgenie': {
      const base = way.url ?? OPSGENIE;
      const headers = { authorization: `GenieKey ${secret ?? ''}` };
      if (alert.event !== 'recovered') return post({ name, url: base, headers, body: JSON.stringify(opsgenie(alert)) });
      const url = `${base}/${encodeURIComponent(incident(alert))}/close?identifierType=alias`;
      return post({ name, url, headers, body: JSON.stringify({ source: 'headrace' }) });
    }
    case 'webhook': {
      const body = JSON.stringify(plain(alert));
      const headers =
        way.signingSecretArn === undefined
          ? {}
          : signature(body, await secretValue(way.signingSecretArn, 'signing key'));
      return post({ name, url: address(way, secret), body, headers });
    }
  }
}

/** `t` is signed too, so that an old message cannot be sent again; the scheme that Stripe and others use. */
export function signature(
  body: string,
  key: string,
  seconds = Math.floor(Date.now() / 1000),
): { 'headrace-signature': string } {
  return {
    'headrace-signature': `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`,
  };
}

function address(way: Way, secret: string | undefined): string {
  return way.url ?? secret ?? '';
}

/** The text of a secret; of one in JSON with a single field, that field. */
async function secretValue(SecretId: string, what: string): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  if (SecretString === undefined) throw new Error(`the secret of the ${what} is binary: expected its text`);
  try {
    const fields = Object.values(JSON.parse(SecretString) as object);
    if (fields.length === 1 && typeof fields[0] === 'string') return fields[0];
  } catch {
    // Plain text, as most are.
  }
  return SecretString.trim();
}

async function publish(TopicArn: string, Subject: string, text: string, alert?: Alerted): Promise<void> {
  const Message = text.length > SNS_CHARS ? `${text.slice(0, SNS_CHARS)} ...` : text;
  await sns.send(
    new PublishCommand({
      TopicArn,
      Subject,
      Message,
      ...(alert !== undefined && {
        MessageAttributes: {
          event: { DataType: 'String', StringValue: alert.event },
          pipeline: { DataType: 'String', StringValue: alert.pipeline },
        },
      }),
    }),
  );
}

/** The alerts themselves are broken: whoever can still be reached by a topic hears of it. */
async function brokenAlerts({ alarmArn, alarmData }: AlarmEvent): Promise<void> {
  if (alarmData.state?.value !== 'ALARM') return;
  const topics = JSON.parse(process.env['TOPIC_ARNS'] ?? '[]') as string[];
  const text = [
    alarmData.configuration?.description ?? '',
    alarmData.state.reason ?? '',
    `Alarm     ${alarmArn}`,
  ].filter(Boolean);
  const answers = await Promise.allSettled(
    topics.map((topic) => publish(topic, 'headrace: alerts cannot be delivered', text.join('\n\n'))),
  );
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}
