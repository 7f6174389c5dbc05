// AwsSolutions over both examples: no finding, or a suppression with its reason beside the resource.

import { App, Aspects } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { buildFanOut } from '../examples/fan-out/stack';
import { buildSales } from '../examples/sales-pipeline/stack';

for (const [name, build] of Object.entries({ 'sales-pipeline': buildSales, 'fan-out': buildFanOut })) {
  describe(name, () => {
    it('has no AwsSolutions finding', () => {
      const app = new App();
      const stack = build(app);
      Aspects.of(app).add(new AwsSolutionsChecks());
      app.synth();
      const found = ['Error', 'Warning'].flatMap((level) => {
        const annotations = Annotations.fromStack(stack);
        const list = level === 'Error' ? annotations.findError('*', Match.stringLikeRegexp('AwsSolutions-.*')) : annotations.findWarning('*', Match.stringLikeRegexp('AwsSolutions-.*'));
        return list.map((finding) => `${finding.id}: ${String(finding.entry.data)}`);
      });
      expect(found).toEqual([]);
    });
  });
}
