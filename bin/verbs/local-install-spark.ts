// `headrace local --install-spark`: PySpark for this user. In: nothing. Out: the exit code: 0 ready, 1 it could not be installed, 130
// stopped with Ctrl-C. Always: what was stopped half-way leaves nothing behind that would be taken for a Spark.

import { installSpark } from '../../lib/local/spark/install-spark';
import { escapeText } from '../../lib/view/escape-text';

export async function runInstallSpark(): Promise<number> {
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);
  try {
    await installSpark({
      onProgress: (line) => process.stdout.write(`${escapeText(line)}\n`),
      signal: stop.signal,
    });
    return 0;
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write('stopped: nothing was installed\n');
      return 130;
    }
    process.stderr.write(`headrace local --install-spark: ${escapeText((error as Error).message)}\n`);
    return 1;
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}
