// The machines of both examples as they would be deployed, checked in. `npm run golden` rewrites them: read the diff before
// committing it. An unrelated change that shows up here is a change of what users deploy.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import aslValidator = require('asl-validator');
import { type Definition, definitions, synthesize } from './assembly';

const WRITE = process.env['HEADRACE_GOLDEN'] === 'write';

for (const example of ['sales-pipeline', 'fan-out']) {
  describe(example, () => {
    const folder = join(__dirname, 'goldens', example);
    let machines: Definition[] = [];

    beforeAll(() => {
      machines = definitions(synthesize(join('examples', example, 'app.ts')));
      if (WRITE) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        for (const machine of machines) writeFileSync(join(folder, `${machine.name}.asl.json`), machine.text);
      }
    });

    it('deploys the machines that are checked in', () => {
      const golden = existsSync(folder) ? readdirSync(folder).sort() : [];
      expect(machines.map((machine) => `${machine.name}.asl.json`).sort()).toEqual(golden);
      for (const machine of machines) {
        expect(machine.text, `${machine.name}: run npm run golden and read the diff`).toBe(
          readFileSync(join(folder, `${machine.name}.asl.json`), 'utf8'),
        );
      }
    });

    it('is accepted by asl-validator', () => {
      for (const machine of machines) {
        // The validator knows real ARNs and names, not CloudFormation's words for them.
        // Its pattern for a plain text stops at a line's end, so texts of several lines (SQL) become one line for it.
        const text = machine.text.replaceAll('${AWS::Partition}', 'aws').replace(/\$\{[^}]*\}/g, 'x');
        const oneLine = (_: string, value: unknown) =>
          typeof value === 'string' ? value.replaceAll('\n', ' ') : value;
        const { isValid, errorsText } = aslValidator(JSON.parse(text, oneLine) as object);
        expect(isValid, errorsText('\n')).toBe(true);
      }
    });

    it('synthesizes to the same bytes twice', () => {
      expect(definitions(synthesize(join('examples', example, 'app.ts')))).toEqual(machines);
    });
  });
}
