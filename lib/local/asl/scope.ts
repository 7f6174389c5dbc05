// Workflow variables. A branch or iteration gets a scope of its own: it sees the outer variables and sets its own.
// Limits are checked before anything changes, so a failed Assign leaves every variable as it was.

import type { Json } from '../engine';
import { Problem } from './failure';
import { exceedsBytes, type JsonObject } from './json-value';
import { MAX_ASSIGN_BYTES, MAX_VARIABLE_NAME, MAX_VARIABLES_BYTES } from './limits';

/** Bytes of all variables of one execution, shared by its scopes. */
interface Budget {
  bytes: number;
}

export class Scope {
  private readonly values = new Map<string, Json>();
  private readonly sizes = new Map<string, number>();
  private readonly budget: Budget;

  constructor(private readonly parent?: Scope) {
    this.budget = parent?.budget ?? { bytes: 0 };
  }

  lookup(name: string): Json | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const value = scope.values.get(name);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }

  /** Sets variables of this scope. Answers their JSON texts, as history records them. */
  assign(values: JsonObject): { [name: string]: string } {
    const texts: { [name: string]: string } = {};
    let total = 0;
    let growth = 0;
    for (const [name, value] of Object.entries(values)) {
      const text = JSON.stringify(value);
      if ([...name].length > MAX_VARIABLE_NAME) {
        throw new Problem(`The variable name '${name}' is longer than ${MAX_VARIABLE_NAME} characters.`);
      }
      if (name === 'states') {
        throw new Problem("The variable name 'states' is reserved.");
      }
      for (let scope = this.parent; scope; scope = scope.parent) {
        if (scope.values.has(name)) {
          throw new Problem(`The variable '${name}' of an outer scope cannot be assigned here.`);
        }
      }
      texts[name] = text;
      total += text.length;
      growth += text.length - (this.sizes.get(name) ?? 0);
    }
    if (total * 3 > MAX_ASSIGN_BYTES && exceedsBytes(Object.values(texts).join(''), MAX_ASSIGN_BYTES)) {
      throw new Problem(
        `The variables that Assign sets exceed the maximum number of bytes service limit (${MAX_ASSIGN_BYTES}).`,
        'States.DataLimitExceeded',
      );
    }
    if (this.budget.bytes + growth > MAX_VARIABLES_BYTES) {
      throw new Problem(
        `The execution's variables exceed the maximum number of bytes service limit (${MAX_VARIABLES_BYTES}).`,
        'States.DataLimitExceeded',
      );
    }
    this.budget.bytes += growth;
    for (const [name, value] of Object.entries(values)) {
      this.values.set(name, value);
      this.sizes.set(name, texts[name]!.length);
    }
    return texts;
  }

  /** The variables of this scope alone, for a later `restore`. */
  snapshot(): ReadonlyMap<string, Json> {
    return new Map(this.values);
  }

  restore(values: ReadonlyMap<string, Json>): void {
    this.assign(Object.fromEntries(values));
  }

  /** The scope is left: its variables no longer count. */
  close(): void {
    for (const size of this.sizes.values()) {
      this.budget.bytes -= size;
    }
    this.sizes.clear();
  }
}
