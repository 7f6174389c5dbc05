import { type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { CfnDataQualityRuleset } from 'aws-cdk-lib/aws-glue';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { hasRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { textCode } from './as-text';
import { allow, catalogStatement, sharedGlueRole } from './glue-role';
import { pollingStates } from './polling';
import { pathProblems, readPath } from './s3-path';
import { serviceCalls, type ServiceCalls } from './support-stack';
import { clientToken } from './sync-run';

/** What a check of data quality may say. */
export interface GlueDataQualityTaskProps extends TaskProps {
  /** Catalog database of the table. */
  readonly database: string;
  /** The table; may hold run values and outputs. */
  readonly table: string;
  /**
   * The rules in DQDL, one a text, without the word Rules: `IsComplete "id"`, `RowCount > 0`, `ColumnValues "price" >= 0`.
   * https://docs.aws.amazon.com/glue/latest/dg/dqdl.html
   * @default - `rulesetName` says which rules
   */
  readonly rules?: string[];
  /**
   * An existing ruleset by its name.
   * @default - a ruleset is made from `rules`
   */
  readonly rulesetName?: string;
  /**
   * Only these partitions, as a predicate over partition columns: `day = '2026-11-21'`; may hold run values and outputs.
   * @default - the whole table
   */
  readonly partitionPredicate?: string;
  /**
   * The least share of rules that have to hold, 0 to 1.
   * @default 1: a rule that fails fails the task
   */
  readonly minimumScore?: number;
  /** @default 2 */
  readonly workers?: number;
  /**
   * Where the table's data lies, for the permission to read it: `s3://bucket/prefix/`.
   * @default - nothing; give permission with `bucket.grantRead(task)`
   */
  readonly sources?: string[];
  /**
   * The role that the check works with.
   * @default - the role that jobs and crawlers of the pipeline share
   */
  readonly role?: iam.IRole;
  /**
   * Region of the table.
   * @default - the stack's region
   */
  readonly region?: string;
}

/**
 * Checks a table of the catalog against rules and fails with the rules that do not hold, each with what was found. Outputs: `score`
 * (share of rules that hold, 0 to 1), `passed`, `failed` (how many rules), `runId`.
 * https://docs.aws.amazon.com/glue/latest/dg/data-quality-getting-started.html
 */
export class GlueDataQualityTask extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** Name of the ruleset. */
  public readonly rulesetName: string;

  private readonly calls: ServiceCalls;
  private readonly role: iam.IRole;

  constructor(
    scope: Construct,
    id: string,
    private readonly quality: GlueDataQualityTaskProps,
  ) {
    super(scope, id, quality);
    const props = quality;
    this.check(props);
    this.calls = serviceCalls(this.pipeline, 'glue', props.region);
    const { home } = this.calls;
    // Roles know no region: the state machine names this one in its call, so it lies beside it.
    this.role = props.role ?? sharedGlueRole(this.pipeline.shared);
    this.grantPrincipal = this.role.grantPrincipal;
    this.rulesetName = props.rulesetName ?? `${this.pipeline.prefix}-${id}`;
    if (props.rules !== undefined && props.rulesetName === undefined) {
      new CfnDataQualityRuleset(home, `Rules-${id}`, {
        name: this.rulesetName,
        ruleset: `Rules = [\n${props.rules.map((rule) => `  ${rule}`).join(',\n')}\n]`,
      });
    }
    if (props.role !== undefined) return;
    allow(this.role, [
      catalogStatement(home, props.database, [
        'glue:GetDatabase',
        'glue:GetTable',
        'glue:GetTables',
        'glue:GetPartition',
        'glue:GetPartitions',
        'glue:BatchGetPartition',
      ]),
      new PolicyStatement({
        actions: ['glue:GetDataQualityRuleset', 'glue:PublishDataQuality'],
        resources: [this.rulesetArn()],
      }),
      ...(props.sources ?? []).flatMap(readPath),
    ]);
  }

  public toSpec(): TaskSpec {
    const { calls, quality } = this;
    return {
      kind: 'GlueDataQualityTask',
      states: pollingStates({
        taskId: this.taskId,
        timeout: this.timeout,
        start: {
          ...calls.call('startDataQualityRulesetEvaluationRun', this.request()),
          keep: { xId: `${calls.answer}.RunId` },
        },
        look: { ...calls.call('getDataQualityRulesetEvaluationRun', { RunId: '{% $xId %}' }), meaning: this.meaning() },
        stop: calls.call('cancelDataQualityRulesetEvaluationRun', { RunId: '{% $xId %}' }),
        firstWait: 15,
        longestWait: 60,
        then: {
          result: {
            Type: 'Task',
            ...calls.call('batchGetDataQualityResult', { ResultIds: '{% $x.ids %}' }),
            Assign: { x: `{% ${this.verdict()} %}` },
            Next: 'verdict',
          },
          verdict: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $x.ok %}', Next: 'done' }],
            Default: 'failed',
          },
          done: { Type: 'Succeed', Output: '{% $x.out %}' },
        },
      }),
      permissions: calls.permissions([
        new PolicyStatement({
          actions: [
            'glue:StartDataQualityRulesetEvaluationRun',
            'glue:GetDataQualityRulesetEvaluationRun',
            'glue:CancelDataQualityRulesetEvaluationRun',
            'glue:BatchGetDataQualityResult',
          ],
          resources: [this.rulesetArn()],
        }),
        new PolicyStatement({
          actions: ['iam:PassRole'],
          resources: [this.role.roleArn],
          conditions: { StringEquals: { 'iam:PassedToService': new ServicePrincipal('glue.amazonaws.com').service } },
        }),
      ]),
      ...(quality.region !== undefined && { region: quality.region }),
    };
  }

  private request(): Json {
    const { quality } = this;
    const predicate = quality.partitionPredicate;
    return {
      DataSource: {
        GlueTable: {
          DatabaseName: quality.database,
          TableName: quality.table,
          ...(predicate !== undefined && { AdditionalOptions: { catalogPartitionPredicate: predicate } }),
        },
      },
      Role: this.role.roleArn,
      NumberOfWorkers: quality.workers ?? 2,
      Timeout: Math.max(1, Math.ceil(this.timeout.toMinutes({ integral: false }))),
      RulesetNames: [this.rulesetName],
      ClientToken: clientToken(this.taskId),
    };
  }

  private meaning(): string {
    return (
      `($r:=${this.calls.answer};$s:=$r.Status;` +
      "{'end':$s in ['SUCCEEDED','FAILED','STOPPED','TIMEOUT'],'ok':$s='SUCCEEDED','ids':[$r.ResultIds]," +
      "'error':$s='TIMEOUT'?'Headrace.Timeout':'Glue.DataQualityRunFailed'," +
      "'cause':'run '&$xId&' of the rules ended as '&$s&($exists($r.ErrorString)?': '&$r.ErrorString:'')})"
    );
  }

  /** A run that has ended well has only looked: whether the rules hold stands in its result. */
  private verdict(): string {
    const least = this.quality.minimumScore ?? 1;
    return (
      `($all:=[${this.calls.answer}.Results.RuleResults];$bad:=[$all[Result!='PASS']];$n:=$count($all);$b:=$count($bad);` +
      '$score:=$n=0?0:($n-$b)/$n;' +
      `{'ok':$n>0 and $score>=${least},'error':'Glue.DataQualityFailed',` +
      `'cause':$n=0?'no rule was evaluated':$b&' of '&$n&' rules do not hold for '&${textCode(`${this.quality.database}.${this.quality.table}`)}&': '` +
      "&$join($bad.(Description&($exists(EvaluationMessage)?' ('&EvaluationMessage&')':'')),'; ')," +
      "'out':{'score':$score,'passed':$n-$b,'failed':$b,'runId':$xId}})"
    );
  }

  private rulesetArn(): string {
    const own = this.quality.rulesetName === undefined;
    return Stack.of(this).formatArn({
      service: 'glue',
      region: this.calls.region,
      resource: 'dataQualityRuleset',
      resourceName: own ? `${this.pipeline.prefix}-*` : this.rulesetName,
    });
  }

  private check(props: GlueDataQualityTaskProps): void {
    if ((props.rules === undefined) === (props.rulesetName === undefined))
      this.addProblem(
        props.rules === undefined
          ? 'rules are missing: write them in DQDL, or name an existing ruleset with rulesetName'
          : 'rules and rulesetName are both given: the rules would do nothing to a ruleset that exists; use one of them',
      );
    if (props.rules?.length === 0) this.addProblem('rules is empty: it would check nothing');
    for (const rule of props.rules ?? []) {
      if (/^\s*Rules\s*=/.test(rule))
        this.addProblem(
          `a rule is ${JSON.stringify(rule.slice(0, 60))}: write each rule as a text of its own, without Rules = [...]`,
        );
      if (hasRunToken(rule))
        this.addProblem(
          'rules hold a value that is known only when the pipeline runs; a ruleset is made when the stack deploys: use partitionPredicate',
        );
    }
    const least = props.minimumScore;
    if (least !== undefined && !(least >= 0 && least <= 1))
      this.addProblem(`minimumScore is ${least}: expected a share from 0 to 1`);
    for (const problem of pathProblems({ sources: props.sources })) this.addProblem(problem);
  }
}
