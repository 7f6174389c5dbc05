// The place that the words name. In: the parsed words. Out: a site. Always: AWS's part is loaded only where it is asked for.

import type { AwsSite } from '../../lib/ops/aws/aws-site';
import { LocalSite } from './local-site';
import { isAws, type SiteOptions } from './site-options';

export async function openSite(options: SiteOptions): Promise<AwsSite | LocalSite> {
  return isAws(options) ? openAws(options) : new LocalSite(options.store, options.assembly);
}

export async function openAws({ profile, region }: SiteOptions): Promise<AwsSite> {
  const [{ Aws }, { AwsSite }] = await Promise.all([
    import('../../lib/ops/aws/aws.js'),
    import('../../lib/ops/aws/aws-site.js'),
  ]);
  return AwsSite.open(new Aws({ ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) }));
}
