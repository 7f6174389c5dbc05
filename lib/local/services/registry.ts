// Which stand-in answers what. In: a state's call, or a program's request through the gateway. Out: the answer of the one object
// that stands for the service. Always: an unknown service or action is `Headrace.NotLocal` and names what was asked; answers to
// programs carry times as the wire protocols do.

import { DynamoDb } from '../dynamodb';
import { type Json, ServiceError, type Services, type TaskCall } from '../engine';
import { LOCAL_ACCOUNT } from '../assembly/assembly';
import { readableCause } from '../../view/cause';
import { notLocal, type World } from '../world';
import { Athena } from './athena';
import { Batch } from './batch';
import { Ecs } from './ecs';
import { Events } from './events';
import { Glue } from './glue';
import { Http } from './http';
import { Kms } from './kms';
import { Lambda } from './lambda';
import { Sns, Sqs } from './messages';
import { RedshiftData } from './redshift-data';
import { withRecordedRuns } from './recorded-runs';
import { S3Objects } from './s3-objects';
import { SecretsManager } from './secrets-manager';
import { fieldsOf, type Service, type ServiceRequest, withInitial } from './service';
import { type Executions, States } from './states';

/** A request that came through the gateway. */
export interface GatewayRequest {
  readonly service: string;
  readonly action: string;
  readonly region: string;
  readonly input: Json;
}

/** Names that differ between Step Functions' SDK integrations and the services' own. */
const NAMES: { readonly [name: string]: string } = {
  redshiftdata: 'redshift-data',
  sfn: 'states',
  eventbridge: 'events',
  secretsmanager: 'secretsmanager',
};
/** Services whose wire protocol begins field names in lower case. */
const LOWER_CASE = new Set(['states', 'ecs']);

export class Registry implements Services {
  readonly events: Events;
  private readonly services: ReadonlyMap<string, Service>;

  constructor(
    private readonly world: World,
    executions: Executions,
  ) {
    const glue = new Glue(world);
    const lambda = new Lambda(world);
    const sqs = new Sqs(world);
    const invokeFunction = (arn: string, event: Json) =>
      lambda
        .handle({
          action: 'Invoke',
          region: arn.split(':')[3] ?? world.region,
          input: { FunctionName: arn, Payload: JSON.stringify(event) },
        })
        .then(failedInvocation);
    const sns = new Sns(world, sqs, invokeFunction);
    this.events = new Events(world, {
      invokeFunction,
      publish: async (arn, message, subject) => {
        const input = { TopicArn: arn, Message: message, ...(subject !== undefined && { Subject: subject }) };
        await sns.handle({ action: 'Publish', region: world.region, input });
      },
      send: (arn, body) => void sqs.put(arn.split(':').at(-1)!, arn.split(':')[3] ?? world.region, body),
      startExecution: (arn, input) => void executions.start(arn, undefined, input),
    });
    this.services = new Map<string, Service>([
      ['ecs', new Ecs(world)],
      ['batch', new Batch(world)],
      ['athena', new Athena(world, (region) => glue.catalog(region))],
      ['glue', glue],
      ['http', new Http(world)],
      ['kms', new Kms(world.options.store)],
      ['lambda', lambda],
      ['sns', sns],
      ['sqs', sqs],
      ['events', this.events],
      ['redshift-data', new RedshiftData(world, (region) => glue.catalog(region))],
      ['secretsmanager', new SecretsManager(world)],
      ['states', new States(withRecordedRuns(executions, world))],
      ['s3', new S3Objects(() => world.objects!)],
      ['dynamodb', new DynamoDbTables()],
      [
        'sts',
        {
          handle: async () => ({
            Account: LOCAL_ACCOUNT,
            Arn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/headrace`,
            UserId: 'AIDALOCAL',
          }),
        },
      ],
    ]);
  }

  /** A Task state's call. */
  async call(call: TaskCall): Promise<Json> {
    const name = call.service.replace(/^aws-sdk:/, '');
    const service = this.services.get(NAMES[name] ?? name);
    if (call.integration === 'activity') throw notLocal('an activity');
    if (!service) throw notLocal(call.resource);
    const region = call.executionArn.split(':')[3] || this.world.region;
    const action = call.action.charAt(0).toUpperCase() + call.action.slice(1);
    try {
      return await service.handle({ action, input: fieldsOf(call.arguments), region, call });
    } catch (error) {
      throw this.shown(asServiceError(error, call.resource));
    }
  }

  /** A program's request. */
  async dispatch(request: GatewayRequest): Promise<Json> {
    const name = NAMES[request.service] ?? request.service;
    const service = this.services.get(name);
    if (!service) throw notLocal(`${request.service}:${request.action}`);
    const lower = LOWER_CASE.has(name);
    const input = fieldsOf(lower ? withInitial(request.input, 'upper') : request.input);
    try {
      const answer = withEpochTimes(
        await service.handle({ action: request.action, input, region: request.region || this.world.region }),
      );
      return lower ? withInitial(answer, 'lower') : answer;
    } catch (error) {
      throw this.shown(asServiceError(error, `${request.service}:${request.action}`));
    }
  }

  /** What a program says of its failure may hold a secret; errors are recorded and printed. */
  private shown({ error, causeText }: ServiceError): ServiceError {
    const { hidden } = this.world.options;
    return new ServiceError(hidden.text(error), causeText === undefined ? undefined : hidden.json(causeText));
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.services.values()].map(async (service) => service.close?.()));
  }
}

/** One set of tables per region. */
class DynamoDbTables implements Service {
  private readonly regions = new Map<string, DynamoDb>();

  async handle({ action, input, region, call }: ServiceRequest): Promise<Json> {
    const tables = this.regions.get(region) ?? new DynamoDb();
    this.regions.set(region, tables);
    return tables.call(
      action.charAt(0).toLowerCase() + action.slice(1),
      input,
      call?.service === 'dynamodb' ? 'DynamoDB' : 'DynamoDb',
    );
  }
}

/** A function that failed is a failed target. */
function failedInvocation(answer: Json): Json {
  const { FunctionError: failed, Payload: payload } = fieldsOf(answer);
  if (failed) throw new Error(`the function failed: ${readableCause('Error', String(payload))}`);
  return answer;
}

function asServiceError(error: unknown, what: string): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError('Headrace.LocalError', `${what}: ${error instanceof Error ? error.message : String(error)}`);
}

const TIME_FIELD = /(?:(?:Time|Date|Timestamp|On|At|timestamp)|LastUpdated|LastModified)$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Step Functions shows times as ISO texts; the services' own protocols carry seconds since the epoch. */
function withEpochTimes(value: Json, key = ''): Json {
  if (typeof value === 'string') return TIME_FIELD.test(key) && ISO_TIME.test(value) ? Date.parse(value) / 1000 : value;
  if (Array.isArray(value)) return value.map((item) => withEpochTimes(item, key));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withEpochTimes(inner, name)]));
}
