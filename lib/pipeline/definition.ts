// A machine's definition as CloudFormation takes it. In: the ASL object, whose strings may hold CloudFormation's tokens. Out:
// the properties for AWS::StepFunctions::StateMachine. Always: the same object gives the same bytes; a large definition
// becomes a file in the assembly, so that a template stays below its limit of 1 MB.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aws, aws_s3_assets as assets, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { CfnStateMachineProps } from 'aws-cdk-lib/aws-stepfunctions';
import { RegionInfo } from 'aws-cdk-lib/region-info';

import type { Construct } from 'constructs';
import type { Json } from '../compile/model';

/** Above this many characters the definition leaves the template. */
const INLINE_CHARS = 60_000;

export type DefinitionProps = Pick<
  CfnStateMachineProps,
  'definitionString' | 'definitionS3Location' | 'definitionSubstitutions'
>;

export function definitionProps(scope: Construct, definition: { readonly [field: string]: Json }): DefinitionProps {
  const stack = Stack.of(scope);
  const asl = inPartition(definition, partitionOf(stack)) as { [field: string]: Json };
  const text = JSON.stringify(asl);
  if (text.length <= INLINE_CHARS) return { definitionString: stack.toJsonString(asl) };
  const substitutions: { [name: string]: string } = {};
  const names = new Map<string, string>();
  const content = JSON.stringify(withPlaceholders(asl, stack, substitutions, names));
  const file = join(mkdtempSync(join(tmpdir(), 'headrace-')), 'definition.asl.json');
  writeFileSync(file, content);
  const asset = new assets.Asset(scope, 'Definition', { path: file });
  return {
    definitionS3Location: { bucket: asset.s3BucketName, key: asset.s3ObjectKey },
    ...(names.size > 0 && { definitionSubstitutions: substitutions }),
  };
}

/** Known where the region is; then the text needs no token in every state. */
function partitionOf(stack: Stack): string {
  if (Token.isUnresolved(stack.region)) return Aws.PARTITION;
  return RegionInfo.get(stack.region).partition ?? Aws.PARTITION;
}

/** The compiler writes resources of the partition `aws`; China and GovCloud have their own. */
function inPartition(value: Json, partition: string): Json {
  if (partition === 'aws') return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => inPartition(item, partition));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'Resource' && typeof item === 'string'
        ? item.replace(/^arn:aws:states:::/, `arn:${partition}:states:::`)
        : inPartition(item, partition),
    ]),
  );
}

/** Tokens become `${t0}`, `${t1}`... in the order in which they are met. */
function withPlaceholders(
  value: Json,
  stack: Stack,
  substitutions: { [name: string]: string },
  names: Map<string, string>,
): Json {
  const visit = (item: Json): Json => {
    if (typeof item === 'string') return Token.isUnresolved(item) ? placeholders(item) : item;
    if (item === null || typeof item !== 'object') return item;
    if (Array.isArray(item)) {
      const known: unknown = Token.isUnresolved(item) ? stack.resolve(item) : item;
      if (!Array.isArray(known))
        throw new Error(
          `[${stack.node.path}] a list that is known only at deploy time stands in a definition of more than ${INLINE_CHARS} characters: give its elements one by one`,
        );
      return (known as readonly Json[]).map(visit);
    }
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, visit(inner)]));
  };
  const placeholders = (text: string): string =>
    Tokenization.reverseString(text)
      .mapTokens({
        mapToken: (token) => {
          const known: unknown = stack.resolve(token);
          if (typeof known === 'string' || typeof known === 'number') return String(known);
          const key = JSON.stringify(known);
          const name = names.get(key) ?? `t${names.size}`;
          names.set(key, name);
          substitutions[name] = Token.asString(token);
          return `\${${name}}`;
        },
      })
      .join({ join: (left: unknown, right: unknown) => `${String(left ?? '')}${String(right ?? '')}` }) as string;
  return visit(value);
}
