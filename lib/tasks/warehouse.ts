import { ArnFormat, aws_iam as iam, type aws_secretsmanager as secretsmanager, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { IPlatform } from '../pipeline/i-platform';

/** A Redshift Serverless workgroup. */
export interface ServerlessWarehouseProps {
  /** Name of the workgroup. */
  readonly workgroupName: string;
  /** Database in it. */
  readonly database: string;
  /**
   * ARN of the workgroup (`workgroup.attrWorkgroupWorkgroupArn`): it holds an id that the name does not tell.
   * @default - permission for all workgroups of the account and region
   */
  readonly workgroupArn?: string;
  /**
   * Secret with user name and password.
   * @default - a database user named after the state machine's role, with temporary credentials
   */
  readonly secret?: secretsmanager.ISecret;
}

/** A provisioned Redshift cluster. */
export interface ProvisionedWarehouseProps {
  /** Name of the cluster. */
  readonly clusterIdentifier: string;
  /** Database in it. */
  readonly database: string;
  /**
   * Database user, with temporary credentials.
   * @default - `secret`, or a database user named after the state machine's role
   */
  readonly dbUser?: string;
  /**
   * Secret with user name and password.
   * @default - temporary credentials
   */
  readonly secret?: secretsmanager.ISecret;
}

/** A Redshift warehouse that is there already. */
export class Warehouse {
  /** A Redshift Serverless workgroup. */
  public static serverless(props: ServerlessWarehouseProps): Warehouse {
    return new Warehouse(
      {
        WorkgroupName: props.workgroupName,
        Database: props.database,
        ...(props.secret !== undefined && { SecretArn: props.secret.secretArn }),
      },
      (scope) => {
        const stack = Stack.of(scope);
        const arn =
          props.workgroupArn ??
          stack.formatArn({ service: 'redshift-serverless', resource: 'workgroup', resourceName: '*' });
        return [
          execute(arn),
          props.secret === undefined ? allowed('redshift-serverless:GetCredentials', arn) : reads(props.secret),
        ];
      },
    );
  }

  /**
   * The warehouse of a platform.
   * @param secret with user name and password; without one a database user named after the state machine's role, with temporary credentials
   */
  public static ofPlatform(platform: IPlatform, secret?: secretsmanager.ISecret): Warehouse {
    return Warehouse.serverless({
      workgroupName: platform.workgroupName,
      workgroupArn: platform.workgroupArn,
      database: platform.warehouseDatabase,
      ...(secret !== undefined && { secret }),
    });
  }

  /** A provisioned Redshift cluster. */
  public static provisioned(props: ProvisionedWarehouseProps): Warehouse {
    if (props.dbUser !== undefined && props.secret !== undefined) {
      throw new Error(
        `Warehouse.provisioned(${props.clusterIdentifier}): dbUser and secret are both given: the secret names its user already, leave dbUser out`,
      );
    }
    return new Warehouse(
      {
        ClusterIdentifier: props.clusterIdentifier,
        Database: props.database,
        ...(props.dbUser !== undefined && { DbUser: props.dbUser }),
        ...(props.secret !== undefined && { SecretArn: props.secret.secretArn }),
      },
      (scope) => {
        const arn = (resource: string, name: string) =>
          Stack.of(scope).formatArn({
            service: 'redshift',
            resource,
            resourceName: name,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          });
        const cluster = arn('cluster', props.clusterIdentifier);
        const database = arn('dbname', `${props.clusterIdentifier}/${props.database}`);
        if (props.secret !== undefined) return [execute(cluster), reads(props.secret)];
        if (props.dbUser === undefined)
          return [execute(cluster), allowed('redshift:GetClusterCredentialsWithIAM', database)];
        const user = arn('dbuser', `${props.clusterIdentifier}/${props.dbUser}`);
        return [execute(cluster), allowed('redshift:GetClusterCredentials', database, user)];
      },
    );
  }

  private constructor(
    private readonly target: { [field: string]: string },
    private readonly permissions: (scope: IConstruct) => iam.PolicyStatement[],
  ) {}

  /** @internal */
  public get _target(): { [field: string]: string } {
    return this.target;
  }

  /** @internal */
  public _permissions(scope: IConstruct): iam.PolicyStatement[] {
    return this.permissions(scope);
  }
}

function execute(arn: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['redshift-data:ExecuteStatement', 'redshift-data:BatchExecuteStatement'],
    resources: [arn],
  });
}

function reads(secret: secretsmanager.ISecret): iam.PolicyStatement {
  return allowed('secretsmanager:GetSecretValue', secret.secretArn);
}

function allowed(action: string, ...resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: [action], resources });
}
