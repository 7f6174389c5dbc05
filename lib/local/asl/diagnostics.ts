// What validation finds, in the shape of ValidateStateMachineDefinition, and how CreateStateMachine words it.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html

export interface Diagnostic {
  readonly code: string;
  /** JSON pointer; absent when there is no document to point into. */
  readonly location?: string;
  readonly message: string;
  readonly severity: 'ERROR' | 'WARNING';
}

export interface Validation {
  readonly accepted: boolean;
  /** `InvalidDefinition` when refused. */
  readonly errorCode?: string;
  /** CreateStateMachine's message when refused. */
  readonly message?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Collects problems; one place, one kind, once. */
export class Findings {
  readonly found: Diagnostic[] = [];

  schema(location: string | undefined, message: string): void {
    this.add('SCHEMA_VALIDATION_FAILED', location, message);
  }

  target(location: string, message: string): void {
    this.add('MISSING_TRANSITION_TARGET', location, message);
  }

  private add(code: string, location: string | undefined, message: string): void {
    this.found.push({ code, ...(location !== undefined && { location }), message, severity: 'ERROR' });
  }

  result(): Validation {
    if (this.found.length === 0) {
      return { accepted: true, diagnostics: [] };
    }
    const texts = this.found.map(
      ({ code, message, location }) => `${code}: ${message}${location ? ` at ${location}` : ''}`,
    );
    return {
      accepted: false,
      errorCode: 'InvalidDefinition',
      message: `Invalid State Machine Definition: '${texts.join(', ')}'`,
      diagnostics: this.found,
    };
  }
}

/** A name as part of a JSON pointer. */
export function pointer(...names: readonly (string | number)[]): string {
  return names.map((name) => `/${String(name)}`).join('');
}
