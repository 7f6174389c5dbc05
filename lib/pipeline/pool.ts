import { Construct } from 'constructs';

/** What a pool may say. */
export interface PoolProps {
  /** How many slots there are: the sum of what its tasks take at the same time. At least 1. */
  readonly slots: number;
}

/**
 * At most so many at once, over all tasks of all pipelines that name it: connections of a warehouse, licences, a fragile source. Tasks wait
 * without polling; the highest `priority` goes first, then who came first. A run that dies frees its slots.
 */
export class Pool extends Construct {
  /** Its name in the table of slots. */
  public readonly poolName: string;
  /** How many slots there are. */
  public readonly slots: number;

  constructor(scope: Construct, id: string, props: PoolProps) {
    super(scope, id);
    this.poolName = this.node.path.replace(/\//g, '-');
    this.slots = props.slots;
    if (!Number.isInteger(props.slots) || props.slots < 1) {
      throw new Error(`[${this.node.path}] slots is ${props.slots}: expected a whole number from 1 on`);
    }
  }
}
