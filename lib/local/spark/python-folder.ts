// Where the Python that jobs need lies: `awsglue`, and what starts a script. In: nothing. Out: the folder. Always: beside this
// file in the sources; in `lib/local/spark/python` of the package once the code is bundled (the build copies it there).

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const INSIDE = join('lib', 'local', 'spark', 'python');

export function pythonFolder(): string {
  const own = join(__dirname, 'python');
  if (existsSync(join(own, 'headrace_launch.py'))) return own;
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const place = join(folder, INSIDE);
    if (existsSync(join(place, 'headrace_launch.py'))) return place;
    if (dirname(folder) === folder)
      throw new Error(`the package is not whole: ${INSIDE} is in no folder above ${__dirname}; install it again`);
  }
}
