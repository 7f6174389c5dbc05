// A warehouse in memory over a folder that stands for S3. In: files by `s3://` name. Out: short ways to run statements.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Json } from '../../../lib/local/redshift/result';
import { Warehouse } from '../../../lib/local/redshift/warehouse';

export interface TestWarehouse {
  readonly warehouse: Warehouse;
  /** The rows of the last statement. */
  rows(sql: string): Promise<Json[][]>;
  put(uri: string, content: string | Uint8Array): void;
}

export async function openTestWarehouse(file?: string): Promise<TestWarehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-warehouse-'));
  const path = (uri: string) => join(folder, uri.replace('s3://', ''));
  const warehouse = await Warehouse.open({
    file,
    resolveS3: (uri) => ({ path: path(uri) }),
    now: () => new Date('2024-05-06T07:08:09.123Z'),
  });
  return {
    warehouse,
    rows: async (sql) => (await warehouse.execute(sql)).at(-1)?.rows ?? [],
    put: (uri, content) => {
      mkdirSync(dirname(path(uri)), { recursive: true });
      writeFileSync(path(uri), content);
    },
  };
}
