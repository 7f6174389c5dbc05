import { describe, expect, it } from 'vitest';
import type { Classified } from '../../../lib/local/services/classifier';
import { groupFiles } from '../../../lib/local/services/crawl-groups';

const csv = (...names: string[]): Classified => ({
  classification: 'csv',
  compression: 'none',
  records: 1,
  sampledBytes: 0,
  delimiter: ',',
  columns: names.map((name) => ({ name, type: 'string' })),
});
const file = (path: string, classified: Classified) => ({ parts: path.split('/'), bytes: 1, classified });
const summary = (...files: ReturnType<typeof file>[]) =>
  groupFiles(files).map((table) => [
    table.parts.join('/'),
    table.partitionKeys,
    table.partitions.map((each) => each.folders.join('/')),
  ]);

describe('groupFiles', () => {
  const orders = csv('id', 'price');
  const cities = csv('code', 'name', 'state');

  it('makes one table of a folder whose files are alike', () => {
    expect(summary(file('a.csv', orders), file('b.csv', orders))).toEqual([['', [], []]]);
  });
  it('makes a table of each folder where they differ', () => {
    expect(summary(file('orders/a.csv', orders), file('cities/a.csv', cities))).toEqual([
      ['cities', [], []],
      ['orders', [], []],
    ]);
  });
  it('takes hive folders for partitions', () => {
    expect(
      summary(file('orders/day=1/a.csv', orders), file('orders/day=2/a.csv', orders), file('cities/c.csv', cities)),
    ).toEqual([
      ['cities', [], []],
      ['orders', ['day'], ['day=1', 'day=2']],
    ]);
  });
  it('names the partitions of plain folders as Glue does', () => {
    expect(summary(file('2024/01/a.csv', orders), file('2024/02/a.csv', orders))).toEqual([
      ['', ['partition_0', 'partition_1'], ['2024/01', '2024/02']],
    ]);
  });
  it('makes a table of each file where files of one folder differ', () => {
    expect(summary(file('orders.csv', orders), file('cities.csv', cities))).toEqual([
      ['cities.csv', [], []],
      ['orders.csv', [], []],
    ]);
  });
  it('keeps schemas that share most columns in one table, with all columns', () => {
    const [table] = groupFiles([
      file('day=1/a.csv', csv('a', 'b', 'c', 'd')),
      file('day=2/a.csv', csv('a', 'b', 'c', 'd', 'e')),
    ]);
    expect(table!.classified.columns.map((column) => column.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
