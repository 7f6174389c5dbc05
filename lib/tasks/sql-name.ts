// Names of tables and columns that stand in SQL as they are. In: a prop and its text. Out: what is wrong with it, if anything.
// Always: a text that passes is one name, so nothing can be smuggled into a statement by it.

import { Token } from 'aws-cdk-lib';

export function identifierProblem(prop: string, name: string): string | undefined {
  if (Token.isUnresolved(name))
    return `${prop} holds a value that is not known at synth: names of tables and columns stand in the SQL as they are; write the name, or the whole statement with a task that takes SQL`;
  if (/^(?:[A-Za-z_][\w$]*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_#][\w$]*|"(?:[^"]|"")+")){0,2}$/.test(name)) return undefined;
  return `${prop} is ${JSON.stringify(name)}: expected a name such as orders, sales.orders or "Odd name"`;
}
