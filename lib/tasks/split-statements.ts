// SQL text as single statements. In: the text of a file. Out: the statements without their semicolons, empty ones left out.
// Always: a semicolon inside a quoted text, a name, a comment or a $$ body ends nothing.

export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let from = 0;
  let solid = false;
  for (let at = 0; at < text.length; ) {
    const end = skip(text, at);
    if (end !== undefined) {
      if (!text.startsWith('--', at) && !text.startsWith('/*', at)) solid = true;
      at = end;
      continue;
    }
    if (text[at] === ';') {
      if (solid) statements.push(text.slice(from, at).trim());
      from = at + 1;
      solid = false;
    } else if (text[at]!.trim() !== '') solid = true;
    at++;
  }
  if (solid) statements.push(text.slice(from).trim());
  return statements;
}

/** A statement cut at its `:name` parameters, outside quotes and comments; `::type` is a cast. */
export function cutAtParameters(text: string): (string | { readonly parameter: string })[] {
  const pieces: (string | { readonly parameter: string })[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const end = skip(text, at);
    if (end !== undefined) {
      at = end;
      continue;
    }
    if (text.startsWith('::', at)) {
      at += 2;
      continue;
    }
    const name = text[at] === ':' ? /^:([A-Za-z_]\w*)/.exec(text.slice(at, at + 130))?.[1] : undefined;
    if (name === undefined || /\w/.test(text[at - 1] ?? '')) {
      at += 1;
      continue;
    }
    if (at > from) pieces.push(text.slice(from, at));
    pieces.push({ parameter: name });
    at += 1 + name.length;
    from = at;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

/** Names of the `:name` parameters of a statement. */
export function namedParameters(text: string): string[] {
  return [...new Set(cutAtParameters(text).flatMap((piece) => (typeof piece === 'string' ? [] : [piece.parameter])))];
}

/** Parameters that are given and not used, or used and not given. */
export function parameterProblems(
  prop: string,
  text: string,
  parameters: { readonly [name: string]: unknown } = {},
): string[] {
  const named = namedParameters(text);
  const given = Object.keys(parameters);
  return [
    ...given
      .filter((name) => !named.includes(name))
      .map((name) => `the parameter ${name} does nothing: ${prop} has no :${name}`),
    ...named
      .filter((name) => !given.includes(name))
      .map((name) => `${prop} has :${name}, which parameters do not give`),
  ];
}

/** Where a comment or a quoted piece that begins here ends; undefined where none begins. */
function skip(text: string, at: number): number | undefined {
  const two = text.slice(at, at + 2);
  if (two === '--') return endOf(text, '\n', at);
  if (two === '/*') return endOfComment(text, at);
  if (text[at] === "'" || text[at] === '"') return endOfQuote(text, at, text[at]!);
  if (text[at] === '$') {
    const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(text.slice(at, at + 66))?.[0];
    if (tag !== undefined) return endOf(text, tag, at + tag.length);
  }
  return undefined;
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}

function endOfComment(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (two === '/*') depth++;
    if (two === '*/') depth--;
    if (two === '/*' || two === '*/') i++;
    if (depth === 0) return i + 1;
  }
  return text.length;
}

/** A doubled quote stands for itself; in texts, so does one behind a backslash. */
function endOfQuote(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i++) {
    if (quote === "'" && text[i] === '\\') i++;
    else if (text[i] === quote && text[i + 1] === quote) i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}
