// AWS JSON 1.0 and 1.1: the action in X-Amz-Target, input and output as JSON documents, exceptions by `__type`.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
import { type Json, ServiceError } from '../engine';
import { exceptionName, messageOf, statusOf, type WireCall, type WireRequest } from './wire';

// The first half of X-Amz-Target, where it differs from the service's signing name.
const services: ReadonlyMap<string, string> = new Map([
  ['AWSGlue', 'glue'],
  ['RedshiftData', 'redshift-data'],
  ['DynamoDB_20120810', 'dynamodb'],
  ['DynamoDBStreams_20120810', 'dynamodbstreams'],
  ['AWSStepFunctions', 'states'],
  ['AmazonSQS', 'sqs'],
  ['AWSEvents', 'events'],
  ['Logs_20140328', 'logs'],
  ['AmazonAthena', 'athena'],
  ['AmazonEC2ContainerServiceV20141113', 'ecs'],
  ['AmazonSSM', 'ssm'],
  ['TrentService', 'kms'],
  ['Kinesis_20131202', 'kinesis'],
  ['GraniteServiceVersion20100801', 'monitoring'],
  ['ElasticMapReduce', 'elasticmapreduce'],
]);

export function readJsonCall(request: WireRequest): WireCall | undefined {
  const target = request.header('x-amz-target');
  if (request.method !== 'POST' || target === undefined) return undefined;
  const dot = target.lastIndexOf('.');
  const prefix = target.slice(0, dot);
  const contentType = request.header('content-type') ?? 'application/x-amz-json-1.1';
  return {
    service: services.get(prefix) ?? (request.service === '' ? prefix : request.service),
    action: target.slice(dot + 1),
    input: () => readJson(request.body),
    answer: (output) => ({ status: 200, headers: { 'content-type': contentType }, body: JSON.stringify(output ?? {}) }),
    refuse: (error) => ({
      status: statusOf(error),
      headers: { 'content-type': contentType, 'x-amzn-errortype': exceptionName(error) },
      body: JSON.stringify({ __type: exceptionName(error), message: messageOf(error) }),
    }),
  };
}

function readJson(body: Buffer): Json {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    throw new ServiceError('SerializationException', 'the body is not a JSON document');
  }
}
