// `npm run docs:json`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonPage } from './json-page';

writeFileSync(join(__dirname, '..', '..', 'docs', 'json.md'), jsonPage());
