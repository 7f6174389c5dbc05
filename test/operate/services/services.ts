// A place with services that run containers, jobs and crawlers: the server of server.py, with all that app.ts uses, and its machines. Out:
// the clients, and how the command is called there.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  RegisterJobDefinitionCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { EMRClient, RunJobFlowCommand } from '@aws-sdk/client-emr';
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { CreateCrawlerCommand, CreateJobCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { synthesize } from '../../assembly';
import { startServer } from '../../emulated/server-process';
import { type Answer, COMMAND, command, createMachines, signedIn } from '../places';
import { ACCOUNT, LOGS, names, REGION } from './names';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/any`;

export interface Services {
  readonly url: string;
  readonly clients: Clients;
  /** Runs `headrace WORDS`. */
  headrace(...words: readonly string[]): Promise<Answer>;
  /** The same, seen while it goes on. */
  follow(...words: readonly string[]): Followed;
  stop(): Promise<void>;
}

export interface Followed {
  /** Resolves when it has printed the text. */
  shows(text: string): Promise<void>;
  /** All that it printed. */
  readonly ended: Promise<string>;
}

export type Clients = ReturnType<typeof clientsOf>;

export async function startServices(): Promise<Services> {
  const folder = resolve('.cache/operate');
  mkdirSync(folder, { recursive: true });
  const server = await startServer({
    name: 'moto',
    command: resolve('.cache/python/moto/bin/python'),
    args: (port) => [resolve('test/operate/services/server.py'), '-H', '127.0.0.1', '-p', String(port)],
    healthPath: '/moto-api/data.json',
    logFile: join(folder, 'services.log'),
    env: (port) => ({ MOTO_PORT: String(port), MOTO_ACCOUNT_ID: ACCOUNT, AWS_DEFAULT_REGION: REGION }),
  });
  try {
    const clients = clientsOf(server.url);
    const ids = await makeAll(server.url, clients);
    await createMachines(
      clients.sfn,
      synthesize('test/operate/services/app.ts', { SERVICES_IDS: JSON.stringify(ids) }),
    );
    const cwd = mkdtempSync(join(tmpdir(), 'headrace-services-'));
    return {
      url: server.url,
      clients,
      headrace: (...words) => command(words, signedIn(server.url), cwd),
      follow: (...words) => follow(words, signedIn(server.url), cwd),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function follow(words: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): Followed {
  const env = { PATH: process.env['PATH'], HOME: cwd, ...environment };
  const child = spawn(process.execPath, [COMMAND, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece.toString('utf8');
  });
  const ended = new Promise<string>((resolved) => child.once('close', () => resolved(printed)));
  const shows = async (text: string) => {
    while (!printed.includes(text)) {
      if (child.exitCode !== null) throw new Error(`it ended without ${text}: ${printed}`);
      await setTimeout(100);
    }
  };
  return { shows, ended };
}

function clientsOf(endpoint: string) {
  const config = { endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    athena: new AthenaClient(config),
    batch: new BatchClient(config),
    ecs: new ECSClient(config),
    emr: new EMRClient(config),
    glue: new GlueClient(config),
    lambda: new LambdaClient(config),
    logs: new CloudWatchLogsClient(config),
    redshift: new RedshiftDataClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    serverless: new EMRServerlessClient(config),
    sfn: new SFNClient(config),
  };
}

/** Ids that the services choose, by what they are of. */
async function makeAll(url: string, clients: Clients): Promise<Record<string, string>> {
  await clients.s3.send(new CreateBucketCommand({ Bucket: LOGS }));
  await makeRole(url);
  const ids: Record<string, string> = {};
  for (const mood of ['works', 'fails', 'hold']) Object.assign(ids, await make(clients, mood));
  ids['cluster hold old'] = await cluster(clients, 'hold old', 'emr-5.20.0');
  await crawler(clients, names('hold inner').crawler);
  return ids;
}

/** Whoever runs jobs wants to know that their role exists. */
async function makeRole(url: string): Promise<void> {
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
  const body = new URLSearchParams({
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: 'any',
    AssumeRolePolicyDocument: policy,
  });
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20261121/${REGION}/iam/aws4_request`;
  const answer = await fetch(url, { method: 'POST', body, headers: { authorization } });
  if (!answer.ok) throw new Error(`no role: ${await answer.text()}`);
}

async function make(clients: Clients, mood: string): Promise<Record<string, string>> {
  const own = names(mood);
  await clients.ecs.send(new CreateClusterCommand({ clusterName: own.cluster }));
  await clients.ecs.send(
    new RegisterTaskDefinitionCommand({ family: own.family, containerDefinitions: [container()] }),
  );
  const script = { Name: 'glueetl', ScriptLocation: 's3://code/job.py' };
  await clients.glue.send(new CreateJobCommand({ Name: own.job, Role: ROLE, Command: script }));
  await crawler(clients, own.crawler);
  await queue(clients, own);
  await clients.athena.send(new CreateWorkGroupCommand({ Name: own.workGroup, Configuration: {} }));
  await clients.lambda.send(
    new CreateFunctionCommand({
      FunctionName: own.function,
      Role: ROLE,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile: Buffer.from('none') },
    }),
  );
  const application = { name: own.application, releaseLabel: 'emr-7.5.0', type: 'SPARK' };
  const { applicationId } = await clients.serverless.send(new CreateApplicationCommand(application));
  return { [`application ${mood}`]: applicationId!, [`cluster ${mood}`]: await cluster(clients, mood, 'emr-7.5.0') };
}

function container() {
  const options = { 'awslogs-group': '/programs', 'awslogs-region': REGION, 'awslogs-stream-prefix': 'run' };
  return { name: 'main', image: 'busybox', memory: 128, logConfiguration: { logDriver: 'awslogs' as const, options } };
}

async function crawler({ glue }: Clients, Name: string): Promise<void> {
  const Targets = { S3Targets: [{ Path: 's3://data/' }] };
  await glue.send(new CreateCrawlerCommand({ Name, Role: ROLE, DatabaseName: 'lake', Targets }));
}

async function queue({ batch }: Clients, own: ReturnType<typeof names>): Promise<void> {
  const computeEnvironmentName = own.queue;
  await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName,
      type: 'UNMANAGED',
      state: 'ENABLED',
      serviceRole: ROLE,
    }),
  );
  const computeEnvironmentOrder = [
    {
      order: 1,
      computeEnvironment: `arn:aws:batch:${REGION}:${ACCOUNT}:compute-environment/${computeEnvironmentName}`,
    },
  ];
  await batch.send(
    new CreateJobQueueCommand({ jobQueueName: own.queue, priority: 1, state: 'ENABLED', computeEnvironmentOrder }),
  );
  const containerProperties = { image: 'busybox', vcpus: 1, memory: 128 };
  await batch.send(
    new RegisterJobDefinitionCommand({ jobDefinitionName: own.definition, type: 'container', containerProperties }),
  );
}

async function cluster({ emr }: Clients, mood: string, ReleaseLabel: string): Promise<string> {
  const { JobFlowId } = await emr.send(
    new RunJobFlowCommand({
      Name: names(mood).emr,
      ReleaseLabel,
      LogUri: `s3n://${LOGS}/emr/`,
      Instances: { InstanceCount: 1, MasterInstanceType: 'm5.xlarge', KeepJobFlowAliveWhenNoSteps: true },
    }),
  );
  return JobFlowId!;
}
