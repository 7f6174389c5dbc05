import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import {
  CustomTask,
  GlueExecutionClass,
  GlueJobTask,
  type GlueJobTaskProps,
  GlueScript,
  GlueWorker,
  Retry,
} from '../../lib';
import { allowed, fails, file, innerStates, mistakes, pipeline, play, template } from './run-task';

const script = GlueScript.pySpark(file('job.py', 'print(1)'));
const done = { Id: 'jr_1', JobName: 'x', ExecutionTime: 60, JobRunState: 'SUCCEEDED' };

function job(props: Partial<GlueJobTaskProps> = {}) {
  const sales = pipeline();
  new GlueJobTask(sales, 'Clean', { script, ...props });
  return sales;
}

describe('a job', () => {
  it('is made with safe sizes and its script as an asset', () => {
    template(job()).hasResourceProperties('AWS::Glue::Job', {
      Name: 'Demo-Sales-C8F38FD9-Clean',
      Command: { Name: 'glueetl', PythonVersion: '3' },
      GlueVersion: '5.0',
      WorkerType: 'G.1X',
      NumberOfWorkers: 2,
      Timeout: 720,
      MaxRetries: 0,
      ExecutionProperty: { MaxConcurrentRuns: 10 },
    });
  });

  it('of Python shell runs on the small machine', () => {
    const made = template(job({ script: GlueScript.pythonShell(file('job.py', '')) }));
    made.hasResourceProperties('AWS::Glue::Job', {
      Command: { Name: 'pythonshell', PythonVersion: '3.9' },
      MaxCapacity: 0.0625,
    });
  });

  it('of Ray runs on workers for Ray', () => {
    const made = template(job({ script: GlueScript.ray(file('job.py', '')), workers: 5 }));
    made.hasResourceProperties('AWS::Glue::Job', {
      Command: { Name: 'glueray', PythonVersion: '3.9', Runtime: 'Ray2.4' },
      GlueVersion: '4.0',
      WorkerType: 'Z.2X',
      NumberOfWorkers: 5,
      DefaultArguments: {},
    });
  });

  it('may run when there is spare capacity', () => {
    template(job({ executionClass: GlueExecutionClass.FLEX })).hasResourceProperties('AWS::Glue::Job', {
      ExecutionClass: 'FLEX',
    });
  });

  it('that goes through a connection may use it, and no other', () => {
    const policies = JSON.stringify(template(job({ connections: ['warehouse'] })).findResources('AWS::IAM::Policy'));
    expect(policies).toContain(':connection/warehouse');
    expect(policies).not.toContain(':connection/*');
  });

  it('that failed tells what Glue says, not States.TaskFailed', async () => {
    const cause = JSON.stringify({
      Id: 'jr_1',
      JobName: 'clean',
      JobRunState: 'FAILED',
      ErrorMessage: "KeyError: 'day'",
    });
    expect((await play(job(), () => fails('States.TaskFailed', cause))).failure).toEqual({
      Error: 'Glue.JobRunFailed',
      Cause: "run jr_1 of job clean ended as FAILED: KeyError: 'day'",
    });
  });

  it('gets its arguments with the run, as texts', async () => {
    const sales = pipeline();
    const first = new CustomTask(sales, 'First', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      permissions: [],
      outputs: "{'n':3}",
    });
    new GlueJobTask(sales, 'Clean', {
      script,
      arguments: { day: sales.run.date, n: first.output('n') },
      timeout: Duration.hours(1),
    });
    const run = await play(sales, () => done, { logicalDate: '2026-03-29T01:00:00Z' });
    expect(run.arguments[1]).toEqual({
      JobName: 'Demo-Sales-C8F38FD9-Clean',
      Timeout: 60,
      Arguments: { '--day': '2026-03-29', '--n': '3' },
    });
  });

  it('that finds no free place waits apart from the retries of the author', async () => {
    const run = await play(job({ retry: Retry.none() }), (_, nth) =>
      nth < 5 ? fails('Glue.ConcurrentRunsExceededException') : done,
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).toHaveLength(6);
  });

  it('may be started, seen and stopped by the machine', () => {
    const rights = allowed(job());
    for (const action of ['glue:StartJobRun', 'glue:GetJobRun', 'glue:BatchStopJobRun']) {
      expect(rights[action]).toEqual(['arn:<AWS::Partition>:glue:eu-west-1:111122223333:job/Demo-Sales-C8F38FD9-*']);
    }
    // Glue's end is asked for: there is no rule to make.
    expect(rights['events:PutTargets']).toBeUndefined();
  });

  it('hands values back through S3', async () => {
    const sales = pipeline();
    const clean = new GlueJobTask(sales, 'Clean', { script });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { text: `${clean.output('rows')} rows by ${clean.output('jobRunId')}` },
      permissions: [],
    });
    const run = await play(sales, (call) =>
      call.action === 'startJobRun' ? done : call.action === 'getObject' ? { Body: '{"rows":12}' } : {},
    );
    expect(run.arguments[0]!['Arguments']['--headrace_output']).toMatch(/^s3:\/\/.*\/outputs\/Clean\/run-1\.json$/);
    expect(run.arguments.at(-1)).toEqual({ text: '12 rows by jr_1' });
  });

  it('shares one role with the jobs of its pipeline, which grants add to', () => {
    const sales = job();
    const other = new GlueJobTask(sales, 'Other', { script });
    new Bucket(Stack.of(sales), 'Lake').grantRead(other);
    const roles = template(sales).findResources('AWS::IAM::Role');
    expect(Object.keys(roles).filter((id) => id.includes('GlueRole'))).toHaveLength(1);
    expect(JSON.stringify(template(sales).findResources('AWS::IAM::Policy'))).toContain('s3:GetObject*');
  });
});

describe('an existing job', () => {
  it('is called by its name, with the sizes that the author gives', () => {
    const sales = pipeline();
    new GlueJobTask(sales, 'Clean', { jobName: 'nightly', worker: GlueWorker.G_2X, workers: 5 });
    template(sales).resourceCountIs('AWS::Glue::Job', 0);
    expect(innerStates(sales, 'Clean')['Clean run'].Arguments).toMatchObject({
      JobName: 'nightly',
      WorkerType: 'G.2X',
      NumberOfWorkers: 5,
    });
    expect(allowed(sales)['glue:StartJobRun']).toEqual([
      'arn:<AWS::Partition>:glue:eu-west-1:111122223333:job/nightly',
    ]);
  });
});

describe('in another region', () => {
  it('is started, waited for and its failure told', async () => {
    const sales = job({ region: 'us-west-2' });
    const played = (state: string) =>
      play(sales, (call, nth) => {
        const { action } = (call.arguments as { Payload: { action: string } }).Payload;
        return {
          Payload:
            action === 'startJobRun'
              ? { JobRunId: 'jr_1' }
              : {
                  JobRun:
                    nth < 2
                      ? { JobRunState: 'RUNNING' }
                      : { ...done, JobRunState: state, ErrorMessage: 'out of memory' },
                },
        };
      });
    expect((await played('SUCCEEDED')).status).toBe('SUCCEEDED');
    expect((await played('FAILED')).failure).toEqual({
      Error: 'Glue.JobRunFailed',
      Cause: 'run jr_1 of job Demo-Sales-C8F38FD9-Clean ended as FAILED: out of memory',
    });
    const support = sales.node.root.node.findChild('Demo-headrace-us-west-2') as Stack;
    Template.fromStack(support).hasResourceProperties('AWS::Glue::Job', { Name: 'Demo-Sales-C8F38FD9-Clean' });
    expect(Stack.of(sales).dependencies).toContain(support);
  });
});

describe('fails', () => {
  it.each([
    ['without a script', { script: undefined }, 'script is missing: give a GlueScript'],
    ['with a script for a job that exists', { jobName: 'x' }, 'script is given beside jobName'],
    ['with dashes', { arguments: { '--day': '1' } }, 'the argument --day begins with --: write day'],
    [
      'with flex for Python shell',
      { script: GlueScript.pythonShell(file('a.py', '')), executionClass: GlueExecutionClass.FLEX },
      'executionClass is FLEX, which is for PySpark',
    ],
    [
      'with flex on large workers',
      { worker: GlueWorker.G_8X, executionClass: GlueExecutionClass.FLEX },
      'worker is G.8X, but executionClass FLEX runs on G.1X and G.2X',
    ],
    ['with workers of Ray for Spark', { worker: GlueWorker.Z_2X }, 'worker is Z.2X, which is for Ray'],
    [
      'with workers of Spark for Ray',
      { script: GlueScript.ray(file('a.py', '')), worker: GlueWorker.G_1X },
      'worker is G.1X: Ray runs on Z.2X alone',
    ],
    [
      'with workers for Python shell',
      { script: GlueScript.pythonShell(file('a.py', '')), workers: 5 },
      'worker and workers do nothing for a Python shell job',
    ],
  ])('%s', (_, props, message) => {
    expect(mistakes(job(props))).toContain(`[Demo/Sales/Clean] ${message}`);
  });

  it('with a value that a job of another region would hand back', () => {
    const sales = job({ region: 'us-west-2' });
    const rows = (sales.node.findChild('Clean') as GlueJobTask).output('rows');
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { rows },
      permissions: [],
    });
    expect(mistakes(sales)).toContain(
      'the output rows cannot be handed back by a job in us-west-2: expected jobName, jobRunId',
    );
  });

  it('with a script that is not there', () => {
    expect(() => GlueScript.pySpark('no.py')).toThrow('GlueScript.pySpark("no.py"): there is no such file below');
  });
});
