// A value that exists only when the pipeline runs, as a CDK token, so that it works inside any text. In: a reference and who
// it belongs to. Out: a token; `markReferences` turns the tokens in a task's body into the compiler's markers. Always: a
// token that CloudFormation would have to know is an error that says where it stands.

import {
  type IResolvable,
  type IResolveContext,
  ResolutionTypeHint,
  type Stack,
  Token,
  Tokenization,
} from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { marker, type Reference } from '../compile/reference';

export class RunToken implements IResolvable {
  readonly creationStack: string[] = [];
  readonly typeHint = ResolutionTypeHint.STRING;

  constructor(
    readonly reference: Reference,
    /** Construct path of the pipeline that it is a value of. */
    readonly pipelinePath: string,
    /** In the author's words: `the output rows of task ToParquet`. */
    readonly what: string,
    /** Construct path of the ForEachTask inside which alone it exists. */
    readonly within?: string,
  ) {}

  resolve(context: IResolveContext): never {
    throw runtimeOnly(this.what, `${context.scope.node.path} (${context.documentPath.join('.')})`);
  }

  toString(): string {
    return Token.asString(this);
  }

  toJSON(): string {
    return `<${this.what}>`;
  }
}

function runtimeOnly(what: string, where: string): Error {
  const error = new Error(
    `[${where}] ${what} is known only when the pipeline runs, and CloudFormation needs this value when it deploys: use it in the props of a task of the pipeline, which are passed to the task at run time`,
  );
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** Whether a text holds a value that exists only when the pipeline runs. */
export function hasRunToken(text: string): boolean {
  return Token.isUnresolved(text) && Tokenization.reverseString(text).tokens.some((token) => token instanceof RunToken);
}

/** The part of a text before its first run value: what is known when the stack deploys. */
export function knownPrefix(text: string): string {
  if (!hasRunToken(text)) return text;
  const parts = textPieces(text);
  return parts
    .slice(
      0,
      parts.findIndex((piece) => piece instanceof RunToken),
    )
    .join('');
}

/** Whether any text inside a value holds a run value. */
export function holdsRunToken(value: unknown): boolean {
  if (typeof value === 'string') return hasRunToken(value);
  if (value instanceof RunToken) return true;
  if (value === null || typeof value !== 'object' || Tokenization.isResolvable(value)) return false;
  return Object.values(value).some(holdsRunToken);
}

/** A plain copy of a value: run values become markers, CloudFormation's tokens stay as token texts. */
export function markReferences(
  value: unknown,
  stack: Stack,
  pipelinePath: string,
  problem: (message: string) => void,
  within?: string,
): Json {
  const mark = (token: RunToken): string => {
    if (token.pipelinePath !== pipelinePath) {
      problem(
        `${token.what} belongs to the pipeline ${token.pipelinePath}: a task can use only values of its own pipeline, ${pipelinePath}`,
      );
    }
    if (token.within !== undefined && token.within !== within)
      problem(`${token.what} exists only in the tasks inside ${token.within}: use it there, or collect() it`);
    return marker(token.reference);
  };
  const visit = (item: unknown, where: string): Json => {
    if (item === null || typeof item === 'boolean') return item;
    if (typeof item === 'string') {
      if (!Token.isUnresolved(item)) return item;
      return textPieces(item)
        .map((piece) => (piece instanceof RunToken ? mark(piece) : piece))
        .join('');
    }
    if (typeof item === 'number') {
      if (!Token.isUnresolved(item)) return item;
      return plain(Tokenization.reverseNumber(item), where);
    }
    if (item instanceof RunToken) return mark(item);
    if (Tokenization.isResolvable(item)) return plain(item, where);
    if (Array.isArray(item))
      return item.filter((element) => element !== undefined).map((element, i) => visit(element, `${where}[${i}]`));
    if (typeof item === 'object') {
      const entries = Object.entries(item).filter(([, inner]) => inner !== undefined);
      return Object.fromEntries(
        entries.map(([key, inner]) => [key, visit(inner, where === '' ? key : `${where}.${key}`)]),
      );
    }
    problem(`${where} is a ${typeof item}: expected text, numbers, booleans, lists and objects`);
    return null;
  };
  /** A token that synth can answer gives its value; what only CloudFormation knows stays a token. */
  const plain = (token: IResolvable | undefined, where: string): Json => {
    const value: unknown = stack.resolve(token);
    if (value === null || typeof value !== 'object') return visit(value, where);
    return Token.asString(token);
  };
  return visit(value, '');
}

/** A text as known parts (literal or a token of CloudFormation, as text) and run values, in order. */
export function textPieces(text: string): (string | RunToken)[] {
  const runTokens: RunToken[] = [];
  const joined = Tokenization.reverseString(text)
    .mapTokens({
      mapToken: (token) =>
        token instanceof RunToken ? `${CUT}${runTokens.push(token) - 1}${CUT}` : Token.asString(token),
    })
    .join({ join: (left: unknown, right: unknown) => `${String(left ?? '')}${String(right ?? '')}` }) as string;
  return joined
    .split(CUT)
    .map((piece, i) => (i % 2 === 1 ? runTokens[Number(piece)]! : piece))
    .filter((piece) => piece !== '');
}

/** Stands in no text that AWS takes. */
const CUT = '\u0000';
