// The nested form of a pipeline: sequences and parallels over tasks. Task x comes before task y in the tree when their
// lowest common ancestor is a sequence with x to the left. Trees are built by nest.ts and cut into machines by split.ts.

export interface Leaf {
  readonly kind: 'task';
  readonly task: number;
}
export interface Sequence {
  readonly kind: 'sequence';
  readonly parts: Tree[];
}
export interface Parallel {
  readonly kind: 'parallel';
  readonly parts: Tree[];
}
/** A part that became a machine of its own. */
export interface Child {
  readonly kind: 'child';
  readonly name: string;
  /** The task that names it. */
  readonly anchor: number;
  readonly parts: readonly [Tree];
}
export type Tree = Leaf | Sequence | Parallel | Child;

/** Calls `visit` on every node, parents before children, left to right. No recursion: trees may be thousands of levels deep. */
export function walk(root: Tree, visit: (node: Tree, parent: Tree | undefined) => void): void {
  const stack: [Tree, Tree | undefined][] = [[root, undefined]];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const [node, parent] = top;
    visit(node, parent);
    if (node.kind === 'task') continue;
    for (let i = node.parts.length - 1; i >= 0; i--) stack.push([node.parts[i]!, node]);
  }
}

/** The nodes with every child before its parent. */
export function bottomUp(root: Tree): Tree[] {
  const nodes: Tree[] = [];
  walk(root, (node) => nodes.push(node));
  return nodes.reverse();
}

/** The tasks of a tree, left to right. */
export function tasksOf(root: Tree): number[] {
  const tasks: number[] = [];
  walk(root, (node) => {
    if (node.kind === 'task') tasks.push(node.task);
  });
  return tasks;
}

/**
 * Tests "before" in O(1): the leaves are numbered by two walks, one with the children of parallels reversed; a task is
 * before another exactly when both walks meet it first.
 */
export function orderOf(root: Tree, count: number): (a: number, b: number) => boolean {
  const forward = new Int32Array(count);
  const mirrored = new Int32Array(count);
  for (const [numbers, mirror] of [
    [forward, false],
    [mirrored, true],
  ] as const) {
    let next = 0;
    const stack: Tree[] = [root];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.kind === 'task') numbers[node.task] = next++;
      else if (mirror && node.kind === 'parallel') stack.push(...node.parts);
      else for (let i = node.parts.length - 1; i >= 0; i--) stack.push(node.parts[i]!);
    }
  }
  return (a, b) => forward[a]! < forward[b]! && mirrored[a]! < mirrored[b]!;
}

/** The same tree with the branches of every parallel in order of their smallest task, so that text does not depend on how it was found. */
export function canonical(root: Tree): Tree {
  const smallest = new Map<Tree, number>();
  for (const node of bottomUp(root)) {
    if (node.kind === 'task') {
      smallest.set(node, node.task);
      continue;
    }
    if (node.kind === 'parallel') node.parts.sort((a, b) => smallest.get(a)! - smallest.get(b)!);
    let least = Number.POSITIVE_INFINITY;
    for (const part of node.parts) least = Math.min(least, smallest.get(part)!);
    smallest.set(node, least);
  }
  return root;
}
