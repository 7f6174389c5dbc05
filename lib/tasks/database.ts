import type { aws_ec2 as ec2, aws_secretsmanager as secretsmanager } from 'aws-cdk-lib';

/** An Aurora cluster whose Data API is switched on. */
export interface DataApiProps {
  /** The cluster; its Data API has to be on (`enableDataApi`). */
  readonly clusterArn: string;
  /** Secret with user name and password. */
  readonly secret: secretsmanager.ISecret;
  /** Database in it. */
  readonly database: string;
}

/** A database in a network, reached by a function in that network. */
export interface NetworkDatabaseProps {
  /** Secret with `username` and `password`, and where the task says none also `host` and `port`. */
  readonly secret: secretsmanager.ISecret;
  /** Database in it. */
  readonly database: string;
  /** Network of the function. */
  readonly vpc: ec2.IVpc;
  /**
   * Where in the network; they need a way to Secrets Manager: a NAT gateway or an endpoint.
   * @default - the private subnets
   */
  readonly subnets?: ec2.SubnetSelection;
  /**
   * Of the function; the database has to let them in.
   * @default - a group of its own, see `connections` of the task
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** @default - the secret's `host` */
  readonly host?: string;
  /** @default - the secret's `port`, or the engine's own */
  readonly port?: number;
}

/** A PostgreSQL or MySQL database on RDS or Aurora that is there already. */
export class Database {
  /** Aurora PostgreSQL or MySQL by its Data API: no network, statements of up to 45 seconds. */
  public static dataApi(props: DataApiProps): Database {
    return new Database('data-api', props.database, props.secret, props.clusterArn, undefined);
  }

  /** PostgreSQL by its own protocol. */
  public static postgres(props: NetworkDatabaseProps): Database {
    return new Database('postgres', props.database, props.secret, undefined, props);
  }

  /** MySQL or MariaDB by its own protocol. */
  public static mysql(props: NetworkDatabaseProps): Database {
    return new Database('mysql', props.database, props.secret, undefined, props);
  }

  private constructor(
    /** @internal */
    public readonly _engine: string,
    /** @internal */
    public readonly _database: string,
    /** @internal */
    public readonly _secret: secretsmanager.ISecret,
    /** @internal */
    public readonly _clusterArn: string | undefined,
    /** @internal */
    public readonly _network: NetworkDatabaseProps | undefined,
  ) {}
}
