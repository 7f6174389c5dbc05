import { App, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Alert, AlertEvent, LambdaTask, Pipeline, PipelineDashboard } from 'headrace';

const app = new App();
const stack = new Stack(app, 'Orders');
const orders = new Pipeline(stack, 'Hourly', {
  alerts: [
    Alert.email('data-oncall@example.com'),
    Alert.slack(Secret.fromSecretNameV2(stack, 'Slack', 'slack/data')).on(AlertEvent.RUN_FAILED, AlertEvent.RECOVERED),
    Alert.webhookUrl('https://example.com/hooks/finance').on(AlertEvent.TASK_FAILED).forTasks('Publish'),
  ],
  expectSuccessEvery: Duration.hours(3), // tells of the run that never came
  expectDuration: Duration.minutes(20), // tells of a run that is late, while it goes on
});
new LambdaTask(orders, 'Publish', { code: 'jobs/publish.mjs' });
new PipelineDashboard(stack, 'Dashboard', { pipelines: [orders] });
app.synth();
