// Where the package keeps what it ships beside its code. In: a handler's name. Out: its folder in dist/lambda. The answer
// is the same whether this file runs from lib/ (tests) or from dist/lib/ (published).

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

function packageRoot(directory: string = __dirname): string {
  return existsSync(join(directory, 'package.json')) ? directory : packageRoot(dirname(directory));
}

/** Folder of a bundled Lambda handler or a shipped script. */
export function lambdaAsset(name: string): string {
  const folder = join(packageRoot(), 'dist', 'lambda', name);
  if (!existsSync(folder))
    throw new Error(`${folder} is missing: run \`npm run build:bundles\` in the headrace package first`);
  return folder;
}
