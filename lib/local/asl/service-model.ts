// Checks a mocked result against the API model of the service that it stands for, as TestState does. In: a model in the format of
// the AWS SDKs' own (`service-2.json`), an action, a value. Out: the first field that does not conform, in the service's words.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html

import type { Json } from '../engine';
import { get, isObject } from './json-value';
import type { Resource } from './resource';

interface Shape {
  readonly type: string;
  readonly members?: { readonly [name: string]: { readonly shape: string; readonly streaming?: boolean } };
  readonly required?: readonly string[];
  readonly member?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

export interface ServiceModel {
  readonly operations: { readonly [name: string]: { readonly output?: { readonly shape: string } } };
  readonly shapes: { readonly [name: string]: Shape };
}

/** The model of a service by the name of its folder in the SDKs' data; undefined leaves the result unchecked. */
export type ServiceModels = (service: string) => ServiceModel | undefined;

export type ValidationMode = 'STRICT' | 'PRESENT' | 'NONE';

/** Names that Step Functions gives services, where they are not the models' own. */
const NAMES: { readonly [service: string]: string } = {
  states: 'stepfunctions',
  sfn: 'stepfunctions',
  eventbridge: 'events',
  redshiftdata: 'redshift-data',
  cloudwatchlogs: 'logs',
};

/** What is wrong with the result, or undefined. Jobs and callbacks answer something else than their first call: not checked. */
export function mockProblem(
  resource: Resource | undefined,
  result: Json,
  mode: ValidationMode,
  models: ServiceModels,
): string | undefined {
  if (mode === 'NONE' || resource?.kind !== 'service' || resource.integration !== 'request') {
    return undefined;
  }
  const service = resource.service.replace(/^aws-sdk:/, '');
  const model = models(NAMES[service] ?? service);
  const action = resource.action.charAt(0).toUpperCase() + resource.action.slice(1);
  const output =
    model && get(model.operations as { [name: string]: ServiceModel['operations'][string] }, action)?.output;
  if (!output) {
    return undefined;
  }
  // The optimised integration parses the function's answer: it may be any JSON.
  const free = resource.service === 'lambda' ? new Set(['Payload']) : new Set<string>();
  const found = new Checker(model, mode === 'STRICT').structure(model.shapes[output.shape]!, result, free);
  return found && `Mock result schema validation error: ${found}`;
}

class Checker {
  constructor(
    private readonly model: ServiceModel,
    private readonly strict: boolean,
  ) {}

  structure(shape: Shape, value: Json, free: ReadonlySet<string> = new Set()): string | undefined {
    if (!isObject(value)) {
      return 'the result must be an object';
    }
    for (const [name, member] of Object.entries(shape.members ?? {})) {
      const field = name.charAt(0).toUpperCase() + name.slice(1);
      const given = get(value, field);
      if (given === undefined) {
        if (this.strict && shape.required?.includes(name)) {
          return `Field '${field}' is required`;
        }
      } else if (!free.has(field)) {
        const problem = this.field(field, this.model.shapes[member.shape]!, given);
        if (problem !== undefined) {
          return problem;
        }
      }
    }
    return undefined;
  }

  private field(name: string, shape: Shape, value: Json): string | undefined {
    switch (shape.type) {
      case 'structure':
        return isObject(value) ? this.structure(shape, value) : `Field '${name}' must be an object`;
      case 'map':
        return isObject(value)
          ? first(Object.entries(value), ([key, item]) => this.field(key, this.model.shapes[shape.value!.shape]!, item))
          : `Field '${name}' must be an object`;
      case 'list':
        return Array.isArray(value)
          ? first(value, (item) => this.field(name, this.model.shapes[shape.member!.shape]!, item))
          : `Field '${name}' must be an array`;
      case 'boolean':
        return typeof value === 'boolean' ? undefined : `Field '${name}' must be a boolean`;
      case 'integer':
      case 'long':
      case 'float':
      case 'double':
        return typeof value === 'number' ? outOfRange(name, shape, value) : `Field '${name}' must be a number`;
      default:
        return typeof value === 'string' ? wrongText(name, shape, value) : `Field '${name}' must be a string`;
    }
  }
}

function outOfRange(name: string, { min, max }: Shape, value: number): string | undefined {
  if (min !== undefined && value < min) {
    return `Field '${name}' is less than the minimum value`;
  }
  return max !== undefined && value > max ? `Field '${name}' is greater than the maximum value` : undefined;
}

function wrongText(name: string, shape: Shape, value: string): string | undefined {
  if (shape.enum && !shape.enum.includes(value)) {
    return `Field '${name}' is not an expected value`;
  }
  if (shape.min !== undefined && value.length < shape.min) {
    return `Field '${name}' is smaller than the minimum length`;
  }
  return shape.max !== undefined && value.length > shape.max
    ? `Field '${name}' is larger than the maximum length`
    : undefined;
}

function first<T>(items: readonly T[], check: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = check(item);
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
}
