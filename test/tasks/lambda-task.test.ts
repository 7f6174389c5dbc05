import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type App, aws_lambda as lambda, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, LambdaTask, type LambdaTaskProps } from '../../lib';
import { allowed, definition, fails, file, mistakes, pipeline, play, template } from './run-task';

const code = file('tell.py', 'def handler(event, context):\n    return {}\n');

function tell(props: Partial<LambdaTaskProps> = {}) {
  const sales = pipeline();
  new LambdaTask(sales, 'Tell', { code, ...props });
  return sales;
}

describe('a function', () => {
  it('is made from a file, which is deployed alone', () => {
    file('other.py', '');
    const sales = tell({ environment: { A: '1' } });
    template(sales).hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'python3.13',
      Handler: 'tell.handler',
      Timeout: 900,
      Environment: { Variables: { A: '1' } },
    });
    const { directory } = (sales.node.root as App).synth();
    const asset = readdirSync(directory).find(
      (name) => name.startsWith('asset.') && readdirSync(join(directory, name)).includes('tell.py'),
    );
    expect(readdirSync(join(directory, asset!))).toEqual(['tell.py']);
  });

  it('gets its payload and gives its answer as outputs', async () => {
    const sales = pipeline();
    const first = new LambdaTask(sales, 'First', { code, payload: { day: sales.run.date, list: [1, true] } });
    new LambdaTask(sales, 'Second', { code, payload: { n: first.output('n') } });
    const run = await play(sales, () => ({ Payload: { n: 4 }, StatusCode: 200 }), {
      logicalDate: '2026-03-29T01:00:00Z',
    });
    expect(run.arguments.map((given) => given['Payload'])).toEqual([{ day: '2026-03-29', list: [1, true] }, { n: 4 }]);
  });

  it('may ask to be skipped', async () => {
    const sales = tell();
    new CustomTask(sales, 'After', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] }).after(
      sales.node.findChild('Tell') as LambdaTask,
    );
    const run = await play(sales, () => fails('Headrace.Skip', 'nothing new'));
    expect(run).toMatchObject({ status: 'SUCCEEDED', calls: ['lambda:invoke'] });
  });

  it('that the service could not take is called again', async () => {
    const run = await play(tell(), (_, nth) =>
      nth === 0 ? fails('Lambda.TooManyRequestsException') : { Payload: {} },
    );
    expect(run.calls).toHaveLength(2);
  });

  it('that exists may be called and no other', () => {
    const sales = pipeline();
    const existing = lambda.Function.fromFunctionArn(
      Stack.of(sales),
      'Own',
      'arn:aws:lambda:eu-west-1:111122223333:function:own',
    );
    new LambdaTask(sales, 'Tell', { function: existing });
    expect(allowed(sales)['lambda:InvokeFunction']).toEqual(['arn:aws:lambda:eu-west-1:111122223333:function:own']);
    expect(definition(sales)['States'].Tell.TimeoutSeconds).toBe(900);
  });
});

describe('fails', () => {
  it.each([
    ['without code', { code: undefined }, 'function and code are both missing'],
    ['with a file that is not there', { code: 'no.py' }, 'code is "no.py": there is no such file or folder below'],
    [
      'with TypeScript',
      { code: file('a.ts', '') },
      'is not told by its name: set runtime; TypeScript has to be compiled before',
    ],
    [
      'with a folder and no handler',
      { code: 'test/tasks', runtime: lambda.Runtime.NODEJS_22_X },
      'handler is missing: test/tasks is a folder',
    ],
    [
      'with more time than a function has',
      { timeout: Duration.hours(1) },
      'a Lambda function runs for at most 15 minutes; take FargateTask',
    ],
  ])('%s', (_, props, message) => {
    expect(mistakes(tell(props))).toContain(message);
  });

  it('with settings for a function that exists', () => {
    const sales = pipeline();
    const existing = lambda.Function.fromFunctionArn(
      Stack.of(sales),
      'Own',
      'arn:aws:lambda:eu-west-1:111122223333:function:own',
    );
    new LambdaTask(sales, 'Tell', { function: existing, memorySize: 512 });
    expect(mistakes(sales)).toContain('[Demo/Sales/Tell] memorySize is given beside function: it would do nothing');
  });
});
