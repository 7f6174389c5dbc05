// Which Spark and which Java are taken, on machines made of a few small programs; and what is said where there is none.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findJava, findSpark, installedSpark } from '../../../lib/local/spark/find-spark';
import { PipProgress } from '../../../lib/local/spark/install-spark';
import { parseConf, sparkProperties } from '../../../lib/local/spark/spark-settings';
import { temporaryFolder } from '../assembly-fixture';

function program(file: string, script: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return dirname(file);
}

/** A folder whose `java` says this version. */
const javaOf = (version: string) =>
  program(join(temporaryFolder(), 'bin', 'java'), `echo 'openjdk version "${version}" 2025-01-01' >&2`);
const pathWith = (...folders: string[]) => [...folders, '/bin', '/usr/bin'].join(delimiter);

describe('findJava', () => {
  it.each([
    ['1.8.0_402', '3.5.4', true],
    ['17.0.15', '3.5.4', true],
    ['21', '4.0.0', true],
    ['11.0.2', '4.0.0', false],
    ['24.0.1', '3.5.4', false],
  ])('Java %s for Spark %s: %s', (version, spark, fits) => {
    expect(findJava(spark, { PATH: javaOf(version) })).toEqual(fits ? {} : undefined);
  });

  it('takes JAVA_HOME before the PATH, and what came with Python last', () => {
    const good = dirname(javaOf('17.0.1'));
    expect(findJava('3.5.4', { JAVA_HOME: good, PATH: javaOf('11.0.1') })).toEqual({ JAVA_HOME: good });
    expect(findJava('3.5.4', { JAVA_HOME: dirname(javaOf('24')), PATH: javaOf('11.0.1') })).toEqual({});
    expect(findJava('3.5.4', { PATH: javaOf('24') }, good)).toEqual({ JAVA_HOME: good });
  });
});

describe('findSpark', () => {
  /** A python3 that says which Spark it has. */
  const python = (answer: object) => program(join(temporaryFolder(), 'python3'), `echo '${JSON.stringify(answer)}'`);
  const nothing = { HOME: temporaryFolder() };

  it('says what to type where there is none', () => {
    const path = python({ python: '/x/python3' });
    expect(() => findSpark({ ...nothing, PATH: path })).toThrow(
      /^no PySpark was found on this machine: run "headrace local --install-spark" once/,
    );
    expect(() => findSpark({ ...nothing, PATH: path, SPARK_HOME: '/opt/spark' })).toThrow(
      /^SPARK_HOME \/opt\/spark holds no PySpark that python3 can use: run "headrace local --install-spark"/,
    );
  });

  it('says that Java is missing', () => {
    const path = python({ python: '/x/python3', spark: '3.5.4' });
    expect(() => findSpark({ ...nothing, PATH: pathWith(path, javaOf('24')) })).toThrow(
      /^PySpark 3\.5\.4 \(python3's own packages\) needs Java 8 to 23, and none was found: run "headrace/,
    );
  });

  it('takes SPARK_HOME, then the installed one, then that of python3', () => {
    const cache = temporaryFolder();
    const path = pathWith(python({ python: '/x/python3', spark: '3.4.0' }), javaOf('17'));
    const environment = { PATH: path, XDG_CACHE_HOME: cache, HOME: '/none' };
    expect(findSpark(environment)).toMatchObject({ version: '3.4.0', place: "python3's own packages" });
    const folder = installedSpark(environment);
    expect(folder.startsWith(cache)).toBe(true);
    program(join(folder, 'bin', 'python'), `echo '{"python":"${folder}/bin/python","spark":"3.5.4"}'`);
    expect(findSpark(environment)).toMatchObject({ version: '3.5.4', place: folder });
    expect(findSpark({ ...environment, SPARK_HOME: '/opt/spark' })).toMatchObject({
      place: 'SPARK_HOME /opt/spark',
      environment: { SPARK_HOME: '/opt/spark', PYTHONPATH: '/opt/spark/python' },
    });
  });
});

it('progress is a line for each thing that a person waits for', () => {
  const told: string[] = [];
  const progress = new PipProgress((line) => told.push(line));
  for (const line of [
    'Collecting pyspark==3.5.4',
    '  Downloading pyspark-3.5.4.tar.gz (317.3 MB)',
    'Progress 1000000 of 317300000',
    'Progress 100000000 of 317300000',
    'Progress 110000000 of 317300000',
    'Progress 317300000 of 317300000',
    '  Downloading six-1.17.0-py2.py3-none-any.whl (11 kB)',
    'Progress 11000 of 11000',
    'Building wheels for collected packages: pyspark',
    'Installing collected packages: py4j, pyspark',
    'ERROR: no space left',
  ])
    progress.line(line);
  expect(told).toEqual([
    'downloading pyspark-3.5.4 32 % of 317 MB',
    'downloading pyspark-3.5.4 100 % of 317 MB',
    'Building wheels for collected packages: pyspark',
    'unpacking',
    'ERROR: no space left',
  ]);
});

describe('settings', () => {
  it("a job's --conf as Glue takes it", () => {
    expect(parseConf('spark.a=1 --conf spark.b=x=y')).toEqual({ 'spark.a': '1', 'spark.b': 'x=y' });
    expect(parseConf('--conf spark.a=1')).toEqual({ 'spark.a': '1' });
    expect(() => parseConf('spark.a')).toThrow(/--conf holds spark\.a: expected name=value/);
  });

  it('a bucket is its folder, whatever the scheme, and nothing listens beyond this machine', () => {
    const settings = {
      buckets: new Map([['lake', '/data/my lake']]),
      work: '/w',
      conf: 'spark.sql.shuffle.partitions=9',
      jars: [],
    };
    expect(sparkProperties(settings)).toMatchObject({
      'spark.hadoop.fs.viewfs.mounttable.lake.linkFallback': 'file:///data/my%20lake',
      'spark.hadoop.fs.s3a.impl': expect.stringContaining('ViewFileSystemOverloadScheme') as string,
      'spark.driver.bindAddress': '127.0.0.1',
      'spark.sql.shuffle.partitions': '9',
    });
  });
});
