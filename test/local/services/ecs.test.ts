// Containers as ECS tells of them: real processes of a hand-written assembly.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type LocalRunOptions, runLocal } from '../../../lib/local/local-run';
import { taskLogs } from '../../../lib/local/record';
import { folderWith, temporaryFolder, writeAssembly } from '../assembly-fixture';

const DOCKERFILE = 'FROM x\nRUN make\nUSER nobody-of-this-machine\nENTRYPOINT ["/bin/sh", "-c"]\n';

function run(script: string, more: Partial<LocalRunOptions> = {}, state: object = {}, tasks = ['Work']) {
  const task = {
    Type: 'Task',
    Resource: 'arn:aws:states:::ecs:runTask.sync',
    Arguments: { TaskDefinition: 'shell', Overrides: { ContainerOverrides: [{ Name: 'main', Command: [script] }] } },
    ...state,
  };
  const assembly = writeAssembly({
    images: { shell: folderWith({ Dockerfile: DOCKERFILE }) },
    resources: {
      Definition: {
        Type: 'AWS::ECS::TaskDefinition',
        Properties: {
          Family: 'shell',
          Memory: '256',
          ContainerDefinitions: [
            {
              Name: 'main',
              Image: { 'Fn::Sub': '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/assets:shell' },
              Environment: [{ Name: 'NODE', Value: process.execPath }],
            },
          ],
        },
      },
    },
    tasks: Object.fromEntries(tasks.map((id) => [id, task])),
  });
  return runLocal({ assembly, store: join(temporaryFolder(), '.headrace'), ...more });
}

it.skipIf(process.platform !== 'linux')('a container over its memory is told as ECS tells it', async () => {
  const { tasks } = await run('"$NODE" -e "const a = []; setInterval(() => a.push(Buffer.alloc(16 << 20, 1)), 20)"');
  expect(JSON.parse(tasks[0]!.cause!)).toMatchObject({
    StopCode: 'EssentialContainerExited',
    Containers: [{ ExitCode: 137, Reason: 'OutOfMemoryError: Container killed due to memory usage' }],
  });
  expect(tasks[0]!.reason).toMatch(/^container main ended with exit code 137 .*OutOfMemoryError/);
});

it('what a process leaves out is told once, whatever number of tasks use the image', async () => {
  const notes: string[] = [];
  await run('true', { onNotice: ({ text }) => notes.push(text) }, {}, ['One', 'Two', 'Three']);
  expect(notes).toEqual([
    expect.stringMatching(
      /--docker does all of it.*line 2: RUN make is not carried out.*USER nobody-of-this-machine is not honoured/,
    ),
  ]);
});

it('every attempt has a log of its own', async () => {
  const result = await run(
    'echo "try"; exit 1',
    { retryWaitSeconds: 1 },
    {
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 300, MaxAttempts: 1 }],
    },
  );
  expect(taskLogs(result.folder, 'Work').map((file) => readFileSync(file, 'utf8'))).toEqual(['try\n', 'try\n']);
});

it('a secret in what the program says is hidden in its log', async () => {
  const secrets = join(folderWith({ 'secrets.env': 'KEY=hunter2-of-ours\n' }), 'secrets.env');
  const result = await run('exec /no/such/hunter2-of-ours', { secrets });
  const [log] = taskLogs(result.folder, 'Work').map((file) => readFileSync(file, 'utf8'));
  expect(log).toContain('***');
  expect(log).not.toContain('hunter2');
});
