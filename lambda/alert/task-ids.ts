// The ids of a pipeline's tasks in the order of the run's input. In: the definition of its root machine. Out: the ids. The
// definition is the one that the run used, so the ids are right even if another one has been deployed since.

/** The end of every root machine names its failed tasks: `$map($split('a,b',','),...)`, or `$map(['a','b'],...)`. */
export function taskIds(definition: string): string[] {
  const { States } = JSON.parse(definition) as {
    States?: { [name: string]: { Type?: string; Error?: string; Cause?: string } };
  };
  const end = Object.values(States ?? {}).find(
    (state) => state.Type === 'Fail' && state.Error === 'Headrace.TasksFailed',
  );
  const cause = end?.Cause ?? '';
  const split = /\$map\(\$split\(('[^']*'),'([^']+)'\)/.exec(cause);
  if (split) return unquoted(split[1]!).split(split[2]!);
  const list = /\$map\(\[((?:'[^']*',?)*)\]/.exec(cause)?.[1] ?? '';
  return [...list.matchAll(/'[^']*'/g)].map(([quoted]) => unquoted(quoted));
}

/** A JSONata literal has JSON's escapes. */
function unquoted(literal: string): string {
  return JSON.parse(`"${literal.slice(1, -1).replace(/"/g, '\\"')}"`) as string;
}
