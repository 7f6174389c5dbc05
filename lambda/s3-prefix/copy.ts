// Copies objects to one or several places. In: the places, and where the step before stopped. Out: how far it came. Always: an
// object that lies at the target already, of the same size and not older, is left as it is, as `aws s3 sync` does; large objects
// go part by part and go on where they stopped, also in the middle of one.

import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { copyLarge } from './copy-large';
import {
  client,
  type CopyCall,
  copySource,
  eachOf,
  keyAt,
  type Listed,
  named,
  page,
  type Place,
  type StepResult,
} from './place';

/** From `large` on an object is copied in parts; one call copies at most 5 GB. */
export interface Sizes {
  readonly large: number;
  readonly part: number;
}
const SIZES: Sizes = { large: 1024 ** 3, part: 256 * 1024 ** 2 };
const WIDTH = 24;
const CHUNK = 96;

export async function copyStep(call: CopyCall, until: number, sizes: Sizes = SIZES): Promise<StepResult> {
  const { source, targets } = call;
  for (const target of targets) refuseOverlap(source, target);
  let { after, begun } = call.step ?? {};
  const counted = { objects: 0, bytes: 0, skipped: 0 };
  for (;;) {
    const behind = after;
    const { listed, more } = await page(source, after);
    const there = await Promise.all(targets.map((target) => atTarget(source, target, listed, behind)));
    for (let from = 0; from < listed.length; ) {
      // A large object is a chunk of its own, so that a step can end in the middle of it.
      const end = listed.slice(from, from + CHUNK).findIndex((one) => one.size >= sizes.large);
      const chunk = listed.slice(from, from + (end < 0 ? CHUNK : Math.max(end, 1)));
      if (chunk.length === 1 && chunk[0]!.size >= sizes.large) {
        const [object] = chunk as [Listed];
        for (const [index, target] of targets.entries()) {
          if (begun?.key === object.key && index < begun.target) continue;
          if (same(object, there[index]!)) {
            counted.skipped += 1;
            continue;
          }
          const uploadId = begun?.key === object.key && begun.target === index ? begun.uploadId : undefined;
          const left = await copyLarge({
            source,
            target,
            object,
            key: keyAt(source, target, object.key),
            uploadId,
            until,
            part: sizes.part,
          });
          if (left !== undefined)
            return {
              done: false,
              ...counted,
              ...(after !== undefined && { after }),
              begun: { key: object.key, target: index, uploadId: left },
            };
          counted.objects += 1;
          counted.bytes += object.size;
        }
        begun = undefined;
      } else {
        const work = chunk.flatMap((object) => targets.map((target, index) => ({ object, target, index })));
        await eachOf(work, WIDTH, async ({ object, target, index }) => {
          if (same(object, there[index]!)) counted.skipped += 1;
          else {
            await copySmall(source, target, object);
            counted.objects += 1;
            counted.bytes += object.size;
          }
        });
      }
      from += chunk.length;
      after = chunk.at(-1)!.key;
      const rest = from < listed.length || more;
      if (rest && Date.now() > until) return { done: false, ...counted, after };
    }
    if (!more) return { done: true, ...counted };
  }
}

/** What lies at the target already of the keys of one page, which begins behind a key. */
async function atTarget(
  source: Place,
  target: Place,
  listed: readonly Listed[],
  behind: string | undefined,
): Promise<Map<string, Listed>> {
  const found = new Map<string, Listed>();
  if (listed.length === 0) return found;
  const last = Buffer.from(keyAt(source, target, listed.at(-1)!.key));
  let after = behind === undefined ? undefined : keyAt(source, target, behind);
  for (;;) {
    const next = await page(target, after);
    for (const one of next.listed) found.set(sourceKey(source, target, one.key), one);
    after = next.listed.at(-1)?.key;
    if (!next.more || after === undefined || Buffer.compare(Buffer.from(after), last) >= 0) return found;
  }
}

function same(object: Listed, there: ReadonlyMap<string, Listed>): boolean {
  const copy = there.get(object.key);
  return copy !== undefined && copy.size === object.size && copy.modified >= object.modified;
}

async function copySmall(source: Place, target: Place, object: Listed): Promise<void> {
  try {
    await client.send(
      new CopyObjectCommand({
        Bucket: target.bucket,
        Key: keyAt(source, target, object.key),
        CopySource: copySource(source, object.key),
        CopySourceIfMatch: object.etag,
      }),
    );
  } catch (error) {
    throw named(
      'Headrace.CopyFailed',
      `s3://${source.bucket}/${object.key} could not be copied to s3://${target.bucket}/${keyAt(source, target, object.key)}: ${(error as Error).name}: ${(error as Error).message}`,
    );
  }
}

/** A target inside the source would be listed, and copied into itself, without end. */
function refuseOverlap(source: Place, target: Place): void {
  if (source.bucket === target.bucket && target.prefix.startsWith(source.prefix))
    throw named(
      'Headrace.Refused',
      `the target s3://${target.bucket}/${target.prefix} lies inside the source s3://${source.bucket}/${source.prefix}: it would be copied into itself`,
    );
}

function sourceKey(source: Place, target: Place, key: string): string {
  return source.prefix + key.slice(target.prefix.length);
}
