// Ctrl-C while runs go on in this process. In: the work, which ends when its signal is aborted. Out: its value, and whether a person stopped
// it. Always: the first one stops the runs as Step Functions would, the second ends at once and takes the child processes along.

import { killAllPrograms } from '../../lib/local/program-watch';
import { print } from './columns';

export async function interruptible<T>(
  { quiet = false }: { readonly quiet?: boolean | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly value: T; readonly stopped: boolean }> {
  const stop = new AbortController();
  const onInterrupt = () => {
    if (stop.signal.aborted) {
      killAllPrograms();
      process.exit(130);
    }
    if (!quiet) print('\nstopping; press Ctrl-C again to end at once');
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    const value = await work(stop.signal);
    return { value, stopped: stop.signal.aborted };
  } finally {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}
