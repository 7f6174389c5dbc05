import {
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_iam as iam,
  aws_secretsmanager as secretsmanager,
  Duration,
  Stack,
} from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CustomTask, FargateTask, type FargateTaskProps, type Pipeline, Retry } from '../../lib';
import { allowed, definition, fails, innerStates, mistakes, pipeline, play, template } from './run-task';

const image = ecs.ContainerImage.fromRegistry('busybox');

function container(props: (sales: Pipeline) => Partial<FargateTaskProps> = () => ({})): Pipeline {
  const sales = pipeline();
  new FargateTask(sales, 'Ingest', { image, ...props(sales) });
  return sales;
}

describe('a container', () => {
  it('gets what only the run knows with the run, and the rest from its definition', async () => {
    const sales = container(({ run }) => ({
      command: ['extract', '--date', run.date],
      environment: { MODE: 'full', DAY: run.date },
    }));
    template(sales).hasResourceProperties('AWS::ECS::TaskDefinition', {
      Family: 'Demo-Sales-C8F38FD9-Ingest',
      NetworkMode: 'awsvpc',
      ContainerDefinitions: [{ Name: 'Main', Image: 'busybox', Environment: [{ Name: 'MODE', Value: 'full' }] }],
    });
    const run = await play(sales, () => ({ TaskArn: 'arn:task' }), { logicalDate: '2026-03-29T01:00:00Z' });
    expect(run.arguments[0]!['Overrides'].ContainerOverrides).toEqual([
      {
        Name: 'Main',
        Command: ['extract', '--date', '2026-03-29'],
        Environment: [
          { Name: 'HEADRACE_RUN_ID', Value: 'run-1' },
          { Name: 'HEADRACE_TASK', Value: 'Ingest' },
          { Name: 'HEADRACE_LOGICAL_DATE', Value: '2026-03-29T01:00:00Z' },
          { Name: 'DAY', Value: '2026-03-29' },
        ],
      },
    ]);
  });

  it('with a command that never changes has it in its definition', () => {
    const sales = container(() => ({ command: ['extract'] }));
    template(sales).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [{ Command: ['extract'] }],
    });
    expect(innerStates(sales, 'Ingest')['Ingest run'].Arguments.Overrides.ContainerOverrides[0]).not.toHaveProperty(
      'Command',
    );
  });

  it('is waited for, and may be run, seen, stopped and given the roles of its pipeline', () => {
    const sales = container();
    expect(innerStates(sales, 'Ingest')['Ingest run'].Resource).toBe('arn:aws:states:::ecs:runTask.sync');
    const rights = allowed(sales);
    const head = 'arn:<AWS::Partition>';
    expect(rights['ecs:RunTask']).toEqual([`${head}:ecs:eu-west-1:111122223333:task-definition/Demo-Sales-C8F38FD9-*`]);
    expect(rights['ecs:StopTask']).toEqual([
      `${head}:ecs:eu-west-1:111122223333:task/<SalesHeadraceCluster90453E17>/*`,
    ]);
    expect(rights['iam:PassRole']).toEqual([`${head}:iam::111122223333:role/headrace/Demo-Sales-C8F38FD9/*`]);
    expect(rights['events:PutRule']).toEqual([
      `${head}:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForECSTaskRule`,
    ]);
  });

  it('hands values back through S3, and says so when it did not', async () => {
    const told = (answer: () => object) => {
      const sales = container();
      const ingest = sales.node.findChild('Ingest') as FargateTask;
      new CustomTask(sales, 'Tell', {
        resource: 'arn:aws:states:::sqs:sendMessage',
        arguments: { rows: ingest.output('rows'), arn: ingest.output('taskArn') },
        permissions: [],
      });
      return play(sales, (call) =>
        call.action === 'runTask' ? { TaskArn: 'arn:task' } : call.action === 'getObject' ? (answer() as never) : {},
      );
    };
    const good = await told(() => ({ Body: '{"rows":12}' }));
    expect(good.arguments.at(-1)).toEqual({ rows: 12, arn: 'arn:task' });
    const place = good.arguments[0]!['Overrides'].ContainerOverrides[0].Environment.find(
      (one: { Name: string }) => one.Name === 'HEADRACE_OUTPUT',
    ).Value;
    expect(place).toBe(`s3://${good.arguments[1]!['Bucket']}/${good.arguments[1]!['Key']}`);
    expect(place).toMatch(/\/outputs\/Ingest\/run-1\.json$/);
    const bad = await told(() => fails('S3.NoSuchKeyException'));
    expect(bad.failure).toMatchObject({
      Error: 'Headrace.NoOutput',
      Cause: expect.stringContaining('Ingest succeeded but wrote no s3://'),
    });
  });

  it('keeps secrets out of definition and machine', () => {
    const sales = pipeline();
    const secret = new secretsmanager.Secret(Stack.of(sales), 'Secret');
    new FargateTask(sales, 'Ingest', { image, secrets: { TOKEN: ecs.Secret.fromSecretsManager(secret) } });
    template(sales).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [{ Secrets: [{ Name: 'TOKEN' }] }],
    });
    expect(JSON.stringify(definition(sales))).not.toContain('Secret');
  });
});

describe('a container that failed', () => {
  const described = (fields: object, container: object = {}) =>
    JSON.stringify({
      TaskArn: 'arn:task/1',
      StopCode: 'EssentialContainerExited',
      StoppedReason: 'Essential container in task exited',
      Containers: [
        { Name: 'Main', ExitCode: 1, ...container },
        { Name: 'sidecar', ExitCode: 0 },
      ],
      ...fields,
    });

  it.each([
    ['an exit code', described({}), 'container Main ended with exit code 1'],
    [
      'too little memory',
      described({}, { ExitCode: 137, Reason: 'OutOfMemoryError: Container killed due to memory usage' }),
      'container Main ended with exit code 137 (killed): OutOfMemoryError: Container killed due to memory usage',
    ],
    [
      'an image that is not there',
      described(
        { StopCode: 'TaskFailedToStart', StoppedReason: 'CannotPullContainerError: no such image' },
        { ExitCode: undefined },
      ),
      'container Main did not run; CannotPullContainerError: no such image',
    ],
    ['a description that was cut', `${described({}).slice(0, 60)}`, described({}).slice(0, 60)],
  ])('tells %s, not States.TaskFailed', async (_, cause, told) => {
    const run = await play(container(), () => fails('States.TaskFailed', cause));
    expect(run.failure).toEqual({ Error: 'ECS.TaskFailed', Cause: told });
  });

  it('keeps the name and text of an error of the service', async () => {
    const run = await play(container(), () => fails('ECS.ClientException', 'TaskDefinition is inactive'));
    expect(run.failure).toEqual({ Error: 'ECS.ClientException', Cause: 'TaskDefinition is inactive' });
  });
});

describe('on Spot', () => {
  const provider = (run: { arguments: readonly { [field: string]: any }[] }) =>
    run.arguments.map((given) => given['CapacityProviderStrategy'][0].CapacityProvider);
  const lost = JSON.stringify({ StopCode: 'SpotInterruption', StoppedReason: 'Your Spot Task was interrupted.' });

  it('is run there, in a cluster that has it', async () => {
    const sales = container(() => ({ spot: true }));
    template(sales).hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', {
      CapacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    });
    const run = await play(sales, () => ({ TaskArn: 'arn:task' }));
    expect(run.status).toBe('SUCCEEDED');
    expect(provider(run)).toEqual(['FARGATE_SPOT']);
    expect(run.arguments[0]).not.toHaveProperty('LaunchType');
  });

  it.each([
    ['taken away', 'States.TaskFailed', lost, 1],
    ['out of room', 'AmazonECS.Unknown', 'Capacity is unavailable at this time. Please try again later', 6],
    [
      'out of room after the start',
      'States.TaskFailed',
      JSON.stringify({ StopCode: 'TaskFailedToStart', StoppedReason: 'Capacity is unavailable at this time' }),
      1,
    ],
  ])('that is %s the container runs on demand, without a retry of the author', async (_, error, cause, tries) => {
    const run = await play(
      container(() => ({ spot: true, retry: Retry.none() })),
      (_call, nth) => (nth < tries ? fails(error, cause) : { TaskArn: 'arn:task' }),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(provider(run)).toEqual([...Array.from({ length: tries }, () => 'FARGATE_SPOT'), 'FARGATE']);
  });

  it('a program that failed is not run twice, whatever its own words are', async () => {
    const own = JSON.stringify({
      StopCode: 'EssentialContainerExited',
      StoppedReason: 'Essential container in task exited',
      Containers: [{ Name: 'Main', ExitCode: 1, Reason: 'capacity is unavailable' }],
    });
    const run = await play(
      container(() => ({ spot: true })),
      () => fails('States.TaskFailed', own),
    );
    expect(run.calls).toHaveLength(1);
    expect(run.failure?.Error).toBe('ECS.TaskFailed');
  });

  it('and then on demand without room fails, with the name of the error', async () => {
    const none = 'Capacity is unavailable at this time';
    const run = await play(
      container(() => ({ spot: true })),
      () => fails('AmazonECS.Unknown', none),
    );
    expect(run.failure).toEqual({ Error: 'AmazonECS.Unknown', Cause: none });
    expect(run.calls).toHaveLength(12);
  });

  it('chosen by the author is handed on in the words of ECS', () => {
    const sales = container(() => ({ capacityProviderStrategies: [{ capacityProvider: 'OWN', weight: 2, base: 1 }] }));
    const { Arguments } = innerStates(sales, 'Ingest')['Ingest run'];
    expect(Arguments.CapacityProviderStrategy).toEqual([{ CapacityProvider: 'OWN', Weight: 2, Base: 1 }]);
    expect(Arguments).not.toHaveProperty('LaunchType');
  });
});

describe('a network', () => {
  it('of its own has no way in and no gateway that costs', () => {
    const made = template(container());
    made.resourceCountIs('AWS::EC2::NatGateway', 0);
    made.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    expect(
      innerStates(container(), 'Ingest')['Ingest run'].Arguments.NetworkConfiguration.AwsvpcConfiguration
        .AssignPublicIp,
    ).toBe('ENABLED');
  });

  it('that is given is used, its private subnets first', () => {
    const sales = pipeline();
    const vpc = new ec2.Vpc(Stack.of(sales), 'Vpc');
    new FargateTask(sales, 'Ingest', { image, cluster: new ecs.Cluster(Stack.of(sales), 'Cluster', { vpc }) });
    const { AssignPublicIp, Subnets } = innerStates(sales, 'Ingest')['Ingest run'].Arguments.NetworkConfiguration
      .AwsvpcConfiguration;
    expect(AssignPublicIp).toBe('DISABLED');
    expect(Subnets.every((subnet: string) => subnet.includes('PrivateSubnet'))).toBe(true);
    template(sales).resourceCountIs('AWS::EC2::VPC', 1);
  });
});

describe('an existing task definition', () => {
  it('runs with command and environment laid over its container', () => {
    const sales = pipeline();
    const taskDefinition = new ecs.FargateTaskDefinition(Stack.of(sales), 'Own');
    taskDefinition.addContainer('app', { image });
    new FargateTask(sales, 'Ingest', { taskDefinition, command: ['go'], environment: { A: '1' } });
    const [override] = innerStates(sales, 'Ingest')['Ingest run'].Arguments.Overrides.ContainerOverrides;
    expect(override).toMatchObject({ Name: 'app', Command: ['go'] });
    expect(override.Environment).toContainEqual({ Name: 'A', Value: '1' });
    expect(allowed(sales)['iam:PassRole']).toEqual(
      ['<OwnTaskRole8B2CF2A2.Arn>'].map(() => expect.stringContaining('OwnTaskRole')),
    );
  });
});

describe('a definition of another app', () => {
  const imported = (props: Partial<FargateTaskProps>) => {
    const sales = pipeline();
    const taskDefinition = ecs.FargateTaskDefinition.fromFargateTaskDefinitionArn(
      Stack.of(sales),
      'Other',
      'arn:aws:ecs:eu-west-1:111122223333:task-definition/other:7',
    );
    new FargateTask(sales, 'Ingest', { taskDefinition, ...props });
    return sales;
  };

  it('runs by its ARN and the name of its container', () => {
    const { Arguments } = innerStates(imported({ containerName: 'app', command: ['go'] }), 'Ingest')['Ingest run'];
    expect(Arguments.TaskDefinition).toBe('arn:aws:ecs:eu-west-1:111122223333:task-definition/other:7');
    expect(Arguments.Overrides.ContainerOverrides[0]).toMatchObject({ Name: 'app', Command: ['go'] });
  });

  it.each([
    ['without the name of its container', {}, 'containerName is missing: the task definition is one of another app'],
    [
      'that reports without its role',
      { containerName: 'app', reports: true },
      'taskDefinition is imported without its task role',
    ],
  ])('fails %s', (_, props, message) => {
    expect(mistakes(imported(props))).toContain(`[Demo/Sales/Ingest] ${message}`);
  });
});

describe('fails', () => {
  it.each([
    ['without an image', { image: undefined }, 'image is missing'],
    [
      'with two ways to choose capacity',
      { spot: true, capacityProviderStrategies: [] },
      'spot and capacityProviderStrategies are both given',
    ],
    [
      'with a heartbeat that would come after the time limit',
      { reports: true, heartbeat: Duration.hours(2), timeout: Duration.hours(1) },
      'heartbeat is 2 hours, timeout is 1 hour',
    ],
    [
      'with a heartbeat of a container that does not report',
      { heartbeat: Duration.minutes(5) },
      'heartbeat is 5 minutes, but nothing says that the program reports',
    ],
    [
      'with an image for another region, whose network is here',
      { region: 'us-west-2' },
      "region is us-west-2, but a container made from an image lives in the pipeline's own network and region",
    ],
    [
      'with a reserved variable',
      { environment: { HEADRACE_RUN_ID: 'x' } },
      "the environment variable HEADRACE_RUN_ID is one of headrace's own",
    ],
  ])('%s', (_, props, message) => {
    const sales = pipeline();
    new FargateTask(sales, 'Ingest', { image, ...props } as FargateTaskProps);
    expect(mistakes(sales)).toContain(`[Demo/Sales/Ingest] ${message}`);
  });

  it('with a variable that is also a secret', () => {
    const sales = pipeline();
    const secret = ecs.Secret.fromSecretsManager(new secretsmanager.Secret(Stack.of(sales), 'Secret'));
    expect(
      () => new FargateTask(sales, 'Ingest', { image, environment: { A: 'x' }, secrets: { A: secret } }),
    ).not.toThrow();
    expect(mistakes(sales)).toContain('[Demo/Sales/Ingest] A is given in environment and in secrets');
  });

  it('with props that would do nothing to an existing definition', () => {
    const sales = pipeline();
    const taskDefinition = new ecs.FargateTaskDefinition(Stack.of(sales), 'Own');
    taskDefinition.addContainer('app', { image });
    new FargateTask(sales, 'Ingest', {
      taskDefinition,
      cpu: 512,
      taskRole: new iam.Role(Stack.of(sales), 'R', { assumedBy: new iam.AccountRootPrincipal() }),
    });
    const told = mistakes(sales);
    expect(told).toContain('cpu is given beside taskDefinition: it would do nothing');
    expect(told).toContain('taskRole is given beside taskDefinition');
  });
});

describe('in another region', () => {
  function elsewhere(): Pipeline {
    const sales = pipeline();
    const there = new Stack(sales.node.root, 'There', { env: { account: '111122223333', region: 'us-west-2' } });
    const vpc = ec2.Vpc.fromVpcAttributes(there, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['us-west-2a'],
      privateSubnetIds: ['subnet-1'],
    });
    const taskDefinition = ecs.FargateTaskDefinition.fromFargateTaskDefinitionAttributes(there, 'Def', {
      taskDefinitionArn: 'arn:aws:ecs:us-west-2:111122223333:task-definition/app:1',
      taskRole: iam.Role.fromRoleArn(there, 'Role', 'arn:aws:iam::111122223333:role/app'),
    });
    new FargateTask(sales, 'Ingest', {
      region: 'us-west-2',
      taskDefinition,
      containerName: 'app',
      command: ['go', sales.run.date],
      cluster: ecs.Cluster.fromClusterAttributes(there, 'Cluster', { clusterName: 'jobs', vpc }),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(there, 'Group', 'sg-1')],
    });
    return sales;
  }
  const payload = (call: { arguments: unknown }) => (call.arguments as { Payload: { action: string } }).Payload;
  const task = (fields: object) => ({ Payload: { Tasks: [{ TaskArn: 'arn:task', ...fields }], Failures: [] } });

  it('is started there and waited for here', async () => {
    const run = await play(elsewhere(), (call, nth) =>
      payload(call).action === 'runTask'
        ? task({ LastStatus: 'PROVISIONING' })
        : nth < 3
          ? task({ LastStatus: 'RUNNING' })
          : task({ LastStatus: 'STOPPED', Containers: [{ Name: 'app', ExitCode: 0 }] }),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments[0]!['Payload']).toMatchObject({
      region: 'us-west-2',
      service: 'ecs',
      parameters: { TaskDefinition: 'arn:aws:ecs:us-west-2:111122223333:task-definition/app:1' },
    });
  });

  it.each(['Essential container in task exited', '', undefined])(
    'fails with the exit code where ECS gives the reason %j',
    async (StoppedReason) => {
      const ended = { LastStatus: 'STOPPED', StoppedReason, Containers: [{ Name: 'app', ExitCode: 3 }] };
      const stopped = await play(elsewhere(), (call) => task(payload(call).action === 'runTask' ? {} : ended));
      expect(stopped.failure).toEqual({ Error: 'ECS.TaskFailed', Cause: 'container app ended with exit code 3' });
    },
  );

  it('fails with what kept it from starting', async () => {
    const refused = await play(elsewhere(), () => ({
      Payload: { Tasks: [], Failures: [{ Reason: 'Capacity is unavailable at this time' }] },
    }));
    expect(refused.failure?.Cause).toContain('ECS did not start the task: Capacity is unavailable');
  });

  it('is stopped at its time limit', async () => {
    const run = await play(elsewhere(), () => task({ LastStatus: 'RUNNING' }));
    expect(payload({ arguments: run.arguments.at(-1) }).action).toBe('stopTask');
    expect(run.failure?.Error).toBe('Headrace.Timeout');
  });

  it('is refused with a cluster, and so a network, of the region of the stack', () => {
    const sales = pipeline();
    const vpc = new ec2.Vpc(Stack.of(sales), 'Vpc');
    const taskDefinition = new ecs.FargateTaskDefinition(Stack.of(sales), 'Own');
    taskDefinition.addContainer('app', { image });
    new FargateTask(sales, 'Ingest', {
      region: 'us-west-2',
      taskDefinition,
      cluster: new ecs.Cluster(Stack.of(sales), 'Cluster', { vpc }),
    });
    const told = mistakes(sales);
    expect(told).toContain('region is us-west-2, but cluster is bound to a network in eu-west-1');
    expect(told).toContain('region is us-west-2, but taskDefinition is bound to a network in eu-west-1');
  });
});
