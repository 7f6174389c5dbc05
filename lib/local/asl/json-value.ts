// Small operations on JSON values that the language's parts share. Values come in as parsed JSON and are never changed;
// keys are set so that `__proto__` stays an ordinary key.

import type { Json } from '../engine';

export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own property, whatever its name. */
export function put<T>(target: { [key: string]: T }, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** An own property, or undefined. */
export function get<T>(target: { [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(target, key) ? target[key] : undefined;
}

export function deepEqual(a: Json, b: Json): boolean {
  if (a === b) {
    return true;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => deepEqual(item, b[index] ?? null));
  }
  if (!isObject(a) || !isObject(b)) {
    return false;
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key] ?? null, b[key] ?? null))
  );
}

export function jsonType(value: Json): 'null' | 'array' | 'object' | 'string' | 'number' | 'boolean' {
  if (value === null) {
    return 'null';
  }
  return Array.isArray(value) ? 'array' : (typeof value as 'object' | 'string' | 'number' | 'boolean');
}

/** UTF-8 length of a JSON text; counts only when the quick bound does not decide. */
export function exceedsBytes(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && Buffer.byteLength(text) > limit);
}

/** How the service prints a value inside a sentence: strings bare, the rest as the Java collections do (`{a=1, b=[]}`). */
export function plainText(value: Json): string {
  if (Array.isArray(value)) {
    return `[${value.map(plainText).join(', ')}]`;
  }
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}=${plainText(item)}`)
      .join(', ')}}`;
  }
  return String(value);
}

/** True when no value is nested deeper than `limit`; iterative, so any depth can be asked. */
export function withinDepth(value: Json, limit: number): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) {
      return false;
    }
    const next: Json[] = [];
    for (const item of level) {
      if (typeof item === 'object' && item !== null) {
        for (const child of Array.isArray(item) ? item : Object.values(item)) {
          if (typeof child === 'object' && child !== null) {
            next.push(child);
          }
        }
      }
    }
    level = next;
  }
  return true;
}
