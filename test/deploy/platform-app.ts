// A platform and a pipeline beside it, for what reads templates: the shape that a platform team deploys.

import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Alert, FargateTask, Pipeline, Platform, RedshiftQueryTask, Sql, Warehouse } from '../../lib';

const app = new App();
const env = { account: '123456789012', region: 'eu-west-1' };
const platform = new Platform(new Stack(app, 'Shared', { env }), 'Platform', {
  platformName: 'data',
  buckets: ['raw', 'lake'],
  databases: ['raw'],
  warehouseDatabase: 'dw',
  alertEmails: ['data-oncall@example.com'],
});
const orders = new Pipeline(new Stack(app, 'Team', { env }), 'Orders', {
  platform,
  alerts: [Alert.topic(platform.alertTopic)],
});
new FargateTask(orders, 'Ingest', { image: ContainerImage.fromRegistry('busybox') }).next(
  new RedshiftQueryTask(orders, 'Load', { warehouse: Warehouse.ofPlatform(platform), sql: Sql.fromString('select 1') }),
);
app.synth();
