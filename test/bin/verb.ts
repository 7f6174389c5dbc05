// A verb as the command runs it, in this process. In: its register and the words. Out: what it printed, its exit code, its error.

import { Command } from 'commander';
import { vi } from 'vitest';

export interface VerbResult {
  readonly out: string;
  readonly code: number;
  readonly error?: string;
}

export async function runVerb(register: (program: Command) => void, ...words: readonly string[]): Promise<VerbResult> {
  const program = new Command('headrace').exitOverride();
  register(program);
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    out += String(chunk);
    return true;
  });
  const before = process.exitCode;
  try {
    await program.parseAsync(['node', 'headrace', ...words]);
    return { out, code: Number(process.exitCode ?? 0) };
  } catch (error) {
    return { out, code: 2, error: (error as Error).message };
  } finally {
    process.exitCode = before;
    write.mockRestore();
  }
}
