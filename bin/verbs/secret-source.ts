// Where the values of secret params stand on this machine: the file that --secrets names. Out: nothing for what is deployed.

import { join } from 'node:path';
import { Secrets } from '../../lib/local/secrets';
import type { SecretSource } from '../../lib/compile/new-run';
import { isAws, type SiteOptions } from './site-options';

export function secretSource(options: SiteOptions & { readonly secrets?: string }): SecretSource | undefined {
  return isAws(options) ? undefined : Secrets.read(options.secrets ?? join(options.store, 'secrets.env'));
}
