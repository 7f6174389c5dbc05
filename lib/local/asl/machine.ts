// A state machine ready to run: definition text or JSON in, states with their compiled fields out. Fields compile on
// first use and stay with the state, so a machine parsed once runs many executions.

import type { Json } from '../engine';
import { isObject, type JsonObject, withinDepth } from './json-value';
import { MAX_JSON_DEPTH } from './limits';
import { compileTemplate, type PayloadTemplate } from './payload-template';
import { compileQuery, type Query } from './query';
import { parseResource, type Resource } from './resource';
import { parseRetriers, type Retrier, rules, strings } from './retry';

export type StateType = 'Task' | 'Pass' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

/** A branch, an iteration's machine, or the whole. */
export interface Machine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
  /** `TimeoutSeconds` of the whole machine. */
  readonly timeoutSeconds?: number;
  readonly definition: JsonObject;
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  /** Output, Assign and ResultPath of the rule, compiled like a state's. */
  readonly rule: FieldSet;
}

/** Fields of a state or rule, compiled on demand in the query language of the state. */
export class FieldSet {
  private readonly queries = new Map<string, Query>();
  private readonly templates = new Map<string, PayloadTemplate>();

  constructor(
    readonly fields: JsonObject,
    readonly jsonata: boolean,
    private readonly location = '',
  ) {}

  has(field: string): boolean {
    return Object.hasOwn(this.fields, field);
  }

  text(field: string): string | undefined {
    const value = Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  /** Where the field stands, as error messages say it. */
  path(field: string): string {
    return `${this.location}${field}`;
  }

  /** The field as JSONata; the field must be there. */
  query(field: string): Query {
    let query = this.queries.get(field);
    if (!query) {
      query = compileQuery(this.fields[field]!, this.path(field));
      this.queries.set(field, query);
    }
    return query;
  }

  /** The field as a payload template; the field must be there. */
  template(field: string): PayloadTemplate {
    let template = this.templates.get(field);
    if (!template) {
      template = compileTemplate(this.fields[field]!);
      this.templates.set(field, template);
    }
    return template;
  }
}

export class State extends FieldSet {
  readonly type: StateType;
  readonly next: string | undefined;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
  readonly resource: Resource | undefined;
  /** Choice rules, compiled. */
  readonly choices: readonly FieldSet[];
  /** Parallel: its branches. Map: one, the item processor. */
  readonly branches: readonly Machine[];

  constructor(
    readonly name: string,
    fields: JsonObject,
    jsonata: boolean,
    machineJsonata: boolean,
  ) {
    super(fields, jsonata);
    this.type = fields['Type'] as StateType;
    this.next = fields['End'] === true ? undefined : this.text('Next');
    this.retriers = parseRetriers(fields['Retry']);
    this.catchers = rules(fields['Catch']).map((rule, index) => ({
      errorEquals: strings(rule['ErrorEquals']),
      next: String(rule['Next']),
      rule: new FieldSet(rule, jsonata, `Catch[${index}]/`),
    }));
    this.resource = parseResource(this.text('Resource') ?? '');
    this.choices = rules(fields['Choices']).map((rule, index) => new FieldSet(rule, jsonata, `Choices[${index}]/`));
    const inner = this.type === 'Map' ? [this.processor] : fields['Branches'];
    this.branches = (Array.isArray(inner) ? inner : []).filter(isObject).map((branch) => build(branch, machineJsonata));
  }

  /** `ItemProcessor`, or `Iterator` as it was called. */
  get processor(): JsonObject {
    const processor = this.fields['ItemProcessor'] ?? this.fields['Iterator'];
    return isObject(processor) ? processor : {};
  }

  get distributed(): boolean {
    const config = this.processor['ProcessorConfig'];
    return isObject(config) && config['Mode'] === 'DISTRIBUTED';
  }
}

/** Throws an Error that says what is no machine; run validateDefinition first for the service's own diagnostics. */
export function parseMachine(definition: Json | string): Machine {
  let value: Json;
  try {
    value = typeof definition === 'string' ? (JSON.parse(definition) as Json) : definition;
  } catch (error) {
    throw new Error(`the definition is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value) || !isObject(value['States']) || typeof value['StartAt'] !== 'string') {
    throw new Error('the definition must be a JSON object with StartAt and States');
  }
  if (!withinDepth(value, MAX_JSON_DEPTH / 2)) {
    throw new Error(`the definition is nested deeper than ${MAX_JSON_DEPTH / 2} levels`);
  }
  return build(value, false);
}

function build(definition: JsonObject, inherited: boolean): Machine {
  const language = definition['QueryLanguage'];
  const jsonata = language === undefined ? inherited : language === 'JSONata';
  const states = new Map<string, State>();
  for (const [name, fields] of Object.entries(isObject(definition['States']) ? definition['States'] : {})) {
    if (isObject(fields)) {
      const own = fields['QueryLanguage'];
      states.set(name, new State(name, fields, own === undefined ? jsonata : own === 'JSONata', jsonata));
    }
  }
  const timeout = definition['TimeoutSeconds'];
  return {
    startAt: String(definition['StartAt']),
    states,
    timeoutSeconds: typeof timeout === 'number' ? timeout : undefined,
    definition,
  };
}
