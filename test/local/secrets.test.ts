import { join } from 'node:path';
import { expect, it } from 'vitest';
import { secretNames, Secrets } from '../../lib/local/secrets';
import { folderWith } from './assembly-fixture';

const read = (text: string) => Secrets.read(join(folderWith({ 'secrets.env': text }), 'secrets.env'));

it('reads names and values, quoted or not', () => {
  const secrets = read('# mine\n\nA=1\nexport B="two\\nlines"\nsales/db={"user":"u","password":"p w"}\nC=\'x=y\'\r\n');
  expect([secrets.find('A'), secrets.find('B'), secrets.find('gone', 'C')]).toEqual(['1', 'two\nlines', 'x=y']);
  expect(secrets.hidden()).toContain('two\nlines');
});

it('fails for a line that is none, without showing it', () => {
  expect(() => read('A=1\nhunter2\n')).toThrow(/line 2 is not NAME=value/);
  expect(() => read('A=1\nhunter2\n')).not.toThrow(/hunter2/);
});

it('is empty where there is no file', () => {
  expect(Secrets.read('/nowhere/secrets.env').find('A')).toBeUndefined();
});

it('knows a secret by its ARN', () => {
  expect(secretNames('arn:aws:secretsmanager:eu-west-1:1:secret:sales/db-AbCdEf')).toContain('sales/db');
});
