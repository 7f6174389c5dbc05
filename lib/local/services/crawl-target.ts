// Looks at one S3 target of a crawler. In: where it lies, what to leave out, how many files to sample. Out: the tables that its
// files are. Always: only the beginning of a file is read; a file that is damaged or of a kind the laptop does not know ends the
// crawl with its name, an empty one is passed over.
// https://docs.aws.amazon.com/glue/latest/dg/define-crawler-choose-data-sources.html

import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDbConnection, openDuckDb } from '../duckdb';
import { type Classified, classifyFile } from './classifier';
import { type CrawledFile, type CrawledTable, type Grouping, groupFiles } from './crawl-groups';
import { csvRules, type CsvRules } from './csv-classifier';
import { type Fields, fieldsOf, listOf } from './service';

export interface CrawlTarget {
  /** `s3://bucket/prefix/` */
  readonly location: string;
  /** The bucket's folder. */
  readonly bucket: string;
  /** Path of the target in the bucket. */
  readonly prefix: string;
  readonly exclusions: readonly string[];
  /** Files to look at in each folder that holds files. */
  readonly sampleSize?: number;
  readonly rules?: CsvRules;
  readonly grouping: Grouping;
  /** Folders below the target that are known already and not looked at again. */
  readonly isKnown: (folder: readonly string[]) => boolean;
  readonly signal: AbortSignal;
}

export async function crawlTarget(target: CrawlTarget): Promise<CrawledTable[]> {
  const { location, signal } = target;
  const root = join(target.bucket, target.prefix);
  const single = statSync(root, { throwIfNoEntry: false })?.isFile() === true;
  const excluded = target.exclusions.map(globPattern);
  let database: DuckDbConnection | undefined;
  const open = async () => (database ??= await openDuckDb());
  const files: CrawledFile[] = [];
  try {
    const folders = single ? [{ parts: [], names: [''] }] : walk(join(root, '/'), []);
    for (const { parts, names } of folders) {
      if (parts.length > 0 && target.isKnown(parts)) continue;
      const wanted = names.filter((name) => !excluded.some((pattern) => pattern.test([...parts, name].join('/'))));
      let last: Classified | undefined;
      for (const [index, name] of wanted.entries()) {
        if (signal.aborted) throw new Error('the crawl was stopped');
        const file = single ? root : join(root, ...parts, name);
        // Beyond the sample a file is taken to be like the one before it.
        const looks = last === undefined || index < (target.sampleSize ?? Number.POSITIVE_INFINITY);
        const classified = looks ? await classifyFile(file, open, target.rules) : last;
        if (!classified) continue; // Text that is no data: Glue's classifiers know it as little.
        last = classified;
        files.push({
          parts: single ? [target.prefix.split('/').at(-1)!] : [...parts, name],
          bytes: statSync(file).size,
          classified,
        });
        // Reading is synchronous: let others have their turn.
        if (files.length % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(root, location.replace(/\/$/, '')));
  } finally {
    database?.close();
  }
  const tables = groupFiles(files, single ? {} : target.grouping);
  return single ? tables.map((table) => ({ ...table, isFile: true })) : tables;
}

interface FolderOfFiles {
  readonly parts: readonly string[];
  readonly names: readonly string[];
}

/** Folders with the files in them that hold data: hidden ones, `_SUCCESS` and empty ones are none. */
function* walk(folder: string, parts: readonly string[]): Generator<FolderOfFiles> {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !/^[._]/.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const holdsData = (entry: Dirent) => entry.isFile() && statSync(join(folder, entry.name)).size > 0;
  const names = entries.filter(holdsData).map((entry) => entry.name);
  if (names.length > 0) yield { parts, names };
  for (const entry of entries) if (entry.isDirectory()) yield* walk(join(folder, entry.name), [...parts, entry.name]);
}

/** Glue's exclude patterns: `*` stays in a folder, `**` does not; `[a-z]` and `{a,b}` as in a shell. */
export function globPattern(text: string): RegExp {
  let depth = 0;
  const source = text.replace(/\\.|\[!?[^\]]+\]|\*\*|[.+^$()|\\*?{},]/g, (part) => {
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    if (part.startsWith('[')) return part.replace(/^\[!/, '[^');
    if (part.startsWith('\\')) return part.length > 1 ? `\\${part[1]}` : '\\\\';
    if (part === '{') depth += 1;
    if (part === '{') return '(?:';
    if (part === '}' && depth > 0) depth -= 1;
    else if (part === '}') return '\\}';
    if (part === '}') return ')';
    if (part === ',') return depth > 0 ? '|' : ',';
    return `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

/** What a crawler's Configuration says of grouping.
 * @throws Error where it is no JSON */
export function groupingOf(configuration: string | undefined): Grouping {
  if (configuration === undefined || configuration === '') return {};
  let parsed: Fields;
  try {
    parsed = JSON.parse(configuration) as Fields;
  } catch (error) {
    throw new Error(`the crawler's Configuration is not JSON: ${(error as Error).message}`);
  }
  const grouping = fieldsOf(parsed['Grouping']);
  const level = grouping['TableLevelConfiguration'];
  return {
    ...(grouping['TableGroupingPolicy'] === 'CombineCompatibleSchemas' && { combine: true }),
    ...(level !== undefined && level !== null && { level: Number(level) }),
  };
}

/** The first custom CSV classifier of the list. */
export function rulesOf(classifiers: readonly Fields[]): CsvRules | undefined {
  const [first] = classifiers.filter((each) => Object.keys(fieldsOf(each['CsvClassifier'])).length > 0);
  if (first === undefined) return undefined;
  const given = fieldsOf(first['CsvClassifier']);
  return csvRules({ ...given, Header: listOf(given['Header']) });
}
