import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Alert, FargateTask, Pipeline, Platform, PlatformImport, RedshiftQueryTask, Sql, Warehouse } from 'headrace';

const app = new App();
const env = { account: '111122223333', region: 'eu-west-1' };

// The platform team's app.
new Platform(new Stack(app, 'DataPlatform', { env }), 'Platform', {
  platformName: 'data',
  buckets: ['raw', 'lake'],
  databases: ['raw', 'lake'],
  warehouseDatabase: 'dw',
  alertEmails: ['data-oncall@example.com'],
});

// Another team's app, deployed by itself.
const stack = new Stack(app, 'Orders', { env });
const platform = new PlatformImport(stack, 'Platform', { platformName: 'data', availabilityZones: 3 });
const orders = new Pipeline(stack, 'Orders', { platform, alerts: [Alert.topic(platform.alertTopic)] });
const ingest = new FargateTask(orders, 'Ingest', { image: ContainerImage.fromRegistry('registry.example.com/orders') });
platform.bucket('raw').grantPut(ingest, 'orders/*');
ingest.next(
  new RedshiftQueryTask(orders, 'Load', {
    warehouse: Warehouse.ofPlatform(platform),
    sql: Sql.fromString("COPY orders FROM 's3://raw/orders/' IAM_ROLE DEFAULT FORMAT AS CSV"),
  }),
);
app.synth();
