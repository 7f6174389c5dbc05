// A table for what is worth nothing after a run: leases, signals, what has been told. In: its name, where it needs one. Out: the table.
// Always: paid by use, encrypted, items with a time to live in `x`; nothing is lost with it.

import { aws_dynamodb as dynamodb, RemovalPolicy } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

export function shortLivedTable(scope: Construct, id: string, tableName?: string): dynamodb.Table {
  return new dynamodb.Table(scope, id, {
    ...(tableName !== undefined && { tableName }),
    partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    timeToLiveAttribute: 'x',
    encryption: dynamodb.TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
