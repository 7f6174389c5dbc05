// One line of what the doctor says.

export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'error';
  readonly text: string;
}

export type Verdict = Omit<Finding, 'what'>;

export const ok = (text: string): Verdict => ({ state: 'ok', text });
export const warning = (text: string): Verdict => ({ state: 'warning', text });
