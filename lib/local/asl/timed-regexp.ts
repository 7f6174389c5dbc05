// A RegExp that cannot hang the process. A pattern that may backtrack without bound (a quantifier over a group that has
// quantifiers or alternatives itself, or a back-reference) runs under the virtual machine's own time limit; all others
// run plainly.

import { createContext, Script } from 'node:vm';
import { JSONATA_TIMEOUT_MILLISECONDS } from './limits';

const RISKY = /\([^)]*[*+{|][^)]*\)[*+{]|\)[*+{][^)]*\)[*+{]|\\[1-9]|\\k</;
/** Two open-ended quantifiers in a row backtrack quadratically; on long texts that is long too. */
const OPEN_ENDED = /[*+][^*+]*[*+]/;
const LONG = 10_000;

const sandbox = createContext(Object.create(null) as object);
const script = new Script('run()');

export class TimedRegExp extends RegExp {
  private readonly risky: boolean;
  private readonly long: boolean;

  constructor(pattern: string | RegExp, flags?: string) {
    super(pattern, flags);
    this.risky = RISKY.test(this.source);
    this.long = OPEN_ENDED.test(this.source);
  }

  override exec(text: string): RegExpExecArray | null {
    if (!this.risky && !(this.long && text.length > LONG)) {
      return super.exec(text);
    }
    const target = sandbox as { run?: () => RegExpExecArray | null };
    target.run = () => super.exec(text);
    try {
      return script.runInContext(sandbox, { timeout: JSONATA_TIMEOUT_MILLISECONDS }) as RegExpExecArray | null;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
        throw new Error(`the regular expression /${this.source}/ took longer than ${JSONATA_TIMEOUT_MILLISECONDS} ms`);
      }
      throw error;
    } finally {
      delete target.run;
    }
  }
}
