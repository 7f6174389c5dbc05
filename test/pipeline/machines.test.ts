import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { GlueJobTask } from '../../lib';
import { newPipeline } from '../permissions/every-kind';

describe('a pipeline that is cut into machines', () => {
  const sales = newPipeline();
  for (let i = 0; i < 1_000; i++) new GlueJobTask(sales, `Job${i}`, { jobName: `team-etl-${i}` });
  const template = Template.fromStack(Stack.of(sales));
  const machines = Object.entries(template.findResources('AWS::StepFunctions::StateMachine'));
  const versions = Object.entries(template.findResources('AWS::StepFunctions::StateMachineVersion'));

  it('publishes a version of each child whenever it changes, and keeps those before', () => {
    expect(versions.length).toBe(machines.length - 1);
    const children = versions.map(([, { Properties, UpdateReplacePolicy, DeletionPolicy }]) => {
      const child = Properties.StateMachineArn.Ref as string;
      expect(Properties.StateMachineRevisionId).toEqual({ 'Fn::GetAtt': [child, 'StateMachineRevisionId'] });
      // A deployment that replaces the version leaves the old one; one that removes the machine takes all along.
      expect([UpdateReplacePolicy, DeletionPolicy]).toEqual(['Retain', 'Delete']);
      return child;
    });
    const [root, ...more] = machines.map(([id]) => id).filter((id) => !children.includes(id));
    expect([root, more]).toEqual([expect.stringMatching(/^SalesHeadraceMachine/), []]);
  });

  it('calls the versions, never what a machine is at the time', () => {
    const called = machines.flatMap(([, { Properties }]) => Object.values(Properties.DefinitionSubstitutions ?? {}));
    const refs = called.flatMap((value) => (value as { Ref?: string }).Ref ?? []);
    expect(refs.filter((id) => versions.some(([version]) => version === id)).sort()).toEqual(
      versions.map(([id]) => id).sort(),
    );
    for (const [id] of machines) expect(refs).not.toContain(id);
  });
});
