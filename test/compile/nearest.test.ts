import { describe, expect, test } from 'vitest';
import { nearest } from '../../lib/compile/nearest';

describe('nearest', () => {
  test.each([
    ['dya', ['day', 'hour'], 'day'],
    ['aDy', ['day', 'hour'], 'day'],
    ['Laod', ['Ingest', 'Load'], 'Load'],
    ['ToPraquet', ['ToParquet', 'CrawlEu'], 'ToParquet'],
    ['Ingst', ['Ingest', 'Load'], 'Ingest'],
    ['x', ['Ingest', 'Load'], undefined],
    ['Warehouse', ['Ingest', 'Load'], undefined],
    ['m', ['n'], undefined],
    ['ab', ['cd'], undefined],
    ['', [], undefined],
  ])('%s among %j is %s', (word, names, expected) => {
    expect(nearest(word, names)).toBe(expected);
  });
});
