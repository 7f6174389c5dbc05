// A machine's definition as CloudFormation takes it. In: the ASL object, whose strings may hold CloudFormation's tokens. Out:
// the properties for AWS::StepFunctions::StateMachine. Always: the same object gives the same bytes; a large definition
// becomes a file in the assembly, so that a template stays below its limit of 1 MB.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, FileAssetPackaging, Stack, Stage, Token, Tokenization } from 'aws-cdk-lib';
import type { CfnStateMachineProps } from 'aws-cdk-lib/aws-stepfunctions';
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
  // The compiler writes resources of the partition `aws`; China and GovCloud have their own. Inside a text of the definition
  // the quotes would be escaped: what is found here is a field.
  const text = JSON.stringify(definition).replaceAll(
    '"Resource":"arn:aws:states:::',
    `"Resource":"arn:${partitionOf(stack)}:states:::`,
  );
  if (text.length <= INLINE_CHARS) return { definitionString: stack.toJsonString(JSON.parse(text) as object) };
  const { content, substitutions } = withPlaceholders(text, stack);
  const { bucketName, objectKey } = fileInAssembly(stack, content);
  return {
    definitionS3Location: { bucket: bucketName, key: objectKey },
    ...(Object.keys(substitutions).length > 0 && { definitionSubstitutions: substitutions }),
  };
}

/** Known where the region is; then the text needs no token in every state. */
function partitionOf(stack: Stack): string {
  const { region } = stack;
  if (Token.isUnresolved(region) || region.includes('-iso')) return Aws.PARTITION;
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Tokens become `${t0}`, `${t1}`... in the order in which they are met; those that synth can answer give their value. */
function withPlaceholders(text: string, stack: Stack): { content: string; substitutions: { [name: string]: string } } {
  if (text.includes('"#{Token[')) {
    throw new Error(
      `[${stack.node.path}] a list that is known only at deploy time stands in a definition of more than ${INLINE_CHARS} characters: give its elements one by one`,
    );
  }
  const substitutions: { [name: string]: string } = {};
  const written = new Map<string, string>();
  const names = new Map<string, string>();
  const content = text.replace(/\$\{Token\[[^\]]*\]\}/g, (token) => {
    const before = written.get(token);
    if (before !== undefined) return before;
    const known: unknown = stack.resolve(Tokenization.reverseString(token).firstToken);
    let now: string;
    if (known === null || typeof known !== 'object') {
      now = JSON.stringify(String(known)).slice(1, -1);
    } else {
      const key = JSON.stringify(known);
      const name = names.get(key) ?? `t${names.size}`;
      names.set(key, name);
      substitutions[name] = token;
      now = `\${${name}}`;
    }
    written.set(token, now);
    return now;
  });
  return { content, substitutions };
}

/** The file lies in the assembly at once and needs no copy. */
function fileInAssembly(stack: Stack, content: string): { bucketName: string; objectKey: string } {
  const sourceHash = createHash('sha256').update(content).digest('hex');
  const fileName = `asset.${sourceHash}.json`;
  const { outdir } = Stage.of(stack)!;
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, fileName), content);
  return stack.synthesizer.addFileAsset({ fileName, sourceHash, packaging: FileAssetPackaging.FILE });
}
