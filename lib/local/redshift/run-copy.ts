import type { Engine } from './engine';
import { unsupported } from './redshift-error';
import type { StatementResult } from './result';
import type { Copy } from './statement';
export async function runCopy(_s: Copy, _e: Engine): Promise<StatementResult> { throw unsupported('COPY'); }
