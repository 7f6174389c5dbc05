// The API models of services (see the README beside them), read when a case asks for one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ServiceModel } from '../../lib/local/asl/service-model';

const FOLDER = join(__dirname, '../corpus/service-models');
const known = new Map<string, ServiceModel | undefined>();

export function serviceModel(service: string): ServiceModel | undefined {
  if (!known.has(service)) {
    const file = join(FOLDER, `${service.replace(/[^a-z0-9-]/g, '')}.json.gz`);
    const model = existsSync(file)
      ? (JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ServiceModel)
      : undefined;
    known.set(service, model);
  }
  return known.get(service);
}
