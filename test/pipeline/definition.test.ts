import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, aws_sqs as sqs, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, Pipeline } from '../../lib';
import { definition, pipeline, template } from '../tasks/run-task';

const many = (sales: Pipeline, count: number, url: string) => {
  for (let i = 0; i < count; i++) {
    new CustomTask(sales, `t${i}`, {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { QueueUrl: url, MessageBody: `"${'x'.repeat(100)}"` },
      permissions: [],
    });
  }
};

describe('a definition', () => {
  it('that is large becomes a file, with a placeholder for what only the deployment knows', () => {
    const sales = pipeline();
    const queue = new sqs.Queue(Stack.of(sales), 'Queue');
    many(sales, 200, queue.queueUrl);
    const [machine] = Object.values(template(sales).findResources('AWS::StepFunctions::StateMachine'));
    expect(machine!['Properties'].DefinitionString).toBeUndefined();
    expect(machine!['Properties'].DefinitionSubstitutions).toEqual({ t0: { Ref: 'Queue4A7E3555' } });
    const { directory } = (sales.node.root as App).synth();
    const key = machine!['Properties'].DefinitionS3Location.Key as string;
    const file = readdirSync(directory).find((name) => name.startsWith(`asset.${key.split('.')[0]}`))!;
    const asl = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const states = JSON.stringify(asl);
    expect(states.split('${t0}')).toHaveLength(201);
    expect(states).not.toContain('Token[');
  });

  it('that is small stands in the template', () => {
    const sales = pipeline();
    many(sales, 3, new sqs.Queue(Stack.of(sales), 'Queue').queueUrl);
    expect(JSON.stringify(definition(sales))).toContain('"QueueUrl":"<Queue4A7E3555>"');
  });

  it('names the partition of its region', () => {
    const stack = new Stack(new App(), 'Demo', { env: { region: 'cn-north-1' } });
    const sales = new Pipeline(stack, 'Sales');
    many(sales, 1, 'x');
    expect(definition(sales)['States'].t0.Resource).toBe('arn:aws-cn:states:::sqs:sendMessage');
    const anywhere = new Pipeline(new Stack(new App(), 'Demo'), 'Sales');
    many(anywhere, 1, 'x');
    expect(definition(anywhere)['States'].t0.Resource).toBe('arn:<AWS::Partition>:states:::sqs:sendMessage');
  });
});
