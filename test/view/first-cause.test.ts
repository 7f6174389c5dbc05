import { describe, expect, it } from 'vitest';
import { firstCause } from '../../lib/view/first-cause';

describe('the first cause', () => {
  it('of a Python trace is its last line, and the line of the own code', () => {
    const trace = [
      'Traceback (most recent call last):',
      '  File "/opt/jobs/to_parquet.py", line 12, in <module>',
      '    main()',
      '  File "/usr/lib/python3.11/site-packages/pandas/io.py", line 900, in read',
      '    raise ValueError(x)',
      "ValueError: could not convert string to float: '12,50'",
    ].join('\n');
    expect(firstCause(trace)).toBe(
      "ValueError: could not convert string to float: '12,50' (/opt/jobs/to_parquet.py line 12)",
    );
  });

  it('of an exception raised from another is the other', () => {
    const trace = [
      'Traceback (most recent call last):',
      '  File "a.py", line 1, in f',
      'KeyError: 7',
      '',
      'The above exception was the direct cause of the following exception:',
      '',
      'Traceback (most recent call last):',
      '  File "a.py", line 5, in g',
      'RuntimeError: job failed',
    ].join('\n');
    expect(firstCause(trace)).toBe('KeyError: 7 (a.py line 1)');
  });

  it('of a Java trace is the innermost cause', () => {
    const trace = [
      'org.apache.spark.SparkException: Job aborted.',
      '\tat org.apache.spark.Scheduler.run(Scheduler.scala:10)',
      'Caused by: java.io.IOException: read failed',
      '\tat a.B.c(B.java:3)',
      'Caused by: java.lang.NumberFormatException: For input string: "12,50"',
      '\t... 12 more',
    ].join('\n');
    expect(firstCause(trace)).toBe('NumberFormatException: For input string: "12,50"');
  });

  it('of a JavaScript error is what stands above its trace', () => {
    expect(firstCause('TypeError: x is not a function\n    at f (/var/task/index.mjs:3:9)\n    at g (x.mjs:1:1)')).toBe(
      'TypeError: x is not a function',
    );
  });

  it.each(['ERROR: relation "a" does not exist\n  Position: 15', '', 'at the end of the day'])('%j stays', (text) => {
    expect(firstCause(text)).toBe(text);
  });
});
