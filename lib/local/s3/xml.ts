// The little XML that S3 speaks. Out: documents rendered from plain values (arrays repeat their element, undefined is left
// out). In: request documents read into a tree of names, texts and children. No DTDs and no entities but XML's own, so
// nothing can be expanded or fetched; what is not well-formed is MalformedXML.
import { S3Error } from './s3-error';

export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlValue | readonly XmlValue[] };

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A whole document. */
export function renderXml(root: string, value: XmlValue, withNamespace = true): string {
  const attributes = withNamespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attributes}>${renderContent(value)}</${root}>`;
}

function renderContent(value: XmlValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escapeText(String(value));
  let out = '';
  for (const [name, child] of Object.entries(value)) {
    if (name.startsWith('@')) continue;
    for (const one of (Array.isArray(child) ? child : [child]) as XmlValue[]) {
      if (one !== undefined) out += `<${name}${attributesOf(one)}>${renderContent(one)}</${name}>`;
    }
  }
  return out;
}

function attributesOf(value: XmlValue): string {
  if (typeof value !== 'object') return '';
  return Object.entries(value)
    .filter(([name]) => name.startsWith('@'))
    .map(([name, text]) => ` ${name.slice(1)}="${escapeText(String(text))}"`)
    .join('');
}

function escapeText(text: string): string {
  // Control characters have no place in XML 1.0; AWS writes them as references all the same, and parsers cope.
  return text.replace(/[&<>"\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/g, (char) => {
    const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[char];
    return named ?? `&#x${char.charCodeAt(0).toString(16)};`;
  });
}

/** One element of a request document; names are without prefix. */
export class XmlElement {
  readonly children: XmlElement[] = [];
  readonly attributes = new Map<string, string>();
  text = '';

  constructor(readonly name: string) {}

  all(name: string): XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** The text of the child of that name, if there is one. */
  textOf(name: string): string | undefined {
    return this.children.find((child) => child.name === name)?.text;
  }

  child(name: string): XmlElement | undefined {
    return this.children.find((child) => child.name === name);
  }
}

const token =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=>/]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy;

/** Reads a document whose outermost element must be `root`. */
export function parseXml(source: string, root: string): XmlElement {
  const document = new XmlElement('');
  const open = [document];
  const input = source.replace(/^\ufeff/, '');
  token.lastIndex = 0;
  while (token.lastIndex < input.length) {
    const match = token.exec(input);
    const top = open.at(-1)!;
    if (match === null || open.length > 32) throw new S3Error('MalformedXML');
    const [, cdata, close, start, attributes, empty, text] = match;
    if (text !== undefined) top.text += readText(text);
    else if (cdata !== undefined) top.text += cdata;
    else if (close !== undefined) {
      if (top.name !== localName(close) || open.length === 1) throw new S3Error('MalformedXML');
      open.pop();
    } else if (start !== undefined) {
      const element = new XmlElement(localName(start));
      for (const [, name, quoted] of (attributes ?? '').matchAll(/([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
        element.attributes.set(localName(name!), readText(quoted!.slice(1, -1)));
      }
      top.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  const [only, ...others] = document.children;
  if (
    open.length !== 1 ||
    only === undefined ||
    others.length > 0 ||
    document.text.trim() !== '' ||
    only.name !== root
  ) {
    throw new S3Error('MalformedXML', `the XML is not a well-formed ${root} document`);
  }
  return only;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

function readText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/&([^;&\s]*);?/g, (whole, name: string) => {
    const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
    if (whole.endsWith(';') && Object.hasOwn(named, name)) return named[name]!;
    const point = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(whole.endsWith(';') ? name : '');
    const code = point?.[1] !== undefined ? Number.parseInt(point[1], 16) : Number(point?.[2] ?? Number.NaN);
    if (!(code <= 0x10ffff)) throw new S3Error('MalformedXML', `the XML holds '${whole}', which is no entity of XML`);
    return String.fromCodePoint(code);
  });
}
