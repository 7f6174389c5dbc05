import { Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Alert, CustomTask, Pipeline, PipelineDashboard } from '../../lib';
import { flat, pipeline, template } from '../tasks/run-task';

interface Widget {
  readonly type: string;
  readonly properties: { readonly title?: string; readonly markdown?: string; readonly metrics?: unknown[] };
}

function widgets(of: Pipeline): Widget[] {
  const [dashboard] = Object.values(template(of).findResources('AWS::CloudWatch::Dashboard'));
  return (JSON.parse(flat(dashboard!['Properties'].DashboardBody)) as { widgets: Widget[] }).widgets;
}

const withTask = (of: Pipeline) =>
  new CustomTask(of, 'a', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });

describe('a dashboard', () => {
  it('of one pipeline shows outcomes, durations, tasks, freshness, transitions and their cost', () => {
    const sales = pipeline({ alerts: [Alert.email('a@example.com')], expectSuccessEvery: Duration.hours(26) });
    withTask(sales);
    new PipelineDashboard(Stack.of(sales), 'Dash', { pipelines: [sales] });
    const shown = widgets(sales);
    expect(shown.map(({ properties }) => properties.title ?? properties.markdown?.split('\n')[0])).toEqual([
      '# Demo-Sales',
      'Demo-Sales: runs',
      'Duration of runs',
      'Demo-Sales: hours since the last success',
      'Slowest tasks, seconds',
      'Failures by task',
      'State transitions',
      'Cost of state transitions, dollars',
    ]);
    const text = JSON.stringify(shown);
    expect(text).toContain('transitions x $0.025 / 1000');
    expect(text).toContain('stat\\":\\"p90'.replace(/\\/g, ''));
    expect(text).toContain('SecondsSinceSuccess');
  });

  it('of several pipelines has a row for each, and says how to see what is not measured', () => {
    const sales = pipeline();
    const other = new Pipeline(Stack.of(sales), 'Other');
    withTask(sales);
    withTask(other);
    new PipelineDashboard(Stack.of(sales), 'Dash', { pipelines: [sales, other] });
    const shown = widgets(sales);
    expect(shown).toHaveLength(6);
    expect(shown[2]!.properties.markdown).toContain('Set `expectSuccessEvery`');
  });

  it('makes the run ends known to the function that measures, also without an alert', () => {
    const sales = pipeline();
    withTask(sales);
    new PipelineDashboard(Stack.of(sales), 'Dash', { pipelines: [sales] });
    template(sales).resourceCountIs('AWS::Events::Rule', 2);
  });

  it('of nothing is refused', () => {
    expect(() => new PipelineDashboard(Stack.of(pipeline()), 'Dash', { pipelines: [] })).toThrow('pipelines is empty');
  });
});
