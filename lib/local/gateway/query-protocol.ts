// The query protocol of SNS and STS: a form with `Action` and flattened parameters in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
import { type Json, ServiceError } from '../engine';
import { renderXml, type XmlValue } from '../s3/xml';
import { exceptionName, messageOf, statusOf, type WireCall, type WireRequest } from './wire';

// Services by the version of their API, for requests that are not signed (STS AssumeRoleWithWebIdentity).
const versions: ReadonlyMap<string, string> = new Map([
  ['2010-03-31', 'sns'],
  ['2011-06-15', 'sts'],
  ['2012-11-05', 'sqs'],
]);

// Members that are maps, which XML writes unlike structures.
const maps = new Set(['Attributes', 'MessageAttributes']);

export function readQueryCall(request: WireRequest): WireCall | undefined {
  const isForm = /^application\/x-www-form-urlencoded/i.test(request.header('content-type') ?? '');
  const form = isForm ? new URLSearchParams(request.body.toString('utf8')) : request.query;
  const action = form.get('Action');
  const version = form.get('Version');
  if (action === null || version === null) return undefined;
  const service = versions.get(version) ?? request.service;
  const reply = (root: string, value: XmlValue, status: number) => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body: renderXml(root, value, false),
  });
  return {
    service,
    action,
    input: () => readInput(form),
    answer: (output) =>
      reply(
        `${action}Response`,
        { [`${action}Result`]: describe(output, ''), ResponseMetadata: { RequestId: request.requestId } },
        200,
      ),
    refuse: (error) =>
      reply(
        'ErrorResponse',
        {
          Error: {
            Type: statusOf(error) < 500 ? 'Sender' : 'Receiver',
            Code: wireCode(error),
            Message: messageOf(error),
          },
          RequestId: request.requestId,
        },
        /^NotFound|NonExistent/.test(exceptionName(error)) ? 404 : statusOf(error),
      ),
  };
}

// The query services name most exceptions without their suffix.
const wireCode = (error: ServiceError): string => exceptionName(error).replace(/Exception$/, '');

interface Node {
  text?: string;
  readonly children: Map<string, Node>;
}

// `A.member.1=x`, `B.entry.1.Name=n`, `B.entry.1.Value.StringValue=v`, `C.D=y`
function readInput(form: URLSearchParams): Json {
  const root: Node = { children: new Map() };
  for (const [name, text] of form) {
    if (name === 'Action' || name === 'Version') continue;
    const parts = name.split('.');
    if (parts.length > 16) throw new ServiceError('MalformedQueryString', `the parameter ${name} is nested too deeply`);
    let node = root;
    for (const part of parts) {
      const next = node.children.get(part) ?? { children: new Map<string, Node>() };
      node.children.set(part, next);
      node = next;
    }
    node.text = text;
  }
  return toJson(root);
}

function toJson(node: Node): Json {
  if (node.children.size === 0) return node.text ?? '';
  const [only] = node.children;
  if (node.children.size === 1 && only !== undefined) {
    if (only[0] === 'member') return toList(only[1]);
    if (only[0] === 'entry') return toMap(only[1]);
  }
  if ([...node.children.keys()].every((name) => /^\d+$/.test(name))) return toList(node);
  return Object.fromEntries([...node.children].map(([name, child]) => [name, toJson(child)]));
}

function numbered(node: Node): Node[] {
  return [...node.children].sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
}

const toList = (node: Node): Json => numbered(node).map(toJson);

function toMap(node: Node): Json {
  const entries = numbered(node).map(({ children }) => {
    const key = (children.get('key') ?? children.get('Name'))?.text ?? '';
    const value = children.get('value') ?? children.get('Value');
    return [key, value === undefined ? '' : toJson(value)] as const;
  });
  return Object.fromEntries(entries);
}

function describe(value: Json, name: string): XmlValue {
  if (value === null) return undefined;
  if (Array.isArray(value)) return { member: value.map((each) => describe(each, '')) };
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value);
  if (maps.has(name)) return { entry: entries.map(([key, each]) => ({ key, value: describe(each, '') })) };
  return Object.fromEntries(entries.map(([key, each]) => [key, describe(each, key)]));
}
