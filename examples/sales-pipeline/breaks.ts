// Ways to break the demonstration as life does: a bad file, a table that somebody changed, a week that the source does not have. In: the
// task that should fail. Out: what was done, in a sentence, and how to repair it. Always: what is planted has the name PLANTED, so that
// the next start finds and removes it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface Break {
  /** What happened, as a person would tell it. */
  readonly story: string;
  /** Another logical date than the one asked for. */
  readonly date?: string;
  /** What to type; without the command that re-runs the task. */
  readonly repair: readonly string[];
}

export interface Place {
  /** Folder of the demonstration's data. */
  readonly store: string;
  readonly date: string;
  /** The command. */
  readonly bin: string;
}

const PLANTED = 'planted-by-break';
const lake = (place: Place) => join(place.store, 'eu-west-1', 's3', 'sales-lake-000000000000');

const BREAKS: { readonly [task: string]: (place: Place) => Break } = {
  Ingest: () => ({
    story: 'the run is for a week that the source does not have (it ends with June 2001)',
    date: '2002-01-07',
    repair: [],
  }),
  CrawlRaw: (place) => {
    const file = plant(
      place,
      join('raw', 'flights', `week=${place.date}`, `${PLANTED}.parquet`),
      'PAR1 cut in the middle',
    );
    return { story: 'an upload among the raw files was cut in the middle', repair: [`rm ${file}`] };
  },
  ToParquet: (place) => {
    const row = `${place.date} 09:15:00,JFK,LAX,2475,12,50\n`;
    const file = plant(
      place,
      join('raw', 'flights', `week=${place.date}`, `${PLANTED}.csv`),
      `flown_at,origin,destination,distance,delay\n${row}`,
    );
    return { story: 'a supplier sent a file with decimal commas: 12,50 is two columns', repair: [`rm ${file}`] };
  },
  CrawlEu: crawlOfLake,
  CrawlUs: crawlOfLake,
  Load: (place) => {
    sql(place, 'DROP TABLE IF EXISTS flights; CREATE TABLE flights (flown_at date, origin integer)');
    return {
      story: 'somebody made the table flights anew in the warehouse, with other columns',
      repair: ['npx headrace local sql "DROP TABLE flights"'],
    };
  },
};

export const breakable = Object.keys(BREAKS);

export function breakTask(task: string, place: Place): Break {
  return BREAKS[task]!(place);
}

/** Takes back what an earlier break did and nobody repaired. */
export function heal(place: Place): void {
  for (const folder of ['raw', 'flights']) {
    for (const name of filesBelow(join(lake(place), folder))) {
      if (name.includes(PLANTED)) rmSync(join(lake(place), folder, name), { force: true });
    }
  }
  const broken = join(place.store, PLANTED);
  if (filesBelow(place.store, false).includes(PLANTED)) sql(place, 'DROP TABLE IF EXISTS flights');
  rmSync(broken, { force: true });
}

function crawlOfLake(place: Place): Break {
  const file = plant(place, join('flights', 'week=1999-12-27', `${PLANTED}.parquet`), 'PAR1 cut in the middle');
  return { story: 'a copy of an old week into the lake was cut in the middle', repair: [`rm ${file}`] };
}

function plant(place: Place, name: string, content: string): string {
  const file = join(lake(place), name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return relative(process.cwd(), file);
}

function sql(place: Place, statements: string): void {
  mkdirSync(place.store, { recursive: true });
  writeFileSync(join(place.store, PLANTED), statements);
  const { status, stderr } = spawnSync(
    process.execPath,
    [place.bin, 'local', 'sql', statements, '--store', place.store],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the warehouse does not take: ${statements}\n${stderr}`);
}

function filesBelow(folder: string, recursive = true): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' });
  } catch {
    return [];
  }
}
