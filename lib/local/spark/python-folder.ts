// Where the Python that jobs need lies: `awsglue`, and what starts a script. In: nothing. Out: the folder. Always: beside this
// file in the sources; under `lib/local/spark/python` of the package once the command is bundled (the build copies it there).

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function pythonFolder(): string {
  const places = [join(__dirname, 'python'), join(__dirname, '..', 'lib', 'local', 'spark', 'python')];
  const found = places.find((place) => existsSync(join(place, 'headrace_launch.py')));
  if (found === undefined)
    throw new Error(
      `the package is not whole: headrace_launch.py is in none of ${places.join(', ')}; install it again`,
    );
  return found;
}
