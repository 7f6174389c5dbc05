// What jsii accepts without a word and then loses on the way to Python, found in the source of the public API. In: the
// entry file. Out: one line per find, `file:line what`. Syntax only, no type checker: it takes milliseconds. Public is what
// the entry file exports; members that are private or marked @internal are not.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import * as ts from 'typescript';

/** Every lossy spot in what `entry` exports, in order of files and lines. */
export function lossySpots(entry: string, root: string = process.cwd()): string[] {
  const finds: string[] = [];
  for (const [file, names] of exportedNames(entry)) {
    const source = parse(file);
    const aliases = aliasesIn(file, source);
    const say = (node: ts.Node, what: string) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      finds.push(`${relative(root, file)}:${line + 1} ${what}`);
    };
    for (const statement of source.statements) {
      if (isPublic(statement, names)) checkStatement(statement, aliases, say);
    }
  }
  return finds;
}

type Names = ReadonlySet<string> | 'all';
type Say = (node: ts.Node, what: string) => void;

/** Files that the entry re-exports, each with the names that are public. */
function exportedNames(entry: string): Map<string, Names> {
  const files = new Map<string, Names>([[entry, 'all']]);
  for (const [file] of files) {
    for (const statement of parse(file).statements) {
      if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
      const target = resolve(file, (statement.moduleSpecifier as ts.StringLiteral).text);
      const before = files.get(target);
      const named = statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause);
      if (before === 'all' || !named) {
        files.set(target, 'all');
      } else {
        const elements = (statement.exportClause as ts.NamedExports).elements;
        files.set(target, new Set([...(before ?? []), ...elements.map((e) => (e.propertyName ?? e.name).text)]));
      }
    }
  }
  return files;
}

/** Names of type aliases that a file declares, or imports from other files of the source. */
function aliasesIn(file: string, source: ts.SourceFile): Set<string> {
  const names = declaredAliases(source);
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
    const bindings = statement.importClause?.namedBindings;
    if (!specifier.startsWith('.') || bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const theirs = declaredAliases(parse(resolve(file, specifier)));
    for (const element of bindings.elements) {
      if (theirs.has((element.propertyName ?? element.name).text)) names.add(element.name.text);
    }
  }
  return names;
}

function declaredAliases(source: ts.SourceFile): Set<string> {
  return new Set(source.statements.filter(ts.isTypeAliasDeclaration).map((alias) => alias.name.text));
}

function resolve(from: string, specifier: string): string {
  const base = join(dirname(from), specifier);
  const file = [`${base}.ts`, join(base, 'index.ts')].find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`${from} names ${specifier}, which is no source file`);
  return file;
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
}

function isPublic(statement: ts.Statement, names: Names): boolean {
  const exported = ts.canHaveModifiers(statement) && hasModifier(statement, ts.SyntaxKind.ExportKeyword);
  if (!exported || isInternal(statement)) return false;
  const declared = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map((d) => d.name.getText())
    : [(statement as ts.Statement & { name?: ts.Identifier }).name?.text ?? ''];
  return names === 'all' || declared.some((name) => names.has(name));
}

function checkStatement(statement: ts.Statement, aliases: ReadonlySet<string>, say: Say): void {
  if (ts.isTypeAliasDeclaration(statement)) {
    say(statement, `exports the type alias ${statement.name.text}: it is absent in Python; use an interface or enum`);
  } else if (ts.isVariableStatement(statement)) {
    say(statement, 'exports a constant: it is absent in Python; use a static member of a class');
  } else if (ts.isFunctionDeclaration(statement)) {
    say(statement, `exports the function ${statement.name?.text ?? ''}: it is absent in Python; use a static method`);
  } else if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
    checkMembers(statement.members, aliases, say);
  }
}

function checkMembers(members: ts.NodeArray<ts.Node>, aliases: ReadonlySet<string>, say: Say): void {
  const seen = new Set<string>();
  for (const member of members) {
    if (!isApi(member)) continue;
    const name = ts.isConstructorDeclaration(member)
      ? 'constructor'
      : ((member as ts.Node & { name?: ts.PropertyName }).name?.getText() ?? '');
    if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member) || ts.isConstructorDeclaration(member)) {
      const isStatic = ts.canHaveModifiers(member) && hasModifier(member, ts.SyntaxKind.StaticKeyword);
      const key = `${isStatic ? 'static ' : ''}${name}`;
      if (seen.has(key)) say(member, `overloads ${name}: only the first signature reaches Python`);
      seen.add(key);
      if (member.typeParameters !== undefined) say(member, `${name} is generic: its type is Any in Python`);
      for (const parameter of member.parameters) checkType(parameter.type, name, aliases, say);
      checkType(member.type, name, aliases, say);
    } else if (ts.isPropertyDeclaration(member) || ts.isPropertySignature(member) || ts.isGetAccessor(member)) {
      checkType(member.type, name, aliases, say);
    }
  }
}

function checkType(type: ts.Node | undefined, name: string, aliases: ReadonlySet<string>, say: Say): void {
  if (type === undefined) return;
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) {
    say(type, `${name} takes the literal ${type.getText()}: it is a plain str in Python; use an enum`);
  } else if (ts.isTemplateLiteralTypeNode(type)) {
    say(type, `${name} has a template literal type: it is a plain str in Python`);
  } else if (ts.isTypeQueryNode(type)) {
    say(type, `${name} has the type ${type.getText()}: Python takes it for an instance`);
  } else if (ts.isTypeReferenceNode(type) && aliases.has(type.typeName.getText())) {
    say(type, `${name} has the alias ${type.typeName.getText()} as type: its name is lost in Python`);
  } else {
    ts.forEachChild(type, (child) => checkType(child, name, aliases, say));
  }
}

function isApi(member: ts.Node): boolean {
  return !isInternal(member) && !(ts.canHaveModifiers(member) && hasModifier(member, ts.SyntaxKind.PrivateKeyword));
}

function hasModifier(node: ts.HasModifiers, kind: ts.SyntaxKind): boolean {
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false;
}

function isInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some((tag) => tag.tagName.text === 'internal');
}
