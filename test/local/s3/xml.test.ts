import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseXml, renderXml } from '../../../lib/local/s3/xml';

it('reads back any text it wrote', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const read = parseXml(renderXml('Delete', { Object: [{ Key: text }] }), 'Delete');
      expect(read.child('Object')?.textOf('Key')).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

it('reads prefixes, comments, CDATA, attributes and numeric entities', () => {
  const root = parseXml(
    '<?xml version="1.0"?><!-- c --><s:A xmlns:s="x"><s:B i="1&amp;2"><![CDATA[<]]>&#65;&#x42;</s:B></s:A>',
    'A',
  );
  expect(root.child('B')?.text).toBe('<AB');
  expect(root.child('B')?.attributes.get('i')).toBe('1&2');
});

it.each([
  '',
  'text',
  '<A>',
  '<A></B>',
  '<A/><A/>',
  '<B/>',
  '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>',
  '<A>&x;</A>',
  `${'<A>'.repeat(100)}${'</A>'.repeat(100)}`,
])('fails: %s', (source) => {
  expect(() => parseXml(source, 'A')).toThrow(/XML/);
});
