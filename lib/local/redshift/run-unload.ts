import type { Engine } from './engine';
import { unsupported } from './redshift-error';
import type { StatementResult } from './result';
import type { Unload } from './statement';
export async function runUnload(_s: Unload, _e: Engine): Promise<StatementResult> { throw unsupported('UNLOAD'); }
