import { describe, expect, it } from 'vitest';
import { classifyCsv } from '../../../lib/local/services/csv-classifier';

const types = (text: string, complete = true) =>
  classifyCsv(text, complete)?.columns.map(({ name, type }) => `${name}:${type}`);

describe('classifyCsv', () => {
  it("gives Glue's types: dates and times stay text", () => {
    expect(
      types(
        'id,price,day,at,ok,name\n1,1.5,2024-01-01,2024-01-01 10:00:00,true,a\n2,3,2024-01-02,2024-01-02 10:00:00,false,b\n',
      ),
    ).toEqual(['id:bigint', 'price:double', 'day:string', 'at:string', 'ok:boolean', 'name:string']);
  });
  it('takes the first row for data where every column is text', () => {
    expect(classifyCsv('a,b\nc,d\ne,f\n', true)).toMatchObject({
      headerLines: 0,
      columns: [{ name: 'col0' }, { name: 'col1' }],
    });
  });
  it('finds other delimiters', () => {
    expect(classifyCsv('a;b\n1;x,y\n2;z\n', true)).toMatchObject({ delimiter: ';', headerLines: 1 });
    expect(classifyCsv('a\tb\n1\t2\n', true)?.delimiter).toBe('\t');
  });
  it('reads quoted values with delimiters, quotes and line ends inside', () => {
    expect(types('id,text\n1,"a, ""b""\nc"\n2,d\n')).toEqual(['id:bigint', 'text:string']);
  });
  it('leaves out a row that the sample cuts', () => {
    expect(types('id,n\n1,2\n3,4\n5,abc', false)).toEqual(['id:bigint', 'n:bigint']);
  });
  it('turns to text where a later row is no number', () => {
    expect(types('id,n\n1,2\n2,x\n')).toEqual(['id:bigint', 'n:string']);
  });
  it('is double where a whole number does not fit 64 bits', () => {
    expect(types('id,n\n1,9223372036854775808\n')).toEqual(['id:bigint', 'n:double']);
  });
  it.each(['', 'one line', 'just\nlines\nof text\n'])('is no CSV: %j', (text) => {
    expect(classifyCsv(text, true)).toBeUndefined();
  });
});
