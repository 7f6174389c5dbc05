import { aws_iam as iam, Stack } from 'aws-cdk-lib';
import { CfnCrawler } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import { acknowledge } from '../pipeline/acknowledge';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { CrawlerTarget, targetLists } from './crawler-target';
import { allow, catalogStatement, connectionStatements, sharedGlueRole } from './glue-role';
import { pollingStates } from './polling';
import { readPath, writePath } from './s3-path';
import { glueCalls, type ServiceCalls } from './support-stack';

/** What a crawl may say. */
export interface GlueCrawlerTaskProps extends TaskProps {
  /**
   * An existing crawler by its name.
   * @default - a crawler is made from `database` and `path`
   */
  readonly crawlerName?: string;
  /**
   * Name of the catalog database that the crawler fills; it has to exist in the region of the task.
   * @default - `crawlerName` says which crawler
   */
  readonly database?: string;
  /**
   * What to crawl: `s3://bucket/prefix/`.
   * @default - `paths`
   */
  readonly path?: string;
  /**
   * What to crawl where it is several places.
   * @default - `path`
   */
  readonly paths?: string[];
  /**
   * What to crawl where it is not files in S3 alone: databases, Delta and Iceberg tables.
   * @default - `path`
   */
  readonly targets?: CrawlerTarget[];
  /**
   * Put before the names of the tables.
   * @default - nothing
   */
  readonly tablePrefix?: string;
  /**
   * The role that the crawler works with.
   * @default - the role that jobs and crawlers of the pipeline share, allowed to read the paths and write the database
   */
  readonly role?: iam.IRole;
  /**
   * Name of a Glue security configuration, for encryption with a key of your own.
   * @default - the services' own keys
   */
  readonly securityConfiguration?: string;
  /**
   * Region of crawler, database and data.
   * @default - the stack's region
   */
  readonly region?: string;
}

/**
 * Runs a Glue crawler and waits for this crawl's end. A crawler that is running already is waited for and then started.
 * Outputs: `status`, `startTime`, `crawler`.
 */
export class GlueCrawlerTask extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** Name of the crawler. */
  public readonly crawlerName: string;

  private readonly calls: ServiceCalls;
  private readonly region: string | undefined;

  constructor(scope: Construct, id: string, props: GlueCrawlerTaskProps) {
    super(scope, id, props);
    this.region = props.region;
    this.calls = glueCalls(this.pipeline, props.region);
    if (props.crawlerName !== undefined) {
      this.crawlerName = props.crawlerName;
      this.grantPrincipal = props.role?.grantPrincipal ?? new iam.UnknownPrincipal({ resource: this });
      for (const prop of [
        'database',
        'path',
        'paths',
        'targets',
        'tablePrefix',
        'role',
        'securityConfiguration',
      ] as const) {
        if (props[prop] !== undefined)
          this.addProblem(
            `${prop} is given beside crawlerName: it would do nothing to a crawler that exists; set it there, or leave crawlerName out`,
          );
      }
      return;
    }
    this.crawlerName = `${this.pipeline.prefix}-${id}`;
    const role = props.role ?? sharedGlueRole(this.calls.home);
    this.grantPrincipal = role.grantPrincipal;
    const targets = this.checkedTargets(props);
    if (props.database === undefined)
      this.addProblem(
        'database is missing: name the catalog database that the crawler fills, or an existing crawler with crawlerName',
      );
    if (props.role === undefined && props.database !== undefined) {
      allow(role, [
        ...targets.flatMap((target) => target._paths.flatMap(target._writes ? writePath : readPath)),
        catalogStatement(this.calls.home, props.database, CATALOG_ACTIONS),
        ...connectionStatements(
          this.calls.home,
          targets.flatMap((target) => target._connection ?? []),
        ),
      ]);
    }
    const crawler = new CfnCrawler(
      this.region === undefined ? this : this.calls.home,
      this.region === undefined ? 'Crawler' : `Crawler-${id}`,
      {
        name: this.crawlerName,
        role: role.roleArn,
        databaseName: props.database ?? '',
        targets: targetLists(targets),
        ...(props.tablePrefix !== undefined && { tablePrefix: props.tablePrefix }),
        ...(props.securityConfiguration !== undefined && { crawlerSecurityConfiguration: props.securityConfiguration }),
        schemaChangePolicy: { updateBehavior: 'UPDATE_IN_DATABASE', deleteBehavior: 'LOG' },
      },
    );
    crawler.node.addDependency(role);
    if (props.securityConfiguration === undefined) {
      acknowledge(
        crawler,
        'AwsSolutions-GL1',
        'CloudWatch encrypts logs with a key of its own; securityConfiguration sets another one',
      );
    }
  }

  public toSpec(): TaskSpec {
    const { calls, crawlerName } = this;
    const name = quote(crawlerName);
    const start = calls.call('startCrawler', { Name: crawlerName });
    // Another run's crawl, or somebody's by hand: the retries go on until the time limit, then that error is the task's.
    const busy = {
      ErrorEquals: ['Glue.CrawlerRunningException'],
      IntervalSeconds: 15,
      MaxAttempts: Math.ceil(this.timeout.toSeconds() / 60) + 4,
      BackoffRate: 1.5,
      MaxDelaySeconds: 60,
    };
    return {
      kind: 'GlueCrawlerTask',
      states: pollingStates({
        taskId: this.taskId,
        timeout: this.timeout,
        // A crawl that began before is another one. Clocks differ by less than the ten seconds, and no crawl is over in them.
        start: { ...start, Retry: [busy, ...(start.Retry as [])], keep: { xFrom: '$millis()-10000' } },
        look: {
          ...calls.call('getCrawler', { Name: crawlerName }),
          meaning:
            `($c:=${calls.answer}.Crawler;$l:=$c.LastCrawl;$s:=$l.StartTime;` +
            "$t:=$type($s)='string'?$toMillis($s):$exists($s)?$s*1000:0;" +
            "$mine:=$c.State='READY' and $t>=$xFrom;" +
            `{'end':$mine,'ok':$mine and $l.Status='SUCCEEDED','error':$l.Status='CANCELLED'?'Glue.CrawlCancelled':'Glue.CrawlFailed',` +
            `'cause':'the crawl of '&${name}&' ended as '&$l.Status&($l.ErrorMessage?': '&$l.ErrorMessage:'')&` +
            `' (log group /aws-glue/crawlers, stream '&${name}&')',` +
            `'out':{'status':$l.Status&'','startTime':$s,'crawler':${name}}})`,
        },
        stop: calls.call('stopCrawler', { Name: crawlerName }),
        firstWait: 5,
        longestWait: 60,
      }),
      permissions: calls.permissions([
        new iam.PolicyStatement({
          actions: ['glue:StartCrawler', 'glue:GetCrawler', 'glue:StopCrawler'],
          resources: [this.crawlerArn()],
        }),
      ]),
      ...(this.region !== undefined && { region: this.region }),
      log: { service: 'logs', group: '/aws-glue/crawlers', stream: crawlerName },
    };
  }

  /** Crawlers that the pipeline made are told by their names' begin: one resource for any number of them. */
  private crawlerArn(): string {
    const own = this.crawlerName === `${this.pipeline.prefix}-${this.taskId}`;
    return Stack.of(this).formatArn({
      service: 'glue',
      region: this.calls.region,
      resource: 'crawler',
      resourceName: own ? `${this.pipeline.prefix}-*` : this.crawlerName,
    });
  }

  private checkedTargets(props: GlueCrawlerTaskProps): CrawlerTarget[] {
    const paths = [...(props.path === undefined ? [] : [props.path]), ...(props.paths ?? [])];
    if (props.path !== undefined && props.paths !== undefined)
      this.addProblem('path and paths are both given: use one of them');
    const targets = [...paths.map((path) => CrawlerTarget.s3(path)), ...(props.targets ?? [])];
    if (targets.length === 0)
      this.addProblem(
        'path is missing: say what to crawl, s3://bucket/prefix/, or targets, or name an existing crawler with crawlerName',
      );
    for (const target of targets) for (const problem of target._problems) this.addProblem(problem);
    return targets.filter((target) => target._problems.length === 0);
  }
}

const CATALOG_ACTIONS = [
  'glue:GetDatabase',
  'glue:GetTable',
  'glue:GetTables',
  'glue:CreateTable',
  'glue:UpdateTable',
  'glue:GetPartition',
  'glue:GetPartitions',
  'glue:BatchGetPartition',
  'glue:BatchCreatePartition',
  'glue:CreatePartition',
  'glue:UpdatePartition',
  'glue:BatchUpdatePartition',
];
