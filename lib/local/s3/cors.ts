// Cross-origin rules of a bucket: their XML, the answer to a browser's preflight, and the headers added to other answers.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
import type { CorsRule } from './bucket-folders';
import type { S3Request } from './request';
import { S3Error } from './s3-error';
import { parseXml, type XmlValue } from './xml';

export function readCorsDocument(source: string): CorsRule[] {
  const rules = parseXml(source, 'CORSConfiguration').all('CORSRule');
  if (rules.length === 0 || rules.length > 100)
    throw new S3Error('MalformedXML', 'a CORS configuration has 1 to 100 rules');
  return rules.map((rule) => {
    const texts = (name: string): string[] => rule.all(name).map((element) => element.text.trim());
    const [id, age] = [rule.textOf('ID'), rule.textOf('MaxAgeSeconds')];
    const methods = texts('AllowedMethod');
    const wrong = methods.find((method) => !['GET', 'PUT', 'HEAD', 'POST', 'DELETE'].includes(method));
    if (wrong !== undefined)
      throw new S3Error('InvalidRequest', `found unsupported HTTP method in CORS config: ${wrong}`);
    if (methods.length === 0 || texts('AllowedOrigin').length === 0) throw new S3Error('MalformedXML');
    return {
      ...(id !== undefined && { id }),
      origins: texts('AllowedOrigin'),
      methods,
      headers: texts('AllowedHeader'),
      expose: texts('ExposeHeader'),
      ...(age !== undefined && { maxAge: Number(age) }),
    };
  });
}

export function describeCors(rules: readonly CorsRule[]): XmlValue {
  return {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedOrigin: [...rule.origins],
      AllowedMethod: [...rule.methods],
      AllowedHeader: [...rule.headers],
      ExposeHeader: [...rule.expose],
      MaxAgeSeconds: rule.maxAge,
    })),
  };
}

/** The headers a browser needs, or undefined when no rule allows the request. */
export function corsHeaders(
  request: S3Request,
  rules: readonly CorsRule[] | undefined,
): Record<string, string> | undefined {
  const origin = request.header('origin');
  if (origin === undefined) return undefined;
  const method = request.header('access-control-request-method') ?? request.method;
  const asked = (request.header('access-control-request-headers') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
  for (const rule of rules ?? []) {
    const allowed = rule.origins.find((pattern) => matches(pattern, origin));
    const allowsHeaders = asked.every((name) => rule.headers.some((pattern) => matches(pattern.toLowerCase(), name)));
    if (allowed === undefined || !rule.methods.includes(method) || !allowsHeaders) continue;
    return {
      'access-control-allow-origin': allowed === '*' ? '*' : origin,
      'access-control-allow-methods': rule.methods.join(', '),
      ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
      ...(rule.expose.length > 0 && { 'access-control-expose-headers': rule.expose.join(', ') }),
      ...(rule.maxAge !== undefined && { 'access-control-max-age': String(rule.maxAge) }),
      ...(allowed !== '*' && { 'access-control-allow-credentials': 'true' }),
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    };
  }
  return undefined;
}

// One `*` stands for any text; everything else is itself.
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
