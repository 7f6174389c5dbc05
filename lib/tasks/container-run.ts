// One run of a container on ECS as a task's body. In: what runs, on what, and what it hands back. Out: a TaskSpec. Always: the
// error of a container that failed is its exit code and ECS's reason; work that was to be done cheaply on Spot is done on
// demand when Spot has no room or takes it away, which is no failure of the task.

import { Duration, type aws_ecs as ecs, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { managedRule } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import type { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { containerRoles } from './container-network';
import { CONTAINER, type ContainerTaskProps, containerNameOf, programOverride, taskRoleOf } from './container-program';
import { acknowledgeReports, reportingStates, reportPlace } from './container-report';
import { pollingStates } from './polling';
import { outputPlace, readStates } from './run-outputs';
import { type ServiceCalls, serviceCalls } from './support-stack';
import { callState, clientToken, failedState, jobFailed, type SyncRun, syncStates } from './sync-run';

export interface ContainerRun {
  readonly task: Task;
  readonly kind: string;
  readonly props: ContainerTaskProps;
  readonly definition: ecs.ITaskDefinition;
  /** The definition is the author's. */
  readonly existing: boolean;
  readonly cluster: ecs.ICluster;
  /** On what it runs: the fields of RunTask for that. */
  readonly placement: { readonly [field: string]: Json };
  /** First on Spot, then on demand. */
  readonly spot?: boolean;
  readonly region?: string;
  readonly askedOutputs: readonly string[];
  readonly problem: (message: string) => void;
}

export function containerRunSpec(run: ContainerRun): TaskSpec {
  const { task, props, problem } = run;
  const { pipeline, taskId } = task;
  const own = run.askedOutputs.filter((name) => name !== 'taskArn');
  const calls = serviceCalls(pipeline, 'ecs', run.region);
  const far = calls.region !== Stack.of(task).region;
  if (far && (own.length > 0 || props.reports === true))
    problem(
      `${props.reports === true ? 'reports' : `the output ${own.join(', ')}`} cannot come from a container in ${calls.region}, only its end is seen from here: leave it out, or write values to a place that the next task reads`,
    );
  const limit = task.timeout;
  if (props.heartbeat !== undefined && props.heartbeat.toSeconds() >= limit.toSeconds())
    problem(
      `heartbeat is ${props.heartbeat.toHumanString()}, timeout is ${limit.toHumanString()}: a sign of life has to be expected before the time limit is over`,
    );
  const token = props.reports === true && !far ? reportPlace(pipeline, taskId) : undefined;
  const place = own.length > 0 && token === undefined && !far ? outputPlace(pipeline, taskId) : undefined;
  allowProgram(run, [...(token?.program ?? []), ...(place === undefined ? [] : [place.write])]);
  const name = containerNameOf(run.definition, props);
  if (name === undefined)
    problem(
      'containerName is missing: the task definition is one of another app, say which of its containers the run is about',
    );
  const request = {
    Cluster: run.cluster.clusterArn,
    TaskDefinition: run.definition.taskDefinitionArn,
    PropagateTags: 'TASK_DEFINITION',
    ...run.placement,
    Overrides: {
      ContainerOverrides: [
        programOverride(pipeline, taskId, name ?? CONTAINER, props, run.existing, {
          ...(place !== undefined && { HEADRACE_OUTPUT: place.url }),
          ...(token !== undefined && { HEADRACE_TOKEN: token.url }),
        }),
      ],
    },
  };
  const common = {
    kind: run.kind,
    ...(run.region !== undefined && { region: run.region }),
    ...(!run.existing && {
      log: { service: 'ecs', group: `/headrace/${pipeline.prefix}`, streamPrefix: `${taskId}/${CONTAINER}/` },
    }),
  };
  const needed = permissions(run, calls.region);
  if (far)
    return {
      ...common,
      states: elsewhere(run, calls, request, name ?? CONTAINER),
      permissions: calls.permissions(needed),
    };
  const sync: SyncRun = {
    resource: 'arn:aws:states:::ecs:runTask.sync',
    arguments: run.spot ? { ...request, CapacityProviderStrategy: SPOT_FIRST } : request,
    timeout: task.timeout,
    faults: [faults()],
    error: 'ECS.TaskFailed',
    reason: stopped('$j'),
    outputs: "{'taskArn':$states.result.TaskArn}",
    ...(place !== undefined && { then: readStates(taskId, place, own) }),
  };
  return {
    ...common,
    states:
      token === undefined
        ? withFallBack(run, syncStates(sync), 'run')
        : withFallBack(
            run,
            {
              ...reportingStates({
                taskId,
                place: token,
                timeout: task.timeout,
                ...(props.heartbeat !== undefined && { heartbeat: props.heartbeat }),
                run: callState(sync),
                outputs: sync.outputs,
                catches: [jobFailed('failed')],
              }),
              failed: failedState(sync),
            },
            'both',
          ),
    maySkip: token !== undefined,
    permissions: [
      ...needed,
      managedRule(task, 'StepFunctionsGetEventsForECSTaskRule'),
      ...(place?.read ?? []),
      ...(token?.machine ?? []),
    ],
  };
}

/** JSONata: why a task has stopped, from ECS's description of it. */
function stopped(task: string): string {
  const meanings = "{'127':' (its program was not found)','137':' (killed)','139':' (crashed: memory access)'}";
  return (
    `$p:=[${task}.Containers[$not(ExitCode=0)].('container '&Name&($exists(ExitCode)?' ended with exit code '&ExitCode` +
    `&$lookup(${meanings},$string(ExitCode)):' did not run')&($exists(Reason)?': '&Reason:''))];` +
    `$w:=${task}.StoppedReason;$join($append($p,($w&'')='' or $count($p)>0 and $contains($w&'',/^Essential container/)?[]:[$w]),'; ')`
  );
}

/** Where the fall-back begins is known by the input, which every state of the body is given. */
const SPOT_FIRST =
  "{% [{'CapacityProvider':$exists($states.input.headraceOnDemand)?'FARGATE':'FARGATE_SPOT','Weight':1}] %}";

/** Spot had no room, or took the machine away: not the program's fault. */
const SPOT_LOST =
  "($c:=$states.errorOutput.Cause&'';$j:=$substring($c,0,1)='{' and $substring($c,-1)='}'?$parse($c):{};" +
  "$j.StopCode='SpotInterruption' or ($not($exists($j.StopCode)) or $j.StopCode='TaskFailedToStart')" +
  ' and $contains($j.StoppedReason?$j.StoppedReason:$c,/capacity is unavailable|capacity unavailable|RESOURCE:/i))';

function withFallBack(run: ContainerRun, states: { [name: string]: Json }, first: string): { [name: string]: Json } {
  if (run.spot !== true) return states;
  const again = {
    ErrorEquals: ['States.TaskFailed'],
    Output: {
      Error: '{% $states.errorOutput.Error %}',
      Cause: "{% $states.errorOutput.Cause&'' %}",
      again: `{% $not($exists($states.input.headraceOnDemand)) and ${SPOT_LOST} %}`,
    },
    Next: 'lost',
  };
  return {
    ...states,
    [first]: { ...(states[first] as object), Catch: [again] },
    lost: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.again %}', Output: { headraceOnDemand: true }, Next: first }],
      Default: 'failed',
    },
  };
}

/** Another region: the task is started, looked at and stopped through the function; the wait stays here. */
function elsewhere(run: ContainerRun, calls: ServiceCalls, request: Json, container: string): { [name: string]: Json } {
  const { task } = run;
  const cluster = run.cluster.clusterArn;
  const refused = `$error('ECS did not start the task: '&$join(${calls.answer}.Failures.Reason,', '))`;
  return pollingStates({
    taskId: task.taskId,
    timeout: task.timeout,
    start: {
      ...calls.call('runTask', { ...(request as object), ClientToken: clientToken(task.taskId) }),
      keep: { xId: `$exists(${calls.answer}.Tasks[0])?${calls.answer}.Tasks[0].TaskArn:${refused}` },
    },
    look: {
      ...calls.call('describeTasks', { Cluster: cluster, Tasks: ['{% $xId %}'] }),
      meaning:
        `($t:=${calls.answer}.Tasks[0];$end:=$not($exists($t)) or $t.LastStatus='STOPPED';` +
        `$ok:=$t.Containers[Name='${container}'].ExitCode=0;` +
        `{'end':$end,'ok':$end and $ok,'error':'ECS.TaskFailed','cause':$exists($t)?(${stopped('$t')}):'ECS knows the task no more: '&$xId,` +
        "'out':{'taskArn':$xId}})",
    },
    stop: calls.call('stopTask', { Cluster: cluster, Task: '{% $xId %}', Reason: 'its time limit is over' }),
    firstWait: 10,
    longestWait: 60,
  });
}

function allowProgram(run: ContainerRun, statements: readonly iam.PolicyStatement[]): void {
  if (statements.length === 0) return;
  const role = taskRoleOf(run.definition);
  if (role === undefined) {
    run.problem(
      'taskDefinition is imported without its task role, which has to be allowed to hand values back: import it with its taskRole',
    );
    return;
  }
  for (const statement of statements) {
    role.addToPrincipalPolicy(statement);
    acknowledgeWildcards(role, statement.resources, 'the outputs of this task, one object a run');
  }
  if (run.props.reports === true) acknowledgeReports(role);
}

function permissions(run: ContainerRun, region: string): iam.PolicyStatement[] {
  const { task, props, definition, existing } = run;
  const stack = Stack.of(task);
  const definitions = existing
    ? definition.taskDefinitionArn
    : stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${task.pipeline.prefix}-*` });
  const tasks = stack.formatArn({
    service: 'ecs',
    region,
    resource: 'task',
    resourceName: `${run.cluster.clusterName}/*`,
  });
  const roles = [
    ...(existing ? [taskRoleOf(run.definition)?.roleArn] : [containerRoles(task.pipeline), props.taskRole?.roleArn]),
    existing ? definition.executionRole?.roleArn : props.executionRole?.roleArn,
  ].filter((arn): arn is string => arn !== undefined);
  return [
    new iam.PolicyStatement({
      actions: ['ecs:RunTask'],
      resources: [definitions],
      conditions: { ArnEquals: { 'ecs:cluster': run.cluster.clusterArn } },
    }),
    new iam.PolicyStatement({
      actions: ['ecs:StopTask', 'ecs:DescribeTasks'],
      resources: [tasks],
    }),
    // Tags that go on from the definition are tags that the task is made with: ECS asks for this beside RunTask.
    new iam.PolicyStatement({
      actions: ['ecs:TagResource'],
      resources: [tasks],
      conditions: { StringEquals: { 'ecs:CreateAction': 'RunTask' } },
    }),
    ...(roles.length === 0
      ? []
      : [
          new iam.PolicyStatement({
            actions: ['iam:PassRole'],
            resources: roles,
            conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
          }),
        ]),
  ];
}

/** Nothing has run yet when these come: throttles, and no capacity for the moment. */
function faults(): Retry {
  return Retry.times(5, {
    on: [
      'ECS.AmazonECSException',
      'ECS.ServerException',
      'ECS.SdkClientException',
      'ECS.ThrottlingException',
      'AmazonECS.Unknown',
    ],
    interval: Duration.seconds(5),
    maxDelay: Duration.minutes(1),
  });
}
