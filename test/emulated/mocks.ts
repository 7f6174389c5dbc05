// What tasks answer, in LocalStack's own format. In: per machine, per state, one answer an attempt (the last one
// repeats). Out: the mock file, written in one go and with a newer second than before, which makes the server read it.

import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';

export type Answer =
  | { readonly Return: unknown }
  | { readonly Throw: { readonly Error: string; readonly Cause: string } };

/** State name -> answers, one an attempt. */
export type Answers = { readonly [state: string]: readonly Answer[] };

/** Name of the only test case of each machine: an execution started as `<machine arn>#case` gets the mocked answers. */
export const CASE = 'case';

// How often the last answer may repeat. More attempts than a task can make.
const REPEATS = 50;

/** Makes these the answers of these machines; machines of earlier calls lose theirs. */
export async function writeMocks(file: string, machines: ReadonlyMap<string, Answers>): Promise<void> {
  const responses: Record<string, Record<string, Answer>> = {};
  const config: Record<string, { TestCases: Record<string, Record<string, string>> }> = {};
  for (const [machine, states] of machines) {
    const names: Record<string, string> = {};
    for (const [state, answers] of Object.entries(states)) {
      const name = `${machine}/${state}`;
      names[state] = name;
      responses[name] = Object.fromEntries(
        answers.map((answer, i) => [i < answers.length - 1 ? `${i}` : `${i}-${i + REPEATS}`, answer]),
      );
    }
    config[machine] = { TestCases: { [CASE]: names } };
  }
  // The server keeps what it read for a second of the file's modification time.
  const second = existsSync(file) ? Math.floor(statSync(file).mtimeMs / 1000) : 0;
  while (Math.floor(Date.now() / 1000) <= second) await new Promise((resolve) => setTimeout(resolve, 50));
  writeFileSync(`${file}.new`, JSON.stringify({ StateMachines: config, MockedResponses: responses }));
  renameSync(`${file}.new`, file);
}
