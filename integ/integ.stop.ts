// A stopped run is ABORTED, and the container that it started is stopped with it: its role may do that.

import { Duration } from 'aws-cdk-lib';
import { ExpectedResult } from '@aws-cdk/integ-tests-alpha';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { FargateTask, Pipeline, Platform } from '../lib';
import { Case } from './run-case';

const it = new Case('Stop');
const platform = new Platform(it.stack, 'Platform', { platformName: it.uniqueName() });
const daily = new Pipeline(it.stack, 'Daily', { platform, timeout: Duration.minutes(30) });
new FargateTask(daily, 'Sleep', {
  image: ContainerImage.fromRegistry('public.ecr.aws/docker/library/busybox:latest'),
  command: ['sleep', '1500'],
});
const all = { Effect: 'Allow', Action: ['states:*', 'ecs:ListTasks'], Resource: ['*'] };
const tasks = (desiredStatus: string, expected: object) => {
  const call = it.assertions.awsApiCall('ecs', 'ListTasks', { cluster: platform.cluster.clusterName, desiredStatus });
  call.provider.addToRolePolicy(all);
  call.expect(ExpectedResult.objectLike(expected)).waitForAssertions({ totalTimeout: Duration.minutes(10) });
  return call;
};
const started = it.start(daily);
const stop = it.assertions.awsApiCall('sfn', 'StopExecution', { executionArn: started.getAttString('executionArn') });
stop.provider.addToRolePolicy(all);
const running = tasks('RUNNING', { taskArns: [{ $StringLike: 'arn:' }] });
started
  .next(running)
  .next(stop)
  .next(tasks('STOPPED', { taskArns: [{ $StringLike: 'arn:' }] }));
