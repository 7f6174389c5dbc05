// The conformance cases: recordings of AWS Step Functions, one JSON file each (see the README beside them).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../lib/local/engine';

export interface Mock {
  readonly arguments?: Json;
  readonly submitted?: Json;
  readonly return?: Json;
  readonly throw?: { readonly error: string; readonly cause?: string };
  readonly timeout?: boolean;
}

export interface ExpectedEvent {
  readonly id: number;
  readonly prev: number;
  readonly type: string;
  readonly [detail: string]: Json;
}

export interface Expected {
  readonly status?: string;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: Json;
  readonly events?: readonly ExpectedEvent[];
  readonly eventsOrder?: string;
  readonly accepted?: boolean;
  readonly errorCode?: string;
  readonly message?: string;
  readonly diagnostics?: Json;
  readonly refused?: boolean;
  readonly nextState?: string;
  readonly inspectionData?: Json;
}

export interface ConformanceCase {
  readonly name: string;
  readonly kind: 'execution' | 'table' | 'validation' | 'testState';
  readonly definition?: Json;
  readonly definitionText?: string;
  readonly machineType?: 'STANDARD' | 'EXPRESS';
  readonly operation?: string;
  readonly input?: Json;
  readonly request?: { readonly [field: string]: Json };
  readonly mocks?: { readonly [state: string]: readonly Mock[] };
  readonly s3?: readonly { readonly Bucket: string; readonly Key: string; readonly Body: string }[];
  readonly rows?: readonly { readonly definition: Json; readonly input: Json; readonly output: Json }[];
  readonly placeholders?: readonly string[];
  readonly clock?: string;
  readonly nondeterministic?: boolean;
  readonly expected: Expected;
}

/** All cases of a folder (or of its `cases` folder), by file name. */
export function readCases(folder: string): ConformanceCase[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  if (files.length === 0) {
    return readCases(join(folder, 'cases'));
  }
  return files.sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as ConformanceCase);
}
