// All mistakes in the pipelines of an app, told once. In: problems with the construct path of each. Out: one error whose
// text is all there is to read: where the fault was found in our code helps nobody.

import type { Problem } from '../compile/model';

export class PipelineError extends Error {
  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ path, message }) => `  [${path}] ${message}`);
    super(
      `${problems.length} ${problems.length === 1 ? 'mistake' : 'mistakes'} in the app's pipelines:\n${lines.join('\n')}`,
    );
    this.name = 'PipelineError';
    this.stack = `${this.name}: ${this.message}`;
  }
}
