/**
 * Finding files behind `s3://` names. The resolver given to the warehouse maps a name to a path and refuses what lies
 * outside; a prefix stands for every file whose path begins with it.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RedshiftError, unsupported } from './redshift-error';
import type { Session } from './session';

export interface StoredFile {
  readonly uri: string;
  readonly path: string;
}

export function pathOf(uri: string, session: Session): string {
  if (!/^s3:\/\/[^/]+/i.test(uri)) {
    const scheme = /^[a-z0-9]+:\/\//i.exec(uri)?.[0];
    if (scheme) throw unsupported(`the source ${scheme}`);
    throw new RedshiftError(`"${uri}" is not an s3:// address`);
  }
  return session.options.resolveS3(uri).path;
}

/** All files whose name begins with a prefix, in the order of their names. */
export function listPrefix(uri: string, session: Session): StoredFile[] {
  const start = pathOf(uri, session);
  const folder = uri.endsWith('/') ? start : dirname(start);
  const found: StoredFile[] = [];
  const base = uri.endsWith('/') ? uri : uri.slice(0, uri.length - basename(start).length);
  const visit = (directory: string, prefix: string) => {
    for (const entry of entries(directory)) {
      const path = join(directory, entry);
      const name = `${prefix}${entry}`;
      if (statSync(path).isDirectory()) {
        if (`${name}/`.startsWith(uri) || uri.startsWith(`${name}/`)) visit(path, `${name}/`);
      } else if (name.startsWith(uri)) found.push({ uri: name, path });
    }
  };
  visit(folder, base);
  return found;
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory).sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  } catch {
    return [];
  }
}

/** The files of a manifest; a mandatory one that is missing is an error. */
export function readManifest(uri: string, session: Session): StoredFile[] {
  const [file] = listPrefix(uri, session).filter((one) => one.uri === uri);
  if (!file) throw new RedshiftError(`manifest file "${uri}" does not exist`);
  let manifest: { entries?: { url?: unknown; mandatory?: unknown }[] };
  try {
    manifest = JSON.parse(readFileSync(file.path, 'utf8'));
  } catch {
    throw new RedshiftError(`manifest file "${uri}" is not valid JSON`);
  }
  if (!Array.isArray(manifest.entries)) throw new RedshiftError(`manifest file "${uri}" has no list "entries"`);
  return manifest.entries.flatMap(({ url, mandatory }) => {
    if (typeof url !== 'string') throw new RedshiftError(`manifest file "${uri}" has an entry without a url`);
    const found = listPrefix(url, session).filter((one) => one.uri === url);
    if (found.length === 0 && mandatory === true)
      throw new RedshiftError(`the file "${url}" named in the manifest does not exist`);
    return found;
  });
}
