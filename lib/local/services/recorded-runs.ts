// Runs of pipelines as the Step Functions stand-in lists them: those of this process, and those that earlier processes have
// recorded. In: the running executions, the store. Out: the same executions, with a longer list. Always: what is recorded is only
// read; a run of this process is told once.

import { listRuns, readRun } from '../record';
import type { World } from '../world';
import type { Executions, LocalExecution } from './states';

export function withRecordedRuns(executions: Executions, world: World): Executions {
  return {
    ...executions,
    list: (stateMachineArn) => {
      const running = executions.list(stateMachineArn);
      const known = new Set(running.map((each) => each.arn));
      return [...running, ...recorded(world, stateMachineArn).filter((each) => !known.has(each.arn))];
    },
  };
}

function recorded(world: World, stateMachineArn: string): LocalExecution[] {
  const { assembly, store } = world.options;
  const name = stateMachineArn.split(':').at(-1)!;
  const pipelines = assembly.manifests.filter((each) =>
    each.machines.some((machine) => machine.root && machine.name === name),
  );
  return pipelines.flatMap((pipeline) =>
    listRuns(store, pipeline.name).flatMap((folder) => {
      try {
        const { execution } = readRun(folder);
        return [
          {
            arn: execution.executionArn,
            name: execution.name,
            stateMachineArn: execution.stateMachineArn,
            definition: () => '{}',
            input: JSON.parse(execution.input) as never,
            startDate: execution.startDate,
            status: execution.status,
            history: [],
            ...(execution.stopDate !== undefined && { stopDate: execution.stopDate }),
          },
        ];
      } catch {
        return []; // A run that is just being written.
      }
    }),
  );
}
