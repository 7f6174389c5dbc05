// What the cases share: a pipeline is started as an operator would start it, and its end is waited for on AWS itself. In: a pipeline and
// what its run should come to. Out: assertions of integ-runner. Always: a case takes away everything it made.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExpectedResult, IntegTest, type IApiCall } from '@aws-cdk/integ-tests-alpha';
import { App, type Duration, Duration as Durations, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Pipeline } from '../lib';

export interface Expected {
  /** Status of the execution. */
  readonly status: 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT';
  /** Told in its cause. */
  readonly cause?: string;
  readonly within: Duration;
}

export class Case {
  readonly app = new App();
  readonly stack: Stack;
  private test: IntegTest | undefined;

  constructor(readonly name: string) {
    // Known account and region: a warehouse needs zones that have been looked up.
    const [account, region] = [process.env['CDK_DEFAULT_ACCOUNT'], process.env['CDK_DEFAULT_REGION']];
    const env = { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
    this.stack = new Stack(this.app, `HeadraceInteg${name}`, { env });
  }

  /** A bucket that is emptied and deleted with the case. */
  bucket(id: string): Bucket {
    return new Bucket(this.stack, id, {
      removalPolicy: RemovalPolicy.DESTROY,
      autoDeleteObjects: true,
      enforceSSL: true,
    });
  }

  /** Calls of AWS after the deployment, in order. */
  get assertions(): IntegTest['assertions'] {
    // The calls stand in a stack of the same account and region: only such a one may speak of what the case made.
    const { account, region } = this.stack;
    this.test ??= new IntegTest(this.app, this.name, {
      testCases: [this.stack],
      enableLookups: true,
      assertionStack: new Stack(this.app, `HeadraceInteg${this.name}Assert`, { env: { account, region } }),
    });
    return this.test.assertions;
  }

  /** Starts a run; each synthesis of the case starts another one. */
  start(pipeline: Pipeline, input: object = {}): IApiCall {
    const call = this.assertions.awsApiCall('sfn', 'StartExecution', {
      stateMachineArn: pipeline.stateMachineArn,
      input: JSON.stringify(input),
    });
    call.provider.addToRolePolicy({ Effect: 'Allow', Action: ['states:*'], Resource: ['*'] });
    return call;
  }

  /** The end of a started run, as DescribeExecution tells it. */
  expectEnd(started: IApiCall, expected: Expected): IApiCall {
    const described = this.assertions.awsApiCall('sfn', 'DescribeExecution', {
      executionArn: started.getAttString('executionArn'),
    });
    described.provider.addToRolePolicy({ Effect: 'Allow', Action: ['states:*'], Resource: ['*'] });
    described
      .expect(
        ExpectedResult.objectLike({
          status: expected.status,
          ...(expected.cause !== undefined && { cause: { $StringLike: expected.cause } }),
        }),
      )
      .waitForAssertions({ totalTimeout: expected.within, interval: Durations.seconds(15) });
    return started.next(described);
  }

  /** A name of the case that nobody else in the account has. */
  uniqueName(): string {
    return Names.uniqueResourceName(this.stack, { maxLength: 40, separator: '-' }).toLowerCase();
  }
}

/** A file with a content, for tasks that take files. */
export function file(name: string, content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'headrace-integ-')), name);
  writeFileSync(path, content);
  return path;
}
