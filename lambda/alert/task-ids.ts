// The ids of a pipeline's tasks in the order of the run's input. In: the definition of its root machine. Out: the ids. The
// definition is the one that the run used, so the ids are right even if another one has been deployed since.

/** The end of every root machine names its failed tasks: `$map(['a','b'],function($v,$i){$lookup($a,'t'&$i)='f'?$v})`. */
export function taskIds(definition: string): string[] {
  const states =
    (JSON.parse(definition) as { States?: { [name: string]: { Type?: string; Error?: string; Cause?: string } } })
      .States ?? {};
  const end = Object.values(states).find((state) => state.Type === 'Fail' && state.Error === 'Headrace.TasksFailed');
  const list = /\$map\(\[((?:'[^']*',?)*)\]/.exec(end?.Cause ?? '')?.[1] ?? '';
  return [...list.matchAll(/'([^']*)'/g)].map(
    ([, quoted]) => JSON.parse(`"${quoted!.replace(/"/g, '\\"')}"`) as string,
  );
}
