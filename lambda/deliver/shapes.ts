// An alert in the words of a chat or an on-call service. In: its facts and message. Out: the body to post. Always: texts are escaped as
// that service reads them, and within its limits.
// https://api.slack.com/reference/block-kit  https://learn.microsoft.com/adaptive-cards
// https://developer.pagerduty.com/docs/events-api-v2  https://docs.opsgenie.com/docs/alert-api

import { cut } from '../../lib/view/alert-facts';
import type { Alerted } from './request';

const MARKS: { readonly [severity: string]: string } = {
  error: ':red_circle:',
  warning: ':large_yellow_circle:',
  info: ':large_green_circle:',
};
const COLOURS: { readonly [severity: string]: string } = { error: 'Attention', warning: 'Warning', info: 'Good' };
const SLACK_CHARS = 2_900;
const TEAMS_CHARS = 12_000;

/** What somebody's own service gets: the facts of the published schema and the text. */
export function plain(alert: Alerted): object {
  return alert;
}

export function slack(alert: Alerted): object {
  const { message, run } = alert;
  // In a code block nothing is read as markup but the three characters that Slack asks to escape, and the end of the block.
  const escape = (text: string) =>
    text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/`{3}/g, "'''");
  return {
    text: escape(message.subject),
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: `${MARKS[alert.severity] ?? ''} *${escape(message.subject).replace(/[*_~`]/g, ' ')}*`,
        },
      },
      { type: 'section', text: { type: 'mrkdwn', text: `\`\`\`${cut(escape(message.text), SLACK_CHARS)}\`\`\`` } },
      ...(run === undefined
        ? []
        : [
            {
              type: 'actions',
              elements: [{ type: 'button', text: { type: 'plain_text', text: 'Open the run' }, url: run.link }],
            },
          ]),
    ],
  };
}

export function teams(alert: Alerted): object {
  const { message, run } = alert;
  // Text of a card is read as markdown.
  const escape = (text: string) => text.replace(/[\\`*_{}[\]<>()#+!|~]/g, '\\$&');
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body: [
            {
              type: 'TextBlock',
              size: 'Medium',
              weight: 'Bolder',
              wrap: true,
              color: COLOURS[alert.severity] ?? 'Default',
              text: escape(message.subject),
            },
            {
              type: 'TextBlock',
              fontType: 'Monospace',
              wrap: true,
              text: escape(cut(message.text, TEAMS_CHARS)).replace(/\n/g, '\n\n'),
            },
          ],
          ...(run !== undefined && { actions: [{ type: 'Action.OpenUrl', title: 'Open the run', url: run.link }] }),
        },
      },
    ],
  };
}

/** One incident a pipeline: a run that works again resolves it. */
export function pagerDuty(alert: Alerted, routingKey: string): object {
  const resolves = alert.event === 'recovered';
  return {
    routing_key: routingKey,
    event_action: resolves ? 'resolve' : 'trigger',
    dedup_key: incident(alert),
    ...(!resolves && {
      payload: {
        summary: cut(alert.message.subject, 1_000),
        source: `${alert.environment} ${alert.account} ${alert.region}`,
        severity: alert.severity,
        timestamp: alert.time,
        component: alert.pipeline,
        class: alert.event,
        custom_details: { text: cut(alert.message.text, 20_000), repair: alert.repair ?? '' },
      },
      ...(alert.run !== undefined && { links: [{ href: alert.run.link, text: 'Open the run' }] }),
    }),
  };
}

export function opsgenie(alert: Alerted): object {
  return {
    message: cut(alert.message.subject, 130),
    alias: incident(alert).slice(0, 512),
    description: cut(alert.message.text, 15_000),
    entity: alert.pipeline,
    source: `headrace ${alert.environment}`.slice(0, 100),
    tags: [alert.event, alert.environment.slice(0, 50)],
    priority: alert.severity === 'error' ? 'P2' : alert.severity === 'warning' ? 'P3' : 'P5',
    details: { account: alert.account, region: alert.region, repair: alert.repair ?? '' },
  };
}

/** What belongs to one incident. */
export function incident(alert: Alerted): string {
  return `headrace/${alert.account}/${alert.region}/${alert.pipeline}`.slice(0, 255);
}
