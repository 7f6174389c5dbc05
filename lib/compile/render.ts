// A tree cut into machines in, ASL out. Every machine starts with one Pass state that sets the variables; a sequence becomes
// states one after the other, a parallel one Parallel state whose branches end with what they have to tell; a child becomes a
// nested execution. Only what is not a success is ever told, so thousands of branches stay within the payload limit.

import { concat, expression, field, merged, quote } from './expression';
import { CAUSE_CHARS } from './limits';
import type { CompileRequest, Json } from './model';
import { depthVariable } from './names';
import { newStates, poisonStates, rendezvousVariable, type States } from './rendezvous';
import { runContext } from './run-context';
import { addTaskStates, type Emission, entryOf, targetOf } from './task-states';
import { type Child, type Parallel, tasksOf, type Tree, walk } from './tree';

export interface RenderedMachine {
  readonly name: string;
  readonly root: boolean;
  readonly definition: { readonly [field: string]: Json };
  readonly tasks: readonly number[];
  readonly children: readonly string[];
  readonly usesRendezvous: boolean;
}

/** Errors of StartExecution that mean "not started, try again". */
const NOT_STARTED = [
  'StepFunctions.ExecutionLimitExceeded',
  'StepFunctions.ExecutionLimitExceededException',
  'StepFunctions.ThrottlingException',
];

export function renderMachines(request: CompileRequest, emission: Emission, root: Tree): RenderedMachine[] {
  return new Renderer(request, emission, root).run();
}

class Renderer {
  /** The task that names a parallel: of all its branches' smallest tasks the second; no other parallel has the same. */
  private readonly anchors = new Map<Parallel, number>();
  private readonly pending: { name: string; tree: Tree; root: boolean }[] = [];
  private readonly rendezvous: boolean;
  private readonly context: string | undefined;
  /** The machines carry the ARN of the root's execution. */
  private readonly knowsRoot: boolean;
  private children: string[] = [];
  private inChild = false;

  constructor(
    private readonly request: CompileRequest,
    private readonly emission: Emission,
    root: Tree,
  ) {
    this.rendezvous = emission.links.far.some((tasks) => tasks.length > 0);
    this.knowsRoot = this.rendezvous || request.failureEvents !== undefined;
    this.context = runContext(request, emission.graph);
    this.pending.push({ name: request.name, tree: root, root: true });
    this.findAnchors(root);
  }

  run(): RenderedMachine[] {
    const machines: RenderedMachine[] = [];
    for (let i = 0; i < this.pending.length; i++) {
      const { name, tree, root } = this.pending[i]!;
      this.children = [];
      this.inChild = !root;
      const tasks = ownTasks(tree);
      const definition = root ? this.rootMachine(tree) : this.childMachine(tree);
      const usesRendezvous = tasks.some(
        (t) =>
          this.emission.links.far[t]!.length + this.emission.links.targets[t]!.length > 0 ||
          this.emission.graph.tasks[t]!.usesRendezvous === true,
      );
      machines.push({
        name,
        root,
        definition,
        tasks,
        children: this.children,
        usesRendezvous: usesRendezvous || this.poisons(tree),
      });
    }
    return machines;
  }

  private rootMachine(tree: Tree): { [field: string]: Json } {
    const { names, graph } = this.emission;
    const [failed, done] = [names.fixed('Failed'), names.fixed('Done')];
    const states = newStates();
    const start = this.sequence(states, tree, 0, names.fixed('='));
    // A graph of teardowns only has none.
    const last = graph.last.length === 0 ? [`''`] : graph.last.map((task) => `$a.t${task}`);
    const failedIds = `$map(${idList(graph.ids)},function($v,$i){$lookup($a,'t'&$i)='f'?$v})`;
    const cause = `$join([${failedIds}],', ')`;
    const longest = graph.ids.reduce((sum, id) => sum + id.length + 2, 0);
    return {
      QueryLanguage: 'JSONata',
      StartAt: names.fixed('{'),
      ...(this.request.timeoutSeconds === undefined ? {} : { TimeoutSeconds: this.request.timeoutSeconds }),
      States: {
        [names.fixed('{')]: {
          Type: 'Pass',
          Assign: {
            ...(this.knowsRoot ? { r: expression('$states.context.Execution.Id') } : {}),
            ...(this.rendezvous ? { t: rendezvousVariable(this.request.rendezvousTable) } : {}),
            k: expression(KEPT),
            ...(this.context === undefined ? {} : { run: expression(this.context) }),
            a: {},
          },
          Next: start,
        },
        ...states,
        [names.fixed('=')]: {
          Type: 'Choice',
          Choices: [
            {
              Condition: expression(`$contains(${last.length === 1 ? `${last[0]}&''` : concat(last)},/f|u/)`),
              Output: expression('$a'),
              Next: failed,
            },
          ],
          Default: done,
        },
        [failed]: {
          Type: 'Fail',
          Error: 'Headrace.TasksFailed',
          Cause: expression(longest > CAUSE_CHARS ? `$substring(${cause},0,${CAUSE_CHARS})` : cause),
        },
        [done]: { Type: 'Succeed', Output: expression(this.results() ?? '$a') },
      },
    };
  }

  /** The outputs that were asked for, as an object; those of tasks that did not succeed are left out. */
  private results(): string | undefined {
    const { results } = this.request;
    if (results === undefined) return undefined;
    const { position } = this.emission.graph;
    const fields = Object.entries(results).map(([name, { task, name: output }]) => {
      const value = `v${position.get(task)!}`;
      return `${quote(name)}:${field(`$merge([$k.${value},$a.${value}])`, output)}`;
    });
    return `{${fields.join(',')}}`;
  }

  private childMachine(tree: Tree): { [field: string]: Json } {
    const { names } = this.emission;
    const states = newStates();
    const start = this.sequence(states, tree, 0, names.fixed('Done'));
    const passed = [
      ...(this.knowsRoot ? ['r'] : []),
      ...(this.rendezvous ? ['t'] : []),
      'k',
      'p',
      ...(this.context === undefined ? [] : ['run']),
    ];
    return {
      QueryLanguage: 'JSONata',
      StartAt: names.fixed('{'),
      States: {
        [names.fixed('{')]: {
          Type: 'Pass',
          Assign: { ...Object.fromEntries(passed.map((v) => [v, expression(`$states.input.${v}`)])), a: {} },
          Next: start,
        },
        ...states,
        [names.fixed('Done')]: { Type: 'Succeed', Output: expression('$a') },
      },
    };
  }

  /** Adds the states of a sequence (or of its only part) and returns the name of the first. Without `end` it is a branch. */
  private sequence(states: States, tree: Tree, depth: number, end?: string): string {
    const parts = tree.kind === 'sequence' ? tree.parts : [tree];
    const variable = depthVariable(depth);
    parts.forEach((part, i) => {
      const next = i + 1 < parts.length ? this.entry(parts[i + 1]!) : end;
      const place = { variable, fresh: end === undefined && i === 0, ...(next === undefined ? {} : { next }) };
      if (part.kind === 'task') addTaskStates(states, this.emission, part.task, place);
      else if (part.kind === 'parallel') states[this.entry(part)] = this.parallelState(part, depth, place);
      else if (part.kind === 'child') Object.assign(states, this.childCall(part, depth, place));
      else throw new Error('a sequence stands directly in a sequence');
    });
    return this.entry(parts[0]!);
  }

  private entry(tree: Tree): string {
    const { names } = this.emission;
    if (tree.kind === 'task') return entryOf(this.emission, tree.task);
    if (tree.kind === 'parallel') return names.helper(this.anchors.get(tree)!, '|');
    if (tree.kind === 'child') return names.helper(tree.anchor, '*');
    return this.entry(tree.parts[0]!);
  }

  private parallelState(
    tree: Parallel,
    depth: number,
    place: { variable: string; fresh: boolean; next?: string },
  ): Json {
    const { variable, fresh, next } = place;
    const branches = tree.parts.map((part) => {
      const states = newStates();
      const start = this.sequence(states, part, depth + 1);
      return { StartAt: start, States: states };
    });
    const joined = expression(fresh ? '$merge($states.result)' : `$merge($append($${variable},$states.result))`);
    return {
      Type: 'Parallel',
      Branches: branches,
      ...(next === undefined ? { Output: joined, End: true } : { Assign: { [variable]: joined }, Next: next }),
    };
  }

  private childCall(child: Child, depth: number, place: { variable: string; fresh: boolean; next?: string }): States {
    const { names, stopOnFailure } = this.emission;
    const { variable, fresh, next } = place;
    this.children.push(child.name);
    this.pending.push({ name: child.name, tree: child.parts[0], root: false });
    const inside = tasksOf(child);
    const poisoned = this.poisonEdges(inside);
    const stop = names.plumbing(child.anchor, '*.');
    const afterDeath = poisoned.length > 0 ? names.helper(child.anchor, '*>') : (next ?? stop);
    const known = [
      ...(this.inChild ? ['$p'] : []),
      ...Array.from({ length: depth + 1 }, (_, d) => depthVariable(d))
        .filter((v) => !(fresh && v === variable))
        .map((v) => `$${v}`),
    ];
    const result = expression(merged(variable, fresh, '$states.result.Output'));
    // A list in one text: an object of thousands of fields is more than an engine may evaluate at once.
    const dead = `$map($split('${inside.join(',')}',','),function($i){{'t'&$i:'f'}})`;
    const call: { [field: string]: Json } = {
      Type: 'Task',
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Arguments: {
        StateMachineArn: this.request.machineArn(child.name),
        Input: {
          AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: expression('$states.context.Execution.Id'),
          ...(this.knowsRoot ? { r: expression('$r') } : {}),
          ...(this.rendezvous ? { t: expression('$t') } : {}),
          k: expression('$k'),
          p: known.length === 0 ? {} : expression(known.length === 1 ? known[0]! : `$merge([${known.join(',')}])`),
          ...(this.context === undefined ? {} : { run: expression('$run') }),
        },
      },
      Retry: [{ ErrorEquals: NOT_STARTED, IntervalSeconds: 2, MaxAttempts: 8, BackoffRate: 2, JitterStrategy: 'FULL' }],
      ...(next === undefined ? { Output: result, End: true } : { Assign: { [variable]: result }, Next: next }),
    };
    const states = newStates();
    states[names.helper(child.anchor, '*')] = call;
    if (stopOnFailure) return states;
    const died = { [variable]: expression(fresh ? `$merge(${dead})` : `$merge([$${variable},${dead}])`) };
    call['Catch'] = [{ ErrorEquals: ['States.ALL'], Assign: died, Next: afterDeath }];
    if (poisoned.length > 0) {
      const onwards = next === undefined ? {} : { next };
      Object.assign(states, poisonStates({ edges: poisoned, names: this.poisonNames(child), variable, ...onwards }));
    } else if (next === undefined) {
      states[stop] = { Type: 'Succeed', Output: expression(`$${variable}`) };
    }
    return states;
  }

  private poisonNames(child: Child) {
    const { names } = this.emission;
    const name = (suffix: string): string => names.plumbing(child.anchor, suffix);
    return {
      first: names.helper(child.anchor, '*>'),
      update: name('*+'),
      wake: name('*!'),
      send: name('*-'),
      stop: name('*>.'),
    };
  }

  private poisonEdges(inside: readonly number[]): { from: number; to: ReturnType<typeof targetOf> }[] {
    const own = new Set(inside);
    return inside.flatMap((from) =>
      this.emission.links.targets[from]!.filter((to) => !own.has(to)).map((to) => ({
        from,
        to: targetOf(this.emission, to, from),
      })),
    );
  }

  private poisons(tree: Tree): boolean {
    let found = false;
    walk(tree, (node) => {
      if (node.kind === 'child' && this.poisonEdges(tasksOf(node)).length > 0) found = true;
    });
    return found;
  }

  private findAnchors(root: Tree): void {
    const least = new Map<Tree, number>();
    const nodes: Tree[] = [];
    walk(root, (node) => nodes.push(node));
    for (const node of nodes.reverse()) {
      if (node.kind === 'task') {
        least.set(node, node.task);
        continue;
      }
      let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (const part of node.parts) {
        const task = least.get(part)!;
        if (task < first) [first, second] = [task, first];
        else if (task < second) second = task;
      }
      least.set(node, first);
      if (node.kind === 'parallel') this.anchors.set(node, second);
    }
  }
}

/** All ids as a JSONata list: one text cut at a character that no id has is shorter than many texts. */
function idList(ids: readonly string[]): string {
  if (ids.length < 4) return `[${ids.map(quote).join(',')}]`;
  const separator = [',', '|', ';'].find((char) => !ids.some((id) => id.includes(char))) ?? '\u0001';
  return `$split(${quote(ids.join(separator))},${quote(separator)})`;
}

/** What the run keeps, from its input: `{"t3":"k"}` for a task that is not to run, `"o3"` its earlier letter, `"v3"` its outputs. */
const KEPT =
  "($x:=$states.input;$merge([{},$x.outputs,$map($split($x.run,''),function($c,$i){$c='0'?" +
  "{'t'&$i:'k','o'&$i:$lookup($x.kept,''&$i)}})]))";

/** Tasks whose states stand in this machine, not in its children. */
function ownTasks(tree: Tree): number[] {
  const tasks: number[] = [];
  const stack: Tree[] = [tree];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.kind === 'task') tasks.push(node.task);
    else if (node.kind !== 'child') stack.push(...node.parts);
  }
  return tasks.sort((a, b) => a - b);
}
