// Whether an answer is one that the service could give: checked against the model of the service that comes with AWS's SDK. In: an exchange. Out: what
// does not fit, each with its place. Always: a field that the model does not know and a value of another type do not fit; nothing is decoded.

import * as athena from '@aws-sdk/client-athena';
import * as batch from '@aws-sdk/client-batch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecs from '@aws-sdk/client-ecs';
import * as emr from '@aws-sdk/client-emr';
import * as serverless from '@aws-sdk/client-emr-serverless';
import * as glue from '@aws-sdk/client-glue';
import * as lambda from '@aws-sdk/client-lambda';
import * as redshift from '@aws-sdk/client-redshift-data';
import * as tagging from '@aws-sdk/client-resource-groups-tagging-api';
import * as s3 from '@aws-sdk/client-s3';
import * as sfn from '@aws-sdk/client-sfn';
import { NormalizedSchema } from '@smithy/core/schema';
import { XMLParser } from 'fast-xml-parser';
import type { Answered, Asked } from './exchange';

type Model = { readonly [name: string]: unknown };
/** Code, namespace, name, traits, input and output of an operation. */
type Operation = readonly [9, string, string, Traits, () => Shape, () => Shape];
type Shape = Parameters<typeof NormalizedSchema.of>[0];
type Traits = { readonly http?: readonly [method: string, path: string, status: number] } | number;

const OPERATION = 9;

/** Services whose requests name their operation in a header, by what stands before its name. */
const BY_TARGET: { readonly [prefix: string]: Model } = {
  AmazonAthena: athena,
  AmazonEC2ContainerServiceV20141113: ecs,
  AWSGlue: glue,
  AWSStepFunctions: sfn,
  ElasticMapReduce: emr,
  Logs_20140328: logs,
  RedshiftData: redshift,
  ResourceGroupsTaggingAPI_20170126: tagging,
};

/** Services whose operations are methods and paths. */
const BY_PATH: readonly Model[] = [batch, serverless, lambda];

export function misfits(asked: Asked, answered: Answered): string[] {
  const found = operationOf(asked);
  if (found === undefined)
    return asked.target === undefined ? ofS3(asked, answered) : [`unknown operation ${asked.target}`];
  const { model, operation } = found;
  const body = parsed(answered.body);
  if (answered.status >= 400) return ofError(model, body);
  return ofShape(NormalizedSchema.of(operation[5]()), body, operation[2]);
}

function operationOf({ method, path, target }: Asked): { model: Model; operation: Operation } | undefined {
  const [prefix = '', name = ''] = target?.split('.') ?? [];
  const model = BY_TARGET[prefix];
  if (model !== undefined) {
    const operation = model[`${name}$`] as Operation | undefined;
    return operation && { model, operation };
  }
  for (const one of BY_PATH) {
    const operation = Object.values(one).find((shape) => isOperation(shape) && isAt(shape, method, path));
    if (operation !== undefined) return { model: one, operation: operation as Operation };
  }
  return undefined;
}

function isOperation(shape: unknown): shape is Operation {
  return Array.isArray(shape) && shape[0] === OPERATION;
}

function isAt([, , , traits]: Operation, method: string, path: string): boolean {
  if (typeof traits === 'number' || traits.http === undefined) return false;
  const [verb, template] = traits.http;
  const pattern = template.replace(/\?.*$/, '').replace(/\{[^}]+\}/g, '[^/]+');
  return verb === method && new RegExp(`^${pattern}$`).test(path.replace(/\?.*$/, ''));
}

function ofError(model: Model, body: unknown): string[] {
  const told = String((body as { __type?: string }).__type ?? '').replace(/^.*#/, '');
  return model[`${told}$`] === undefined ? [`the service has no error ${told || 'without a name'}`] : [];
}

/** XML, or the bytes of an object. */
function ofS3({ path }: Asked, { status, body }: Answered): string[] {
  if (status >= 400) {
    const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '';
    return (s3 as Model)[`${code}$`] === undefined ? [`S3 has no error ${code}`] : [];
  }
  if (!path.includes('list-type=2')) return [];
  const parser = new XMLParser({
    isArray: (name) => name === 'Contents',
    parseTagValue: false,
    ignoreAttributes: true,
  });
  const { ListBucketResult } = parser.parse(body) as { ListBucketResult?: object };
  return ofShape(
    NormalizedSchema.of((s3.ListObjectsV2$ as unknown as Operation)[5]()),
    ListBucketResult,
    'ListObjectsV2',
    true,
  );
}

/** @param texts numbers and truths are texts, as in XML */
function ofShape(shape: NormalizedSchema, value: unknown, at: string, texts = false): string[] {
  if (value === null || value === undefined || shape.isDocumentSchema() || shape.isUnitSchema()) return [];
  if (shape.isStructSchema()) return ofStruct(shape, value, at, texts);
  if (shape.isListSchema()) {
    // XML shows a list of one as its item.
    if (texts && !Array.isArray(value)) return ofShape(shape.getValueSchema(), value, at, texts);
    if (!Array.isArray(value)) return [`${at} is ${kindOf(value)}: expected a list`];
    return value.flatMap((item, i) => ofShape(shape.getValueSchema(), item, `${at}[${i}]`, texts));
  }
  if (shape.isMapSchema()) {
    if (typeof value !== 'object') return [`${at} is ${kindOf(value)}: expected a map`];
    return Object.entries(value).flatMap(([key, item]) => ofShape(shape.getValueSchema(), item, `${at}.${key}`, texts));
  }
  const wanted = scalarsOf(shape, texts);
  return wanted.includes(typeof value) ? [] : [`${at} is ${kindOf(value)}: expected ${wanted.join(' or ')}`];
}

function ofStruct(shape: NormalizedSchema, value: unknown, at: string, texts: boolean): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${at} is ${kindOf(value)}: expected an object`];
  const members = new Map<string, NormalizedSchema>();
  for (const [name, member] of shape.structIterator()) {
    members.set(member.getMergedTraits().jsonName ?? member.getMergedTraits().xmlName ?? name, member);
  }
  return Object.entries(value as object).flatMap(([name, inner]) => {
    const member = members.get(name);
    return member === undefined ? [`${at} has no ${name}`] : ofShape(member, inner, `${at}.${name}`, texts);
  });
}

function scalarsOf(shape: NormalizedSchema, texts: boolean): string[] {
  if (texts || shape.isStringSchema() || shape.isBlobSchema()) return ['string'];
  if (shape.isBooleanSchema()) return ['boolean'];
  // Some protocols write times as numbers, some as texts.
  return shape.isTimestampSchema() ? ['number', 'string'] : ['number'];
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'a list' : typeof value;
}

function parsed(body: string): unknown {
  return body === '' ? {} : (JSON.parse(body) as unknown);
}
