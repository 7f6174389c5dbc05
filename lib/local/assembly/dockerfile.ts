// Reads a Dockerfile. In: its text, build arguments, the wanted stage. Out: the stages with their instructions, variables
// replaced. Always: an instruction that is not known is an error that gives its line; nothing is executed.

import { AssemblyError } from './assembly-error';

export interface Instruction {
  readonly line: number;
  readonly name: string;
  /** `--from=build` -> from: build */
  readonly flags: { readonly [name: string]: string };
  readonly text: string;
  /** Words of the exec form `["node", "x"]`; undefined for the shell form. */
  readonly words?: readonly string[];
  /** Here-documents in order: `COPY <<EOF /app/config`. */
  readonly documents: readonly HereDocument[];
}

export interface HereDocument {
  readonly name: string;
  readonly content: string;
  /** `<<'EOF'`: variables stay as they are. */
  readonly verbatim: boolean;
}

export interface BuildStage {
  readonly base: string;
  readonly name?: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN = new Set(
  'FROM RUN CMD LABEL MAINTAINER EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL HEALTHCHECK SHELL'.split(
    ' ',
  ),
);

/** All stages in order. */
export function parseDockerfile(
  text: string,
  file: string,
  buildArgs: { readonly [name: string]: string } = {},
): BuildStage[] {
  const stages: { base: string; name?: string; instructions: Instruction[] }[] = [];
  const globals: { [name: string]: string } = { ...platform() };
  for (const { line, text: source, documents } of logicalLines(text, file)) {
    const match = /^([A-Za-z]+)(?:\s+([\s\S]*))?$/.exec(source);
    const name = match?.[1]?.toUpperCase() ?? '';
    if (!KNOWN.has(name))
      throw new AssemblyError(`${file} line ${line}: ${source.slice(0, 80)} is not a Dockerfile instruction`);
    const { flags, rest } = readFlags(match?.[2] ?? '');
    const stage = stages.at(-1);
    if (name === 'FROM') {
      const [base, as, alias] = expand(rest, globals).split(/\s+/);
      stages.push({ base: base ?? '', name: as?.toUpperCase() === 'AS' ? alias : undefined, instructions: [] });
    } else if (name === 'ARG' && !stage) {
      const [key, value] = assignment(rest);
      globals[key] = buildArgs[key] ?? expand(value ?? '', globals);
    } else if (!stage) {
      throw new AssemblyError(`${file} line ${line}: ${name} before the first FROM`);
    } else if (name === 'ARG') {
      const [key, value] = assignment(rest);
      stage.instructions.push({
        line,
        name,
        flags,
        text: `${key}=${buildArgs[key] ?? value ?? globals[key] ?? ''}`,
        documents,
      });
    } else {
      stage.instructions.push({ line, name, flags, text: rest, words: execForm(rest), documents });
    }
  }
  if (stages.length === 0) throw new AssemblyError(`${file} has no FROM instruction`);
  return stages;
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`; a backslash keeps the dollar. */
export function expand(text: string, variables: { readonly [name: string]: string }): string {
  const value = (name: string) => (Object.hasOwn(variables, name) ? variables[name]! : '');
  return text.replace(
    /\\\$|\$\{([A-Za-z_]\w*)(?::([-+])([^}]*))?\}|\$([A-Za-z_]\w*)/g,
    (whole, braced, operator, other, plain) => {
      if (whole === '\\$') return '$';
      const found = value((braced ?? plain) as string);
      if (operator === '-') return found === '' ? (other as string) : found;
      if (operator === '+') return found === '' ? '' : (other as string);
      return found;
    },
  );
}

/** `A=1 B="two words"` or the old `A one value`. */
export function assignments(text: string): [string, string][] {
  if (!/^[A-Za-z_][\w.]*=/.test(text)) {
    const [key, ...rest] = text.split(/\s+/);
    return [[key ?? '', rest.join(' ')]];
  }
  const found: [string, string][] = [];
  const pattern = /([A-Za-z_][\w.]*)=((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])*)/gs;
  for (const [, key, value] of text.matchAll(pattern)) found.push([key!, unquote(value!)]);
  return found;
}

function unquote(text: string): string {
  return text.replace(
    /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
    (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replace(/\\(["\\])/g, '$1') : (single ?? (escaped === '$' ? '\\$' : escaped!)),
  );
}

function assignment(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), undefined] : [text.slice(0, at).trim(), unquote(text.slice(at + 1).trim())];
}

function execForm(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? (words as string[]) : undefined;
  } catch {
    return undefined;
  }
}

function readFlags(text: string): { flags: { [name: string]: string }; rest: string } {
  const flags: { [name: string]: string } = {};
  let rest = text.trim();
  for (let match = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(rest); match; match = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(rest)) {
    flags[match[1]!] = match[2] ?? 'true';
    rest = rest.slice(match[0].length);
  }
  return { flags, rest };
}

/** The arguments that every build has: https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope */
function platform(): { [name: string]: string } {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  return Object.fromEntries(
    ['BUILD', 'TARGET'].flatMap((which) => [
      [`${which}PLATFORM`, `linux/${cpu}`],
      [`${which}OS`, 'linux'],
      [`${which}ARCH`, cpu],
    ]),
  );
}

interface LogicalLine {
  readonly line: number;
  text: string;
  readonly documents: HereDocument[];
}

/** Joins continued lines, drops comments and empty lines, takes here-documents aside. */
function logicalLines(text: string, file: string): LogicalLine[] {
  const continuation = /^#\s*escape\s*=\s*(`|\\)/im.exec(text)?.[1] ?? '\\';
  const found: LogicalLine[] = [];
  const lines = text.split(/\r?\n/);
  let current: LogicalLine | undefined;
  for (let index = 0; index < lines.length; index += 1) {
    const raw = lines[index]!;
    if (/^\s*#/.test(raw) || (current === undefined && raw.trim() === '')) continue;
    const trimmed = raw.trimEnd();
    const continued = trimmed.endsWith(continuation);
    const part = continued ? trimmed.slice(0, -1) : trimmed;
    if (current) current.text += part;
    else current = { line: index + 1, text: part.trimStart(), documents: [] };
    if (continued) continue;
    if (/^(RUN|COPY|ADD)\s/i.test(current.text)) index = takeDocuments(current, lines, index, file);
    found.push(current);
    current = undefined;
  }
  if (current) found.push(current);
  return found;
}

/** `<<NAME`, `<<-NAME` (leading tabs go), `<<"NAME"`: what follows up to a line NAME. Returns the last line taken. */
function takeDocuments(into: LogicalLine, lines: readonly string[], last: number, file: string): number {
  let at = last;
  for (const [, dash, quote, name] of into.text.matchAll(/<<(-?)(["']?)([A-Za-z_]\w*)\2(?=\s|$)/g)) {
    const content: string[] = [];
    for (at += 1; ; at += 1) {
      const raw = lines[at];
      if (raw === undefined) throw new AssemblyError(`${file} line ${into.line}: the here-document ${name} never ends`);
      const line = dash === '-' ? raw.replace(/^\t+/, '') : raw;
      if (line === name) break;
      content.push(`${line}\n`);
    }
    into.documents.push({ name: name!, content: content.join(''), verbatim: quote !== '' });
  }
  return at;
}
