// `headrace alert test`: puts the event that asks for a sample on the account's event bus, where the pipeline's own rule takes it. Out: the
// exit code. JSON: pipeline, event id.

import { OperatorError } from '../../lib/compile/operator-error';
import { print, printJson } from './columns';
import { openAws } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export async function alertTestVerb(word: string, options: SiteOptions): Promise<number> {
  if (!isAws(options)) {
    throw new OperatorError(
      'alert test sends a sample from a deployed pipeline: say --aws; runs here show their alerts',
    );
  }
  const site = await openAws(options);
  const pipeline = await site.pipeline(word);
  const { askForSample } = await import('../../lib/ops/aws/alert-sample.js');
  const eventId = await askForSample(site.aws, pipeline);
  if (options.json) printJson({ pipeline, eventId });
  else {
    print(`asked for a sample: every alert of ${pipeline} should arrive within a minute`);
    print(
      'if one does not: an email address may not be confirmed; else look into the queue of undelivered events and its alarm',
    );
  }
  return 0;
}
