// `headrace pause` and `headrace resume`: what starts runs of a deployed pipeline by itself, off and on. Out: the exit code. JSON: the schedules
// and rules, `{kind, name, group, expression, timeZone, enabled, changed}`.

import type { DeployedTrigger } from '../../lib/ops/aws/schedules';
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
  const { all, changed, notes } = await switchTriggers(site.aws, await site.rootArn(pipeline), enabled);
  for (const note of notes) process.stderr.write(`headrace: ${escapeText(note)}\n`);
  if (options.json) {
    const is = (one: DeployedTrigger) => changed.some(({ name, group }) => name === one.name && group === one.group);
    printJson(all.map((trigger) => ({ ...trigger, changed: is(trigger) })));
    return 0;
  }
  if (all.length === 0) {
    print(`${escapeText(pipeline)} has no schedule and no rule: nothing starts it by itself`);
    return 0;
  }
  const rows = all.map(({ kind, name, expression, timeZone, enabled: on }) => [
    kind,
    name,
    expression === 'events' ? expression : `${expression} ${timeZone}`,
    on ? 'on' : 'off',
  ]);
  print(columns(['TRIGGER', 'NAME', 'TIMES', 'STATE'], rows));
  const still = enabled
    ? ''
    : '; runs that go on are not stopped, and the next deployment of a changed schedule switches it on';
  print(
    `${changed.length === 0 ? 'nothing changed' : `${enabled ? 'resumed' : 'paused'} ${escapeText(pipeline)}`}${still}`,
  );
  return 0;
}
