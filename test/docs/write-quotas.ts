// `npm run docs:quotas`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quotasPage } from './quotas-page';

writeFileSync(join(__dirname, '..', '..', 'docs', 'quotas.md'), quotasPage());
