// A way out for alerts: what every kind of alert gives to the class that authors use. In: the pipeline. Out: the target of the
// EventBridge rule that takes the alert from the bus. Always: what a way needs is made once, however many alerts use it.

import type { CfnRule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { IPipeline } from '../pipeline/i-pipeline';

export interface Delivery {
  /** What it is called in the manifest: `email`, `slack`. */
  readonly kind: string;
  /** Who hears of it, for people to read; never a secret. */
  readonly target: string;
  /**
   * Makes what it needs.
   * @param selection what it tells of, as part of an id; empty for the usual events of all tasks
   */
  readonly bind: (pipeline: IPipeline, selection: string) => DeliveryTarget;
}

export interface DeliveryTarget {
  /** The receiver: with the kind it tells one rule of a pipeline from the others, the same from one synth to the next. */
  readonly receiver: Construct;
  /** Target of the rule; retry policy and queue are the same for all. */
  readonly target: Pick<CfnRule.TargetProperty, 'arn' | 'inputTransformer' | 'inputPath' | 'roleArn'>;
  /** Lets the rule reach its target. */
  readonly allow?: (rule: CfnRule) => void;
}
