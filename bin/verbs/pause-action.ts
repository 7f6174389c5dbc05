// `headrace pause` and `headrace resume`: the schedules of a deployed pipeline, off and on. Out: the exit code. JSON: the schedules.

import { OperatorError } from '../../lib/ops/operator-error';
import { columns, print, printJson } from './columns';
import { openAws } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export async function pauseVerb(word: string, enabled: boolean, options: SiteOptions): Promise<number> {
  const verb = enabled ? 'resume' : 'pause';
  if (!isAws(options)) {
    throw new OperatorError(`${verb} switches the schedules of a deployed pipeline: say --aws; this machine has none`);
  }
  const site = await openAws(options);
  const pipeline = await site.pipeline(word);
  const { schedulesOf, switchSchedules } = await import('../../lib/ops/aws/schedules.js');
  const root = await site.rootArn(pipeline);
  const changed = await switchSchedules(site.aws, root, enabled);
  const all = await schedulesOf(site.aws, root);
  if (options.json)
    printJson(all.map((schedule) => ({ ...schedule, changed: changed.some(({ name }) => name === schedule.name) })));
  else if (all.length === 0) print(`${pipeline} has no schedule: nothing starts it by itself`);
  else {
    const rows = all.map(({ name, expression, timeZone, enabled: on }) => [
      name,
      `${expression} ${timeZone}`,
      on ? 'on' : 'off',
    ]);
    print(columns(['SCHEDULE', 'TIMES', 'STATE'], rows));
    const still = enabled
      ? ''
      : '; runs that go on are not stopped, and the next deployment of a changed schedule switches it on';
    print(
      `${changed.length === 0 ? 'nothing changed' : `${verb === 'pause' ? 'paused' : 'resumed'} ${pipeline}`}${still}`,
    );
  }
  return 0;
}
