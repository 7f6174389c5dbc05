// Settings of a Spark session on the laptop. In: folders of the buckets, and what the job's own --conf says. Out: a configuration
// folder for SPARK_CONF_DIR. Always: s3:// leads to the bucket's folder through Hadoop's own view file system, so no S3 client
// and no other jar is needed; everything listens on loopback.
// https://hadoop.apache.org/docs/stable/hadoop-project-dist/hadoop-hdfs/ViewFsOverloadScheme.html

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface SparkSettings {
  /** Bucket names and their folders. */
  readonly buckets: ReadonlyMap<string, string>;
  /** The job's folder: Spark's own files go there. */
  readonly work: string;
  /** The job's `--conf`: `spark.a=b --conf spark.c=d`. */
  readonly conf?: string;
  /** Jars of `--extra-jars`. */
  readonly jars: readonly string[];
}

const MOST_CORES = 4;
const VIEW = 'org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme';
const COMMITTER = 'org.apache.hadoop.mapreduce.lib.output.FileOutputCommitterFactory';

/** Writes the folder and returns it. */
export function writeSparkSettings(settings: SparkSettings): string {
  const folder = join(settings.work, 'spark-conf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'spark-defaults.conf'), properties(sparkProperties(settings)));
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
  return folder;
}

export function sparkProperties(settings: SparkSettings): { [name: string]: string } {
  const found: { [name: string]: string } = {
    'spark.master': `local[${Math.min(MOST_CORES, availableParallelism())}]`,
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.driver.memory': '2g',
    'spark.local.dir': join(settings.work, 'tmp'),
    'spark.sql.warehouse.dir': pathToFileURL(join(settings.work, 'warehouse')).href,
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.shuffle.partitions': '4',
    'spark.sql.catalogImplementation': 'in-memory',
    // CREATE TABLE without a format is a Parquet table, not one of Hive's.
    'spark.sql.legacy.createHiveTableByDefault': 'false',
    'spark.sql.ansi.enabled': 'false',
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    // No checksum files beside the data.
    'spark.hadoop.fs.file.impl': 'org.apache.hadoop.fs.RawLocalFileSystem',
  };
  for (const scheme of ['s3', 's3a', 's3n']) {
    found[`spark.hadoop.fs.${scheme}.impl`] = VIEW;
    found[`spark.hadoop.mapreduce.outputcommitter.factory.scheme.${scheme}`] = COMMITTER;
  }
  for (const [bucket, path] of settings.buckets)
    found[`spark.hadoop.fs.viewfs.mounttable.${bucket}.linkFallback`] = pathToFileURL(path).href;
  if (settings.jars.length > 0) found['spark.jars'] = settings.jars.join(',');
  return { ...found, ...parseConf(settings.conf) };
}

/** `spark.a=b --conf spark.c=d` as Glue takes it.
 * @throws Error naming what is no setting */
export function parseConf(text: string | undefined): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const each of (text ?? '').split(/\s+--conf\s+/)) {
    const setting = each.trim().replace(/^--conf\s+/, '');
    if (setting === '') continue;
    const at = setting.indexOf('=');
    if (at <= 0) throw new Error(`--conf holds ${setting}: expected name=value, further ones after --conf`);
    found[setting.slice(0, at).trim()] = setting.slice(at + 1).trim();
  }
  return found;
}

function properties(values: { readonly [name: string]: string }): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.replaceAll('\\', '\\\\').replace(/[\r\n]+/g, ' ')}\n`)
    .join('');
}

const LOGGING = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %p %c{1}: %m%n%ex{3}
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.files.name = org.apache.hadoop.fs
logger.files.level = error
logger.task.name = org.apache.spark.executor.Executor
logger.task.level = off
logger.scheduler.name = org.apache.spark.scheduler.TaskSetManager
logger.scheduler.level = off
logger.conf.name = org.apache.spark.SparkConf
logger.conf.level = error
logger.config.name = org.apache.hadoop.metrics2
logger.config.level = error
`;
