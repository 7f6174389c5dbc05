// Deletes what a listing showed, page by page. In: the place, the time before which objects have to be there. Out: how far it
// came. Always: each request names the keys of the page that was just listed and nothing else; an empty prefix is refused.

import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { client, type DeleteCall, named, page, type StepResult } from './place';

export async function deleteStep(call: DeleteCall, until: number): Promise<StepResult> {
  const { source } = call;
  const before = Date.parse(call.before);
  if (source.prefix === '' || Number.isNaN(before))
    throw named(
      'Headrace.Refused',
      `the prefix is ${JSON.stringify(source.prefix)} and the time ${JSON.stringify(call.before)}: a whole bucket is not deleted; expected a prefix, and a time in ISO 8601`,
    );
  let after = call.step?.after;
  let objects = 0;
  let bytes = 0;
  let skipped = 0;
  for (;;) {
    const { listed, more } = await page(source, after);
    const old = listed.filter((one) => one.modified <= before && one.key.startsWith(source.prefix));
    if (old.length > 0) {
      const answer = await client.send(
        new DeleteObjectsCommand({
          Bucket: source.bucket,
          Delete: { Objects: old.map(({ key }) => ({ Key: key })), Quiet: true },
        }),
      );
      const errors = answer.Errors ?? [];
      if (errors.length > 0) {
        const told = errors.slice(0, 10).map((error) => `${error.Key}: ${error.Code} ${error.Message}`);
        throw named(
          'Headrace.DeleteFailed',
          `${errors.length} of ${old.length} objects of s3://${source.bucket}/${source.prefix} could not be deleted: ${told.join('; ')}`,
        );
      }
    }
    objects += old.length;
    skipped += listed.length - old.length;
    bytes += old.reduce((sum, one) => sum + one.size, 0);
    after = listed.at(-1)?.key ?? after;
    const done = !more;
    if (done || Date.now() > until)
      return { done, objects, bytes, skipped, ...(!done && after !== undefined && { after }) };
  }
}
