// `npm run docs:roles`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolesPage } from './roles-page';

writeFileSync(join(__dirname, '..', '..', 'docs', 'roles.md'), rolesPage());
