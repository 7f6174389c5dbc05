// CloudFormation's intrinsic functions, answered for the laptop. In: any value of a template. Out: plain JSON with local
// names and ARNs. Always: only what is asked for is resolved, so a part of the template that no task uses cannot fail a
// run; what cannot be resolved is an error that names the resource and the property.

import type { Json } from '../engine';
import { type Assembly, LOCAL_ACCOUNT, type Resource, type Stack } from './assembly';
import { AssemblyError } from './assembly-error';
import { resourceAttribute, resourceName, resourceRef } from './identity';

/** Marks a value that `AWS::NoValue` removes. */
const NO_VALUE = Symbol('AWS::NoValue');
type Resolved = Json | typeof NO_VALUE;
type Fields = { [key: string]: Json };

const DEEPEST = 200;

export class Resolver {
  private depth = 0;

  constructor(
    private readonly assembly: Assembly,
    readonly stack: Stack,
  ) {}

  /** A value with every intrinsic answered. `at` names its place in errors, e.g. `TaskDef.Cpu`. */
  resolve(value: Json, at: string): Json {
    const resolved = this.value(value, at);
    return resolved === NO_VALUE ? null : resolved;
  }

  /** One property of a resource, resolved; undefined if it is not set. */
  property(resource: Resource, name: string): Json | undefined {
    const value = resource.properties[name];
    if (value === undefined) return undefined;
    const resolved = this.value(value, `${resource.logicalId}.${name}`);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** All properties of a resource, resolved. */
  properties(resource: Resource): Fields {
    return this.resolve(resource.properties as Fields, resource.logicalId) as Fields;
  }

  ref(resource: Resource): string {
    return resourceRef(this.stack, resource, (name) => this.propertyText(resource, name));
  }

  /** The resource's own name, whatever Ref gives. */
  name(resource: Resource): string {
    return resourceName(this.stack, resource, (name) => this.propertyText(resource, name));
  }

  attribute(resource: Resource, attribute: string, at: string): Json {
    const exported = this.crossRegionExport(resource, attribute, at);
    if (exported !== undefined) return exported;
    const found = resourceAttribute(this.stack, resource, attribute, (name) => this.propertyText(resource, name));
    if (found === undefined)
      throw this.unknown(
        at,
        `attribute ${attribute} of ${resource.logicalId} (${resource.type}) is not known on the laptop`,
      );
    return found;
  }

  private propertyText(resource: Resource, name: string): string | undefined {
    const value = name
      .split('.')
      .reduce<Json | undefined>(
        (inner, key, index) => (index === 0 ? this.property(resource, key) : isFields(inner) ? inner[key] : undefined),
        undefined,
      );
    return value === undefined || value === null || typeof value === 'object' ? undefined : String(value);
  }

  private value(value: Json, at: string): Resolved {
    if (typeof value === 'string') return this.dynamicReferences(value, at);
    if (value === null || typeof value !== 'object') return value;
    if (this.depth > DEEPEST) throw this.unknown(at, 'references go round in a circle');
    this.depth += 1;
    try {
      if (Array.isArray(value))
        return value.map((item, i) => this.value(item, `${at}[${i}]`)).filter((item) => item !== NO_VALUE);
      const keys = Object.keys(value);
      const only = keys.length === 1 ? keys[0]! : '';
      if (only === 'Ref' || only.startsWith('Fn::')) return this.intrinsic(only, value[only]!, at);
      const fields: Fields = {};
      for (const key of keys) {
        const resolved = this.value(value[key]!, `${at}.${key}`);
        if (resolved !== NO_VALUE)
          Object.defineProperty(fields, key, { value: resolved, enumerable: true, writable: true, configurable: true });
      }
      return fields;
    } finally {
      this.depth -= 1;
    }
  }

  private intrinsic(name: string, argument: Json, at: string): Resolved {
    switch (name) {
      case 'Ref':
        return this.reference(String(argument), at);
      case 'Fn::GetAtt': {
        const [id, ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
        return this.attribute(this.resource(id!, at), rest.join('.'), at);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, Json];
        return (this.resolve(parts, at) as Json[]).map((part) => this.text(part, at)).join(separator);
      }
      case 'Fn::Sub':
        return this.substitute(argument, at);
      case 'Fn::Select': {
        const [index, list] = this.resolve(argument, at) as [Json, Json[]];
        const item = list?.[Number(index)];
        if (item === undefined)
          throw this.unknown(at, `Fn::Select asks for item ${String(index)} of ${JSON.stringify(list)}`);
        return item;
      }
      case 'Fn::Split': {
        const [separator, text] = this.resolve(argument, at) as [string, string];
        return String(text).split(separator);
      }
      case 'Fn::If': {
        const [condition, yes, no] = argument as [string, Json, Json];
        return this.value(this.condition(condition, at) ? yes : no, at);
      }
      case 'Fn::FindInMap':
        return this.findInMap(this.resolve(argument, at) as Json[], at);
      case 'Fn::ImportValue':
        return this.importValue(this.text(this.resolve(argument, at), at), at);
      case 'Fn::GetAZs': {
        const region = this.text(this.resolve(argument, at), at) || this.stack.region;
        return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
      }
      case 'Fn::Base64':
        return Buffer.from(this.text(this.resolve(argument, at), at)).toString('base64');
      case 'Fn::Length':
        return (this.resolve(argument, at) as Json[]).length;
      case 'Fn::ToJsonString':
        return JSON.stringify(this.resolve(argument, at));
      default:
        throw this.unknown(at, `${name} is not supported on the laptop`);
    }
  }

  private reference(name: string, at: string): Resolved {
    const pseudo: { readonly [name: string]: Resolved } = {
      'AWS::AccountId': LOCAL_ACCOUNT,
      'AWS::Region': this.stack.region,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.stack.name,
      'AWS::StackId': `arn:aws:cloudformation:${this.stack.region}:${LOCAL_ACCOUNT}:stack/${this.stack.name}/local`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
    if (Object.hasOwn(pseudo, name)) return pseudo[name]!;
    const parameters = this.stack.template.Parameters ?? {};
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter) return this.parameter(name, parameter, at);
    return this.ref(this.resource(name, at));
  }

  private parameter(name: string, parameter: { readonly Type: string; readonly Default?: Json }, at: string): Json {
    if (name === 'BootstrapVersion') return '99';
    if (parameter.Type.startsWith('AWS::SSM::Parameter::Value'))
      return this.ssmParameter(String(parameter.Default), at);
    if (parameter.Default !== undefined) return parameter.Default;
    throw this.unknown(at, `parameter ${name} has no default: give it one, the laptop has nobody to ask`);
  }

  private ssmParameter(name: string, at: string): Json {
    for (const { stack, resource } of this.assembly.ofType('AWS::SSM::Parameter')) {
      const resolver = stack === this.stack ? this : new Resolver(this.assembly, stack);
      if (resolver.property(resource, 'Name') === name) return resolver.property(resource, 'Value') ?? '';
    }
    throw this.unknown(
      at,
      `SSM parameter ${name} is in none of the assembly's templates, so the laptop cannot know its value`,
    );
  }

  private resource(id: string, at: string): Resource {
    const resource = this.stack.resources.get(id);
    if (!resource) throw this.unknown(at, `it refers to ${id}, which the template does not have`);
    return resource;
  }

  private substitute(argument: Json, at: string): string {
    const [text, variables] = Array.isArray(argument)
      ? (argument as [string, Fields])
      : [String(argument), {} as Fields];
    return text.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return this.text(this.resolve(variables[name]!, at), at);
      const [id, ...rest] = name.trim().split('.');
      const value =
        rest.length === 0 || id!.startsWith('AWS::')
          ? this.reference(name.trim(), at)
          : this.attribute(this.resource(id!, at), rest.join('.'), at);
      return value === NO_VALUE ? whole : this.text(value, at);
    });
  }

  private condition(argument: Json, at: string): boolean {
    if (typeof argument === 'string') {
      const conditions = this.stack.template.Conditions ?? {};
      if (!Object.hasOwn(conditions, argument)) throw this.unknown(at, `condition ${argument} is not in the template`);
      return this.condition(conditions[argument]!, at);
    }
    const [name, value] = Object.entries(argument ?? {})[0] ?? ['', null];
    const list = value as Json[];
    switch (name) {
      case 'Condition':
        return this.condition(value, at);
      case 'Fn::Equals':
        return this.text(this.resolve(list[0]!, at), at) === this.text(this.resolve(list[1]!, at), at);
      case 'Fn::And':
        return list.every((item) => this.condition(item, at));
      case 'Fn::Or':
        return list.some((item) => this.condition(item, at));
      case 'Fn::Not':
        return !this.condition(list[0]!, at);
      default:
        throw this.unknown(at, `condition ${name || JSON.stringify(argument)} is not supported on the laptop`);
    }
  }

  private findInMap(keys: Json[], at: string): Json {
    const [map, first, second] = keys.map(String);
    const found = this.stack.template.Mappings?.[map!]?.[first!]?.[second!];
    if (found === undefined) throw this.unknown(at, `mapping ${map} has no ${first} / ${second}`);
    return found;
  }

  private importValue(name: string, at: string): Json {
    for (const stack of this.assembly.stacks) {
      for (const [id, output] of Object.entries(stack.template.Outputs ?? {})) {
        if (output.Export === undefined) continue;
        const resolver = stack === this.stack ? this : new Resolver(this.assembly, stack);
        if (resolver.resolve(output.Export.Name, `Outputs.${id}.Export`) === name)
          return resolver.resolve(output.Value, `Outputs.${id}`);
      }
    }
    throw this.unknown(at, `no stack of the assembly exports ${name}`);
  }

  /** CDK carries references over regions with a writer in one stack and a reader in the other. */
  private crossRegionExport(resource: Resource, attribute: string, at: string): Json | undefined {
    if (resource.type !== 'Custom::CrossRegionExportReader') return undefined;
    for (const { stack, resource: writer } of this.assembly.ofType('Custom::CrossRegionExportWriter')) {
      const exports = (writer.properties['WriterProps'] as { exports?: Fields } | undefined)?.exports ?? {};
      if (Object.hasOwn(exports, attribute)) return new Resolver(this.assembly, stack).resolve(exports[attribute]!, at);
    }
    return undefined;
  }

  private dynamicReferences(text: string, at: string): string {
    return text.replace(/\{\{resolve:ssm:([^}:]+)(?::\d+)?\}\}/g, (_, name: string) =>
      this.text(this.ssmParameter(name, at), at),
    );
  }

  private text(value: Json, at: string): string {
    if (value === null || typeof value === 'object')
      throw this.unknown(at, `expected text, got ${JSON.stringify(value)}`);
    return String(value);
  }

  private unknown(at: string, reason: string): AssemblyError {
    return new AssemblyError(`${this.stack.name}: ${at} cannot be resolved: ${reason}`);
  }
}

function isFields(value: Json | undefined): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
