// The functions that the service adds to JSONata, and the two clock functions bound to the execution's own clock.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html

import { randomUUID } from 'node:crypto';
import type { Json } from '../engine';
import { hash } from './intrinsics';
import { seededRandom } from './seeded-random';

const LONGEST_RANGE = 1_000_000;

type Native = (...args: never[]) => unknown;

/** Functions that need nothing from outside, by name. */
export const PURE_FUNCTIONS: { readonly [name: string]: Native } = {
  partition(array: Json | undefined, size: number): Json[] | undefined {
    if (array === undefined) {
      return undefined;
    }
    const items = Array.isArray(array) ? array : [array];
    const step = integer(size, '$partition');
    if (step <= 0) {
      throw new Error('the second argument of $partition must be a positive integer');
    }
    const chunks: Json[] = [];
    for (let start = 0; start < items.length; start += step) {
      chunks.push(items.slice(start, start + step));
    }
    return chunks;
  },

  range(from: number, to: number, by: number): number[] {
    const [start, end, step] = [integer(from, '$range'), integer(to, '$range'), integer(by, '$range')];
    if (step === 0) {
      throw new Error('the third argument of $range must not be zero');
    }
    if ((end - start) / step > LONGEST_RANGE) {
      throw new Error(`$range would make more than ${LONGEST_RANGE} numbers`);
    }
    const numbers: number[] = [];
    for (let item = start; step > 0 ? item <= end : item >= end; item += step) {
      numbers.push(item);
    }
    return numbers;
  },

  hash(data: Json | undefined, algorithm: string): string | undefined {
    return data === undefined ? undefined : hash(data, algorithm);
  },

  uuid: () => randomUUID(),

  parse(text: string | undefined): Json | undefined {
    if (text === undefined) {
      return undefined;
    }
    if (typeof text !== 'string') {
      throw new Error('the argument of $parse must be a string');
    }
    return JSON.parse(text) as Json;
  },
};

/** `$random()` and `$random(seed)`. */
export function randomFunction(random: () => number): Native {
  return (seed?: number) => (seed === undefined ? random() : seededRandom(integer(seed, '$random')));
}

function integer(value: unknown, name: string): number {
  if (typeof value !== 'number') {
    throw new Error(`an argument of ${name} must be a number`);
  }
  return Math.round(value);
}
