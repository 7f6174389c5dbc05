import type { Engine } from './engine';
import { unsupported } from './redshift-error';
import type { StatementResult } from './result';
import type { Statement } from './statement';
export async function callProcedure(_s: Extract<Statement, { kind: 'call' }>, _e: Engine, _x: unknown): Promise<StatementResult> { throw unsupported('CALL'); }
