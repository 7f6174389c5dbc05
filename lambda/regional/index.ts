// Passes a call of a state machine on to a service of another region. In: region, service, action, parameters. Out: the
// service's answer as plain JSON. Always: only the actions named here; fields and errors are spelled as Step Functions spells
// them, so that neither an expression nor Retry and Catch can tell the difference.

import * as ecs from '@aws-sdk/client-ecs';
import * as glue from '@aws-sdk/client-glue';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';

export interface RegionalCall {
  readonly region: string;
  readonly service: string;
  readonly action: string;
  readonly parameters: { readonly [name: string]: unknown };
}

interface Client {
  send(command: any): Promise<object>;
}

interface Service {
  /** What Step Functions puts before the names of its errors. */
  readonly errors: string;
  /** The service begins the names of fields in lower case, Step Functions in upper case. */
  readonly lowerCase?: boolean;
  readonly client: (region: string) => Client;
  readonly commands: { readonly [action: string]: new (parameters: any) => unknown };
}

const SERVICES: { readonly [service: string]: Service } = {
  glue: {
    errors: 'Glue',
    client: (region) => new glue.GlueClient({ region }),
    commands: {
      startCrawler: glue.StartCrawlerCommand,
      getCrawler: glue.GetCrawlerCommand,
      stopCrawler: glue.StopCrawlerCommand,
      startJobRun: glue.StartJobRunCommand,
      getJobRun: glue.GetJobRunCommand,
      batchStopJobRun: glue.BatchStopJobRunCommand,
      getPartition: glue.GetPartitionCommand,
      startDataQualityRulesetEvaluationRun: glue.StartDataQualityRulesetEvaluationRunCommand,
      getDataQualityRulesetEvaluationRun: glue.GetDataQualityRulesetEvaluationRunCommand,
      cancelDataQualityRulesetEvaluationRun: glue.CancelDataQualityRulesetEvaluationRunCommand,
      batchGetDataQualityResult: glue.BatchGetDataQualityResultCommand,
    },
  },
  ecs: {
    errors: 'Ecs',
    lowerCase: true,
    client: (region) => new ecs.ECSClient({ region }),
    commands: {
      runTask: ecs.RunTaskCommand,
      describeTasks: ecs.DescribeTasksCommand,
      stopTask: ecs.StopTaskCommand,
    },
  },
  s3: {
    errors: 'S3',
    client: (region) => new s3.S3Client({ region }),
    commands: {
      headObject: s3.HeadObjectCommand,
      listObjectsV2: s3.ListObjectsV2Command,
      putObject: s3.PutObjectCommand,
      copyObject: s3.CopyObjectCommand,
      deleteObject: s3.DeleteObjectCommand,
      deleteObjects: s3.DeleteObjectsCommand,
    },
  },
  sfn: {
    errors: 'Sfn',
    lowerCase: true,
    client: (region) => new sfn.SFNClient({ region }),
    commands: {
      startExecution: sfn.StartExecutionCommand,
      describeExecution: sfn.DescribeExecutionCommand,
      stopExecution: sfn.StopExecutionCommand,
    },
  },
};

const clients = new Map<string, Client>();

export async function handler(call: RegionalCall): Promise<object> {
  const service = Object.hasOwn(SERVICES, call.service) ? SERVICES[call.service]! : undefined;
  const command = service && Object.hasOwn(service.commands, call.action) ? service.commands[call.action] : undefined;
  if (service === undefined || command === undefined) {
    const known = service === undefined ? Object.keys(SERVICES) : Object.keys(service.commands);
    throw named('Headrace.NotAllowed', `${call.service}:${call.action} is not one of ${known.join(', ')}`);
  }
  const key = `${call.service} ${call.region}`;
  const client = clients.get(key) ?? service.client(call.region);
  clients.set(key, client);
  const parameters = service.lowerCase === true ? withInitial(call.parameters, 'lower') : call.parameters;
  try {
    const { $metadata: _, ...answer } = (await client.send(new command(parameters))) as { $metadata?: unknown };
    const plain = JSON.parse(JSON.stringify(answer)) as object;
    return service.lowerCase === true ? (withInitial(plain, 'upper') as object) : plain;
  } catch (error) {
    const { name, message } = error as Error;
    throw named(`${service.errors}.${/Exception$|Error$/.test(name) ? name : `${name}Exception`}`, message);
  }
}

/** The names of fields, at every depth; none of the calls above has a map whose keys are the author's. */
function withInitial(value: unknown, initial: 'lower' | 'upper'): unknown {
  if (Array.isArray(value)) return value.map((item) => withInitial(item, initial));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const first = initial === 'lower' ? name.charAt(0).toLowerCase() : name.charAt(0).toUpperCase();
      return [first + name.slice(1), withInitial(inner, initial)];
    }),
  );
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
