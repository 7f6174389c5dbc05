// A world without a run: the templates of a fixture, a store of its own, folders for the buckets. In: resources. Out: the world, and
// a way to put files into its buckets.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Assembly } from '../../../lib/local/assembly/assembly';
import { Secrets } from '../../../lib/local/secrets';
import { Store } from '../../../lib/local/store';
import { World } from '../../../lib/local/world';
import { HiddenValues } from '../../../lib/view/hidden-values';
import { type AssemblyFixture, temporaryFolder, writeAssembly } from '../assembly-fixture';

export interface LocalWorld {
  readonly world: World;
  /** Notes that a person would have seen. */
  readonly notes: string[];
  readonly put: (bucket: string, key: string, body: string | Uint8Array) => void;
}

export function localWorld(resources: AssemblyFixture['resources']): LocalWorld {
  const assembly = Assembly.read(writeAssembly({ resources, tasks: { None: { Type: 'Pass' } } }));
  const store = new Store(join(temporaryFolder(), '.headrace'));
  const notes: string[] = [];
  const world = new World({
    assembly,
    manifest: assembly.pipeline(undefined),
    store,
    secrets: Secrets.read(join(store.folder, 'secrets.env')),
    hidden: new HiddenValues([]),
    region: 'us-east-1',
    logs: temporaryFolder(),
    holder: 'a test',
    notice: (notice) => notes.push(notice.text),
  });
  for (const [bucket] of world.buckets()) mkdirSync(world.bucketFolder(bucket), { recursive: true });
  return {
    world,
    notes,
    put: (bucket, key, body) => {
      const path = join(world.bucketFolder(bucket), key);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, body);
    },
  };
}
