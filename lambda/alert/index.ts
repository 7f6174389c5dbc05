// Tells of a run that did not succeed. In: the execution, by EventBridge. Out: one message on the pipeline's topic. Always:
// what cannot be read of the history is left out and the message still goes; a failing send is repeated by who called.

import {
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  DescribeExecutionCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Manifest, RunInput } from '../../lib/compile/manifest';
import { RunState } from '../../lib/view/run-state';
import { digest } from './digest';
import { taskIds } from './task-ids';

export interface FailedRun {
  readonly executionArn: string;
  readonly status: string;
  readonly pipeline: string;
  readonly topicArn: string;
}

const sfn = new SFNClient({});
const sns = new SNSClient({});

export async function handler(event: FailedRun): Promise<void> {
  const { executionArn, status, pipeline } = event;
  const [{ definition }, { input }] = await Promise.all([
    sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    sfn.send(new DescribeExecutionCommand({ executionArn })),
  ]);
  const state = new RunState(tasksOnly(pipeline, taskIds(definition ?? '{}')));
  await readHistory(state, executionArn);
  const logicalDate = (JSON.parse(input ?? '{}') as RunInput | null)?.logicalDate;
  const { subject, text } = digest({
    pipeline,
    executionArn,
    status,
    state,
    ...(logicalDate !== undefined && { logicalDate }),
  });
  await sns.send(new PublishCommand({ TopicArn: event.topicArn, Subject: subject, Message: text }));
}

/** The run's own history and then that of its child machines. */
async function readHistory(state: RunState, root: string): Promise<void> {
  const waiting = [root];
  for (let arn = waiting.shift(); arn !== undefined; arn = waiting.shift()) {
    for (let nextToken: string | undefined, first = true; first || nextToken !== undefined; first = false) {
      const page: { events?: HistoryEvent[]; nextToken?: string } = await sfn.send(
        new GetExecutionHistoryCommand({
          executionArn: arn,
          maxResults: 1000,
          includeExecutionData: true,
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const event of page.events ?? []) {
        state.add(arn, event);
        const child = childOf(event);
        if (child !== undefined) waiting.push(child);
      }
      nextToken = page.nextToken;
    }
  }
}

function childOf(event: HistoryEvent): string | undefined {
  const submitted = event.taskSubmittedEventDetails;
  if (submitted?.resourceType !== 'states') return undefined;
  try {
    return (JSON.parse(submitted.output ?? '{}') as { ExecutionArn?: string }).ExecutionArn;
  } catch {
    return undefined;
  }
}

/** The part of a manifest that reading a history needs. */
function tasksOnly(name: string, ids: readonly string[]): Manifest {
  const tasks = ids.map((id, index) => ({
    id,
    index,
    kind: '',
    path: id,
    upstream: [],
    triggerRule: 'all_success' as const,
    machine: '',
    outputs: [],
  }));
  return {
    version: 1,
    name,
    path: name,
    stack: '',
    template: '',
    machines: [],
    tasks,
    rendezvous: [],
    params: [],
    triggers: [],
    alerts: [],
  };
}
