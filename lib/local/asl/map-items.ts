// What both kinds of Map share: the array to iterate over, the concurrency limit, and the input of one iteration.

import type { Json } from '../engine';
import { inputAfterPath } from './data-flow';
import { Problem, queryProblem } from './failure';
import { Payload } from './history';
import { isObject } from './json-value';
import type { FieldSet } from './machine';
import { evaluatePlainPath, evaluateReference } from './payload-template';
import { expectType } from './query';
import type { MapItem } from './run';
import type { Visit } from './visit';

export interface GivenItem {
  readonly value: Json;
  /** The name, when the items are the fields of an object. */
  readonly key?: string;
}

/** What a distributed Map iterates over: an array as an inline one, or the fields of an object. */
export async function distributedItems(visit: Visit): Promise<GivenItem[]> {
  const { state, input } = visit;
  let items: Json;
  if (state.jsonata) {
    items = state.has('Items') ? await state.query('Items').evaluate(visit.queries()) : input.value;
  } else {
    const path = state.text('ItemsPath') ?? '$';
    items = evaluatePlainPath(path, visit.paths(inputAfterPath(visit)));
  }
  if (isObject(items)) {
    return Object.entries(items).map(([key, value]) => ({ key, value }));
  }
  return (await mapItems(visit)).map((value) => ({ value }));
}

/** The array in Items, at ItemsPath, or the input itself. */
export async function mapItems(visit: Visit): Promise<Json[]> {
  const { state, input } = visit;
  if (state.jsonata) {
    if (state.has('Items')) {
      const query = state.query('Items');
      const value = await query.evaluate(visit.queries());
      return expectType(value, 'array', query.expression, 'Items') as Json[];
    }
    if (!Array.isArray(input.value)) {
      throw queryProblem(`Map state input must be an array but was: ${input.text}`);
    }
    return input.value;
  }
  const data = inputAfterPath(visit);
  const path = state.text('ItemsPath') ?? '$';
  const items = evaluatePlainPath(path, visit.paths(data));
  if (!Array.isArray(items)) {
    throw new Problem(`Reference path "${path.replace(/^\$\$/, '$')}" must point to array.`);
  }
  return items;
}

/** A whole number that a Map needs: the field (JSONata or literal), or its `...Path`. Undefined when neither is there. */
export async function mapNumber(
  visit: Visit,
  fields: FieldSet,
  field: string,
  kind: 'integer' | 'float' = 'integer',
): Promise<number | undefined> {
  const path = fields.text(`${field}Path`);
  if (fields.jsonata || path === undefined) {
    if (!fields.has(field)) {
      return undefined;
    }
    const value = fields.jsonata ? await fields.query(field).evaluate(visit.queries()) : fields.fields[field]!;
    const number = asNumber(value, kind);
    if (number === undefined) {
      const location = fields.path(field);
      throw fields.jsonata
        ? queryProblem(
            `The ${field} field must be ${kind === 'integer' ? 'an integer' : 'a number'}, but was: ${JSON.stringify(value)}`,
            location,
          )
        : new Problem(`The ${field} field has the value ${JSON.stringify(value)} which is not a valid ${kind}.`);
    }
    return number;
  }
  const value = evaluateReference(path, `${field}Path`, visit.paths(inputAfterPath(visit)));
  const number = asNumber(value, kind);
  if (number === undefined) {
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    throw new Problem(`The ${field}Path field refers to value "${shown}" which is not a valid ${kind}: ${path}`);
  }
  return number;
}

function asNumber(value: Json, kind: 'integer' | 'float'): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || (kind === 'integer' && !Number.isInteger(number))) {
    return undefined;
  }
  return number;
}

/** MaxConcurrency, at most `most`; 0 and absence mean as many as there may be. */
export async function mapConcurrency(visit: Visit, most: number): Promise<number> {
  const wanted = (await mapNumber(visit, visit.state, 'MaxConcurrency')) ?? 0;
  if (wanted < 0) {
    throw new Problem('MaxConcurrency cannot be negative.');
  }
  return wanted === 0 ? most : Math.min(wanted, most);
}

/** The input of one iteration: ItemSelector (Parameters as it was called), or the item. */
export async function iterationInput(visit: Visit, mapItem: MapItem): Promise<Payload> {
  const { state } = visit;
  const field = state.has('ItemSelector')
    ? 'ItemSelector'
    : !state.jsonata && state.has('Parameters')
      ? 'Parameters'
      : '';
  if (field === '') {
    return new Payload(mapItem.Key === undefined ? mapItem.Value : { Key: mapItem.Key, Value: mapItem.Value });
  }
  return new Payload(
    state.jsonata
      ? await state.query(field).evaluate(visit.queries({ mapItem }))
      : state.template(field)(visit.paths(inputAfterPath(visit), mapItem)),
  );
}
