// What a stand-in is: one object per AWS service that answers API actions. In: an action with its input in the API's
// PascalCase, the region, and the state's call if a state machine asked. Out: the API's answer, or a ServiceError with AWS's
// name. Always: both ways in (state machines, and the programs they start) reach the same object and the same state.

import { type Json, ServiceError, type TaskCall } from '../engine';

export type Fields = { [key: string]: Json };

export interface ServiceRequest {
  /** `StartCrawler` */
  readonly action: string;
  readonly input: Fields;
  readonly region: string;
  /** Present when a Task state asked; absent for programs that come through the gateway. */
  readonly call?: TaskCall;
}

export interface Service {
  handle(request: ServiceRequest): Promise<Json>;
  /** Ends what still runs. */
  close?(): Promise<void>;
}

/** A required text of the input. */
export function textOf(service: string, input: Fields, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new ServiceError(
    `${service}.ValidationException`,
    `${name} is required and must be a text, got ${JSON.stringify(value)}`,
  );
}

export function optionalText(input: Fields, name: string): string | undefined {
  const value = input[name];
  return value === undefined || value === null ? undefined : String(value);
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function fieldsOf(value: Json | undefined): Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

/** Keeps the keys that have a value: AWS leaves out what is not set. */
export function present(fields: { readonly [key: string]: Json | undefined }): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

/** Renames keys, at every depth of the API's own structures, with the first letter upper or lower. */
export function withInitial(value: Json, initial: 'upper' | 'lower'): Json {
  if (Array.isArray(value)) return value.map((item) => withInitial(item, initial));
  if (value === null || typeof value !== 'object') return value;
  const change = (key: string) =>
    (initial === 'upper' ? key.charAt(0).toUpperCase() : key.charAt(0).toLowerCase()) + key.slice(1);
  // Names of variables are the author's, not the API's.
  const inside = (key: string, inner: Json) => (/^assignedVariables$/i.test(key) ? inner : withInitial(inner, initial));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [change(key), inside(key, inner)]));
}
