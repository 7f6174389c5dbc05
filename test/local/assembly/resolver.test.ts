import { describe, expect, it } from 'vitest';
import { Assembly } from '../../../lib/local/assembly/assembly';
import { Resolver } from '../../../lib/local/assembly/resolver';
import type { Json } from '../../../lib/local/engine';
import { writeAssembly } from '../assembly-fixture';

const folder = writeAssembly({
  tasks: { A: { Type: 'Pass' } },
  resources: {
    Bucket: { Type: 'AWS::S3::Bucket' },
    Named: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: { 'Fn::Join': ['-', ['raw', { Ref: 'AWS::Region' }]] } },
    },
    Topic: { Type: 'AWS::SNS::Topic' },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
    Job: { Type: 'AWS::Glue::Job', Properties: { Name: { 'Fn::If': ['Never', 'x', 'job'] } } },
    Circle: { Type: 'AWS::Glue::Job', Properties: { Name: { Ref: 'Circle' } } },
    Odd: { Type: 'AWS::Odd::Thing' },
  },
});
const assembly = Assembly.read(folder);
const resolver = new Resolver(assembly, assembly.stacks[0]!);
const resolve = (value: Json) => resolver.resolve(value, 'Test.Value');

describe('Resolver', () => {
  it.each<[string, Json, Json]>([
    ['a bucket', { Ref: 'Bucket' }, 'demo-bucket'],
    ['a bucket with a name', { 'Fn::GetAtt': ['Named', 'Arn'] }, 'arn:aws:s3:::raw-us-east-1'],
    ['a topic', { Ref: 'Topic' }, 'arn:aws:sns:us-east-1:000000000000:Demo-Topic'],
    ['a queue', { Ref: 'Queue' }, 'https://sqs.us-east-1.amazonaws.com/000000000000/q'],
    [
      'Sub',
      { 'Fn::Sub': 'x ${Queue.Arn} ${!Keep} ${AWS::Partition}' },
      'x arn:aws:sqs:us-east-1:000000000000:q ${Keep} aws',
    ],
    [
      'Sub with variables',
      { 'Fn::Sub': ['${A}/${B}', { A: { Ref: 'Queue' }, B: '1' }] },
      'https://sqs.us-east-1.amazonaws.com/000000000000/q/1',
    ],
    ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': ['.', 'a.b.c'] }] }, 'b'],
    ['NoValue', { a: 1, b: { Ref: 'AWS::NoValue' }, c: [{ Ref: 'AWS::NoValue' }, 2] }, { a: 1, c: [2] }],
    ['an unknown type by its name', { Ref: 'Odd' }, 'Demo-Odd'],
  ])('answers %s', (_, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  it.each<[string, Json, RegExp]>([
    ['a resource that is not there', { Ref: 'Nobody' }, /Demo: Test\.Value cannot be resolved: it refers to Nobody/],
    [
      'an attribute that is not known',
      { 'Fn::GetAtt': ['Odd', 'Shape'] },
      /attribute Shape of Odd \(AWS::Odd::Thing\)/,
    ],
    ['an unknown function', { 'Fn::Cidr': ['10.0.0.0/8', 2, 8] }, /Fn::Cidr is not supported/],
    ['an import without an export', { 'Fn::ImportValue': 'x' }, /no stack of the assembly exports x/],
    ['a circle', { Ref: 'Circle' }, /round in a circle|Maximum/],
  ])('fails for %s', (_, value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });

  it('does not resolve what nobody asks for', () => {
    expect(resolver.property(assembly.stacks[0]!.resources.get('Queue')!, 'QueueName')).toBe('q');
  });
});

it('fails with what to do where there is no assembly', () => {
  expect(() => Assembly.read('/nowhere')).toThrow(/is missing: expected a cloud assembly .* synthesize the app first/);
});

it('fails for a pipeline that is not there, naming those that are', () => {
  expect(() => assembly.pipeline('Orders')).toThrow(/no pipeline Orders in .* there is Demo-Sales/);
  expect(assembly.pipeline('Sales').name).toBe('Demo-Sales');
});
