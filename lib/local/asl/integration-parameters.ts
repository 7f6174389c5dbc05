// The few argument checks that the service makes itself before it calls another one. In: a resource and its evaluated
// arguments. Throws the Problem that ends the execution, as the service words it.

import type { Json } from '../engine';
import { Problem } from './failure';
import { isObject } from './json-value';
import type { Resource } from './resource';

interface Field {
  readonly required?: true;
  readonly format?: (value: Json) => boolean;
}

const ANY = {};
const REQUIRED: Field = { required: true };
/** API Gateway's headers and query parameters: every value is a list of strings. */
const LISTS: Field = {
  format: (value) =>
    isObject(value) &&
    Object.values(value).every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string')),
};

const CHECKS: { readonly [integration: string]: { readonly [field: string]: Field } } = {
  'apigateway:invoke': {
    ApiEndpoint: REQUIRED,
    Method: REQUIRED,
    Headers: LISTS,
    QueryParameters: LISTS,
    Stage: ANY,
    Path: ANY,
    RequestBody: ANY,
    AllowNullValues: ANY,
    AuthType: ANY,
  },
};

export function checkParameters(resource: Resource, args: Json): void {
  const key = `${resource.service}:${resource.action}`;
  const fields = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
  if (!fields || resource.kind !== 'service') {
    return;
  }
  const problems: string[] = [];
  const given = isObject(args) ? args : {};
  for (const [name, field] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) {
      if (field.required) {
        problems.push(`The field '${name}' is required but was missing`);
      }
    } else if (field.format && !field.format(value)) {
      problems.push(`The value of the field '${name}' has an invalid format`);
    }
  }
  if (problems.length > 0) {
    throw new Problem(
      `The Parameters '${JSON.stringify(args)}' could not be used to start the Task: [${problems.join(', ')}]`,
    );
  }
}
