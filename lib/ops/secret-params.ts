// Params marked secret, which no record of a run holds. In: the params of an earlier run, and where their values may be given again. Out: the
// params with all values. Always: a value that is nowhere is asked for by name; what the run was given otherwise stays as it was.

import type { Manifest } from '../compile/manifest';
import { MASK } from '../view/hidden-values';
import { givenParams, paramValue, type SecretSource } from '../compile/new-run';
import { OperatorError } from '../compile/operator-error';

type Params = { readonly [name: string]: unknown };

export interface GivenAgain {
  /** `name=value`, as typed. */
  readonly words: readonly string[];
  readonly secrets?: SecretSource;
}

/**
 * @param earlier manifest and params of what is repeated
 * @param what for messages: `run 2026-11-01`
 * @throws OperatorError
 */
export function paramsAgain(
  manifest: Manifest,
  earlier: { readonly manifest: Manifest; readonly params: Params },
  given: GivenAgain,
  what: string,
): { [name: string]: unknown } {
  const typed = givenParams(manifest, given.words);
  const secret = new Set([...earlier.manifest.params, ...manifest.params].filter((each) => each.secret).map(nameOf));
  for (const name of typed.keys()) {
    if (secret.has(name)) continue;
    throw new OperatorError(
      `--param ${name}: ${what} is repeated with the params it had, and only secret ones are given again; start a new run to change it`,
    );
  }
  const params = new Map([...Object.entries(earlier.params), ...typed]);
  for (const param of manifest.params) {
    if (!secret.has(param.name) || params.get(param.name) !== MASK) continue;
    const text = given.secrets?.find(param.name);
    if (text === undefined) throw missing(param.name, what, given.secrets);
    params.set(param.name, paramValue({ ...param, secret: true }, text));
  }
  return Object.fromEntries(params);
}

function missing(name: string, what: string, secrets: SecretSource | undefined): OperatorError {
  const line = secrets === undefined ? '' : `, or as a line ${name}=value in ${secrets.file}`;
  return new OperatorError(
    `param ${name} is secret, so the record of ${what} does not hold it: give it again with --param ${name}=value${line}`,
  );
}

const nameOf = ({ name }: { readonly name: string }): string => name;
