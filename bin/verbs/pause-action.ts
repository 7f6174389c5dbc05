// `headrace pause` and `headrace resume`: what starts runs of a deployed pipeline by itself, off and on. Out: the exit code. JSON: the schedules
// and rules, `{kind, name, group, expression, timeZone, enabled, changed}`.

import { OperatorError } from '../../lib/compile/operator-error';
import { escapeText } from '../../lib/view/escape-text';
import { columns, print, printJson } from './columns';
import { openAws } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export async function pauseVerb(word: string, enabled: boolean, options: SiteOptions): Promise<number> {
  const verb = enabled ? 'resume' : 'pause';
  if (!isAws(options)) {
    throw new OperatorError(
      `nothing starts a pipeline by itself on this machine, so there is nothing to ${verb}: say --aws for the schedules of the deployed one${enabled ? '' : ', or headrace stop for runs that go on'}`,
    );
  }
  const site = await openAws(options);
  const pipeline = await site.pipeline(word);
  const { switchTriggers } = await import('../../lib/ops/aws/schedules.js');
  const { triggers, notes } = await switchTriggers(site.aws, await site.rootArn(pipeline), enabled);
  for (const note of notes) process.stderr.write(`headrace: ${escapeText(note)}\n`);
  if (options.json) {
    printJson(triggers);
    return 0;
  }
  if (triggers.length === 0) {
    print(`${escapeText(pipeline)} has no schedule and no rule: nothing starts it by itself`);
    return 0;
  }
  const rows = triggers.map(({ kind, name, expression, timeZone, enabled: on }) => [
    kind,
    name,
    expression === 'events' ? expression : `${expression} ${timeZone}`,
    on ? 'on' : 'off',
  ]);
  print(columns(['TRIGGER', 'NAME', 'TIMES', 'STATE'], rows));
  const done = triggers.some(({ changed }) => changed)
    ? `${enabled ? 'resumed' : 'paused'} ${escapeText(pipeline)}`
    : 'nothing changed';
  const still = '; runs that go on are not stopped, and the next deployment of a changed schedule switches it on';
  print(`${done}${enabled ? '' : still}`);
  return 0;
}
