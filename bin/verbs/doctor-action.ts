// `headrace doctor`: what is in the way. Out: the exit code: 3 if something is wrong. JSON: a list: what, state (ok, warning, error), text.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Finding } from '../../lib/ops/aws/finding';
import { unreachable } from '../../lib/ops/unreachable-error';
import { columns, print, printJson } from './columns';
import { openAws } from './open-site';
import { isAws, type SiteOptions } from './site-options';

export async function doctorVerb(options: SiteOptions, version: string): Promise<number> {
  const findings = [...versions(version), ...(isAws(options) ? await ofAccount(options) : here(options))];
  if (options.json) printJson(findings);
  else
    print(
      columns(
        ['', 'WHAT', ''],
        findings.map(({ what, state, text }) => [state, what, text]),
      ),
    );
  return findings.some((finding) => finding.state === 'error') ? 3 : 0;
}

function versions(version: string): Finding[] {
  const [major] = process.versions.node.split('.').map(Number);
  const node = `Node ${process.versions.node}`;
  return [
    { what: 'headrace', state: 'ok', text: version },
    { what: 'node', state: major! >= 20 ? 'ok' : 'error', text: major! >= 20 ? node : `${node}: expected 20 or newer` },
  ];
}

async function ofAccount(options: SiteOptions): Promise<Finding[]> {
  try {
    const site = await openAws(options);
    const { examine } = await import('../../lib/ops/aws/doctor.js');
    return examine(site.aws, async () =>
      Promise.all(
        (await site.pipelines()).map(async (name): Promise<[string, string]> => [name, await site.rootArn(name)]),
      ),
    );
  } catch (error) {
    const away = unreachable(error);
    if (away === undefined) throw error;
    return [{ what: 'account', state: 'error', text: away.message }];
  }
}

function here({ store, assembly }: SiteOptions): Finding[] {
  const assembled = existsSync(join(assembly, 'manifest.json'));
  return [
    { what: 'store', ...writable(store) },
    {
      what: 'assembly',
      state: assembled ? 'ok' : 'warning',
      text: assembled ? resolve(assembly) : `${assembly} is no cloud assembly: run npx cdk synth first`,
    },
    { what: 'account', state: 'ok', text: 'not looked at: say --aws for that' },
  ];
}

function writable(store: string): Pick<Finding, 'state' | 'text'> {
  if (!existsSync(store)) return { state: 'ok', text: `${resolve(store)} is made by the first run` };
  if (!statSync(store).isDirectory())
    return { state: 'error', text: `${resolve(store)} is no folder: choose another with --store` };
  try {
    accessSync(store, constants.W_OK);
    return { state: 'ok', text: resolve(store) };
  } catch {
    return { state: 'error', text: `${resolve(store)} cannot be written to: runs of this machine need it` };
  }
}
