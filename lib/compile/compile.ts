// The compiler: a graph of tasks in, Step Functions machines out. Pure and deterministic: the same tasks in any order give
// the same text; nothing here reads a clock, a file or the environment.
//
//   request --1 check--> request --2 order--> Graph --3 plan--> tree + rendezvous --4 split--> tree of machines
//           --5 render--> ASL --6 lint--> ASL --7 result--> Compiled

import { checkRequest } from './check';
import { CALL_COST, CHILD_MACHINE_COST, FAILURE_EVENT_EVENTS, MACHINE_COST, PARALLEL_COST, taskCost } from './cost';
import {
  DEFINITION_BYTES,
  DEFINITION_TARGET,
  HISTORY_EVENTS,
  OUTPUTS_TARGET,
  TASK_OUTPUTS_MAX,
  TASK_OUTPUTS_MIN,
} from './limits';
import { type Links, linkTasks } from './link';
import { lintMachine } from './lint';
import {
  type Compiled,
  CompileError,
  type CompiledMachine,
  type CompileRequest,
  type Json,
  type Problem,
} from './model';
import { Names } from './names';
import { compareText, firesEarly, type Graph, orderTasks } from './order';
import { type Plan, planTasks } from './plan';
import { referencesOf } from './references';
import { type RenderedMachine, renderMachines } from './render';
import { Scopes } from './scope';
import { splitTree } from './split';
import type { Emission } from './task-states';
import type { Tree } from './tree';

/** Compiles a pipeline. Throws a CompileError with every problem found. */
export function compile(request: CompileRequest): Compiled {
  // 1. check: everything that is wrong with the request, at once
  const references = new Map(request.tasks.map((task) => [task, referencesOf(task)]));
  refuse(checkRequest(request, references));
  // 2. order: tasks as numbers, in a canonical order that is also a topological one
  const graph = orderTasks(request, references);
  // 3. plan: fewest edges, nested as exactly as possible, the rest as rendezvous
  const plan = planTasks(graph);
  const links = linkTasks(graph, plan.root);
  // 4. split and 5. render: estimates decide the cut, what was rendered decides whether it holds
  const machines = fit(request, graph, plan, links);
  // 6. lint: what AWS would refuse
  refuse(machines.flatMap((machine) => lintProblems(machine)));
  // 7. result
  return result(request, graph, plan, links, machines);
}

interface Measured extends RenderedMachine {
  readonly chars: number;
  readonly bytes: number;
  readonly states: number;
  readonly parallels: number;
  readonly events: number;
  readonly transitions: number;
}

/** Cuts, renders and measures until every machine fits; each round cuts to three quarters of the one before. */
function fit(request: CompileRequest, graph: Graph, plan: Plan, links: Links): Measured[] {
  let target = DEFINITION_TARGET;
  for (let round = 0; ; round++, target *= 0.75) {
    const root = splitTree(request.name, graph, links, plan.root, target);
    const machines = renderMachines(request, emissionOf(request, graph, links, root), root).map((machine) =>
      measure(machine, graph, links),
    );
    const large = machines.filter(
      (machine) => machine.bytes > DEFINITION_BYTES * 0.95 || mostEvents(request, machine) > HISTORY_EVENTS * 0.9,
    );
    if (large.length === 0) return machines;
    if (round === 4) refuse(large.map((machine) => tooLarge(request, machine)));
  }
}

/** Where every task fails and an event tells of it. */
function mostEvents(request: CompileRequest, machine: Measured): number {
  return machine.events + (request.failureEvents === undefined ? 0 : FAILURE_EVENT_EVENTS * machine.tasks.length);
}

function emissionOf(request: CompileRequest, graph: Graph, links: Links, root: Tree): Emission {
  const outputs = referencedOutputs(request, graph);
  const carrying = outputs.filter((names) => names.length > 0).length;
  let outputLimit = TASK_OUTPUTS_MAX;
  // Halved until all fit together, so that one more task seldom changes the text of the others.
  while (outputLimit > TASK_OUTPUTS_MIN && outputLimit * carrying > OUTPUTS_TARGET) outputLimit /= 2;
  return {
    graph,
    links,
    scopes: new Scopes(root, request.name, graph.ids.length),
    names: new Names(graph.ids),
    stopOnFailure: request.onTaskFailure === 'stop',
    ...(request.failureEvents !== undefined && { failureEvents: request.failureEvents }),
    outputs,
    outputLimit,
  };
}

function referencedOutputs(request: CompileRequest, graph: Graph): string[][] {
  const outputs = graph.ids.map(() => new Set<string>());
  for (const { task, name } of Object.values(request.results ?? {})) outputs[graph.position.get(task)!]!.add(name);
  for (const { references } of graph.references) {
    for (const reference of references) {
      if (reference.kind === 'output') outputs[graph.position.get(reference.task)!]!.add(reference.name);
    }
  }
  return outputs.map((names) => [...names].sort(compareText));
}

function measure(machine: RenderedMachine, graph: Graph, links: Links): Measured {
  const text = JSON.stringify(machine.definition);
  const base = machine.root ? MACHINE_COST : CHILD_MACHINE_COST;
  const { states, parallels } = countStates(machine.definition);
  let events = base.events + parallels * PARALLEL_COST.events + machine.children.length * CALL_COST.events;
  let transitions =
    base.transitions + parallels * PARALLEL_COST.transitions + machine.children.length * CALL_COST.transitions;
  for (const task of machine.tasks) {
    const cost = taskCost(graph, task, links);
    events += cost.events;
    transitions += cost.transitions;
  }
  return { ...machine, chars: text.length, bytes: utf8Length(text), states, parallels, events, transitions };
}

/** All states of a machine, and its Parallel states that are not bodies of tasks. */
function countStates(definition: { readonly [field: string]: Json }): { states: number; parallels: number } {
  let [states, parallels] = [0, 0];
  const open: Json[] = [definition];
  for (let scope = open.pop(); scope; scope = open.pop()) {
    const { States } = scope as { States: { [name: string]: { [field: string]: Json } } };
    for (const name in States) {
      const state = States[name]!;
      states++;
      const branches = state['Branches'] as Json[] | undefined;
      if (branches !== undefined) {
        if (name.endsWith('|')) parallels++;
        for (const branch of branches) open.push(branch);
      }
      if (state['ItemProcessor'] !== undefined) open.push(state['ItemProcessor']);
    }
  }
  return { states, parallels };
}

function utf8Length(text: string): number {
  if (!/[^\x00-\x7f]/.test(text)) return text.length;
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) length += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return length;
}

function lintProblems(machine: Measured): Problem[] {
  return lintMachine(machine.definition).map((message) => ({ code: 'lint', path: machine.name, message }));
}

function tooLarge(request: CompileRequest, machine: Measured): Problem {
  const [is, limit, what] =
    machine.bytes > DEFINITION_BYTES * 0.95
      ? [machine.bytes, DEFINITION_BYTES, 'bytes of definition']
      : [machine.events, HISTORY_EVENTS, 'history events'];
  const over = is > limit ? `${Math.max(1, Math.round((is / limit - 1) * 100))} % over` : 'too close to';
  return {
    code: 'too-large',
    path: request.name,
    message:
      `the machine ${machine.name} would have ${is} ${what}, ${over} the limit of ${limit}, ` +
      'and no cut makes it smaller: shorten the bodies of its largest tasks, or start part of the work as a pipeline of its own',
  };
}

function result(
  request: CompileRequest,
  graph: Graph,
  plan: Plan,
  links: Links,
  machines: readonly Measured[],
): Compiled {
  const named = (edges: Iterable<readonly [number, number]>): [string, string][] =>
    [...edges].map(([a, b]) => [graph.ids[a]!, graph.ids[b]!]);
  const outputs = referencedOutputs(request, graph);
  return {
    name: request.name,
    root: request.name,
    machines: machines.map(
      (machine): CompiledMachine => ({
        name: machine.name,
        root: machine.root,
        definition: machine.definition,
        definitionChars: machine.chars,
        states: machine.states,
        historyEvents: machine.events,
        tasks: machine.tasks.map((task) => graph.ids[task]!),
        usesRendezvous: machine.usesRendezvous,
        children: machine.children,
      }),
    ),
    order: graph.ids,
    edges: named(graph.upstream.flatMap((all, task) => all.map((before): [number, number] => [before, task]))),
    reducedEdges: named(plan.reduced),
    rendezvous: named(waitsOf(graph, plan, links)),
    transitions: machines.reduce((sum, machine) => sum + machine.transitions, 0),
    outputs: Object.fromEntries(
      graph.ids.flatMap((id, task) => (outputs[task]!.length > 0 ? [[id, outputs[task]!]] : [])),
    ),
  };
}

/** Edges across branches: those of the plan, and for a task that fires early each of its upstream tasks. */
function waitsOf(graph: Graph, plan: Plan, links: Links): [number, number][] {
  const ordinary = plan.rendezvous
    .filter(([, to]) => !firesEarly(graph, to))
    .map(([from, to]): [number, number] => [from, to]);
  const early = links.far.flatMap((all, to) =>
    firesEarly(graph, to) ? all.map((from): [number, number] => [from, to]) : [],
  );
  return [...ordinary, ...early];
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new CompileError(problems);
}
