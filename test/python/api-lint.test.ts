import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lossySpots } from './api-lint';

const folder = mkdtempSync(join(tmpdir(), 'headrace-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

function lint(text: string, index = "export * from './room';"): string[] {
  writeFileSync(join(folder, 'room.ts'), text);
  writeFileSync(join(folder, 'index.ts'), index);
  return lossySpots(join(folder, 'index.ts'), folder);
}

describe('what would reach Python changed', () => {
  it.each([
    ['a type alias', 'export type Rule = string;', 'room.ts:1 exports the type alias Rule'],
    ['a constant', 'export const LIMIT = 3;', 'room.ts:1 exports a constant'],
    ['a function', 'export function load(): void {}', 'room.ts:1 exports the function load'],
    ['a generic method', 'export class A {\n  id<T>(x: T): T { return x; }\n}', 'room.ts:2 id is generic'],
    ['an overload', 'export class A {\n  f(x: string): void;\n  f(x: any): void {}\n}', 'room.ts:3 overloads f'],
    ['a string union', "export interface P {\n  readonly mode?: 'a' | 'b';\n}", "room.ts:2 mode takes the literal 'a'"],
    ['a union in an array', "export interface P {\n  readonly m: ('a' | 'b')[];\n}", 'room.ts:2 m takes the literal'],
    ['a template literal', 'export class A {\n  f(x: `a${string}`): void {}\n}', 'room.ts:2 f has a template literal'],
    ['a class as value', 'export class A {\n  f(x: typeof A): void {}\n}', 'room.ts:2 f has the type typeof A'],
    ['an own alias', 'type M = string;\nexport class A {\n  f(): M { return ""; }\n}', 'room.ts:3 f has the alias M'],
  ])('%s is found', (_, text, find) => {
    const finds = lint(text);
    expect(finds[0]).toContain(find);
  });

  it("another file's alias is found", () => {
    writeFileSync(join(folder, 'rule.ts'), "export type Rule = 'a' | 'b';");
    const text = "import type { Rule } from './rule';\nexport interface P {\n  readonly rule?: Rule;\n}";
    expect(lint(text)[0]).toContain('room.ts:3 rule has the alias Rule');
  });

  it('what Python never sees is left alone', () => {
    const text = `
      type Mode = 'a' | 'b';
      export class A {
        private mode?: Mode;
        static of(x: string): A { return new A(); }
        of(x: string): A { return this; }
        /** @internal */
        _both<T>(x: T): T { return x; }
      }
      /** @internal */
      export const HIDDEN = 1;
      export enum E { ONE = 'one' }
      export interface P { readonly n?: string | number; readonly m?: Record<string, string> }`;
    expect(lint(text)).toEqual([]);
  });

  it('names that the entry does not export are left alone', () => {
    const text = 'export class A {}\nexport type Inner = string;';
    expect(lint(text, "export { A } from './room';")).toEqual([]);
  });
});

describe('the public API', () => {
  it('has no lossy spot', () => {
    expect(lossySpots(join(__dirname, '../../lib/index.ts'))).toEqual([]);
  });
});
