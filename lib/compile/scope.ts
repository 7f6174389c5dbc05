// Where things stand once the tree is cut: each task's machine, and the variable in which an earlier task's outcome is found.

import { depthVariable } from './names';
import { type Sequence, type Tree, walk } from './tree';

export class Scopes {
  private readonly parent = new Map<Tree, Tree | undefined>();
  private readonly span = new Map<Tree, [number, number]>();
  private readonly depth = new Map<Tree, number>();
  private readonly machine = new Map<Tree, string>();
  private readonly leaf = new Map<number, Tree>();
  private readonly position: Int32Array;

  constructor(root: Tree, name: string, count: number) {
    this.position = new Int32Array(count);
    let next = 0;
    const visited: Tree[] = [];
    walk(root, (node, parent) => {
      visited.push(node);
      this.parent.set(node, parent);
      this.machine.set(
        node,
        parent === undefined ? name : parent.kind === 'child' ? parent.name : this.machine.get(parent)!,
      );
      this.depth.set(
        node,
        parent === undefined || parent.kind === 'child'
          ? 0
          : this.depth.get(parent)! + (parent.kind === 'parallel' ? 1 : 0),
      );
      if (node.kind === 'task') {
        this.leaf.set(node.task, node);
        this.position[node.task] = next++;
      }
    });
    for (let i = visited.length - 1; i >= 0; i--) {
      const node = visited[i]!;
      if (node.kind === 'task') {
        this.span.set(node, [this.position[node.task]!, this.position[node.task]!]);
        continue;
      }
      this.span.set(node, [this.span.get(node.parts[0]!)![0], this.span.get(node.parts[node.parts.length - 1]!)![1]]);
    }
  }

  machineOf(task: number): string {
    return this.machine.get(this.leaf.get(task)!)!;
  }

  /** The variable that holds what `earlier` left, read at `task`; `earlier` must be before `task` in the tree. */
  variable(earlier: number, task: number): string {
    const at = this.position[earlier]!;
    let node: Tree | undefined = this.leaf.get(task);
    for (node = this.parent.get(node!); node; node = this.parent.get(node)) {
      const [from, to] = this.span.get(node)!;
      if (from <= at && at <= to) break;
    }
    const sequence = node as Sequence;
    if (this.machine.get(sequence) !== this.machineOf(task)) return '$p';
    return `$${depthVariable(this.depth.get(sequence)!)}`;
  }
}
