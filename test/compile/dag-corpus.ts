// The real DAGs and Airflow's answers, as graphs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type DagFile, parseDagFile } from '../../lib/compile/dag-file';
import type { Outcome } from '../../lib/compile/model';

const CORPUS = join(__dirname, '../corpus');

export function realDags(): DagFile[] {
  const text = gunzipSync(readFileSync(join(CORPUS, 'dag-archive/dags.ndjson.gz'))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line, i) => parseDagFile(line, `line ${i + 1}`));
}

export interface AirflowCase {
  readonly dag: DagFile;
  readonly run: 'succeeded' | 'failed';
  readonly states: ReadonlyMap<string, Outcome>;
}

export function airflowCases(): AirflowCase[] {
  const cases = JSON.parse(readFileSync(join(CORPUS, 'airflow-oracle/cases.json'), 'utf8')) as {
    name: string;
    expected: { run: string; states: { [id: string]: string } };
  }[];
  const word = (state: string): string => (state === 'success' ? 'succeeded' : state);
  return cases.map((entry) => ({
    dag: parseDagFile(JSON.stringify(entry), entry.name),
    run: word(entry.expected.run) as 'succeeded' | 'failed',
    states: new Map(Object.entries(entry.expected.states).map(([id, state]) => [id, word(state) as Outcome])),
  }));
}
