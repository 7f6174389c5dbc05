import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { startS3Server } from '../../../lib/local/s3/server';

const python = process.env.HEADRACE_PYTHON;

it.skipIf(python === undefined)('boto3, s3fs and DuckDB find what they expect', { timeout: 120_000 }, async () => {
  const root = fs.mkdtempSync(path.join(tmpdir(), 'headrace-s3-compat-'));
  const server = await startS3Server({ root });
  try {
    const child = spawn(python!, [path.join(__dirname, 'compat.py'), server.url, root], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code, output).toBe(0);
  } finally {
    await server.close();
    fs.rmSync(root, { recursive: true, force: true });
  }
});
