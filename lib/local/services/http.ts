// Stand-in for `http:invoke`: the call is really made, with the credentials that the connection names. In: the state's
// arguments. Out: the answer as Step Functions gives it. Always: credentials come from the local secrets file only; an answer
// that is not 2xx is `States.Http.StatusCode.<code>`, no answer is `States.Http.Socket`.

import { type Json, ServiceError } from '../engine';
import { secretNames } from '../secrets';
import { notLocal, type World } from '../world';
import { type Fields, fieldsOf, listOf, optionalText, type Service, type ServiceRequest, textOf } from './service';

/** Step Functions gives a call this long. */
const SECONDS = 60;

export class Http implements Service {
  constructor(private readonly world: World) {}

  async handle({ action, input, region, call }: ServiceRequest): Promise<Json> {
    if (action !== 'Invoke') throw notLocal(`http:${action}`);
    const method = textOf('Http', input, 'Method').toUpperCase();
    const url = new URL(textOf('Http', input, 'ApiEndpoint'));
    const headers = new Headers();
    for (const [name, value] of Object.entries(fieldsOf(input['Headers']))) headers.set(name, String(value));
    for (const [name, value] of Object.entries(fieldsOf(input['QueryParameters'])))
      for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one));
    const body = bodyOf(input, headers);
    this.authorize(textOf('Http', fieldsOf(input['InvocationConfig']), 'ConnectionArn'), region, headers, url);
    const limit = AbortSignal.timeout(SECONDS * 1000);
    const signal = call === undefined ? limit : AbortSignal.any([limit, call.signal]);
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body }),
    }).catch((error: Error) => {
      const reason = (error.cause as Error | undefined)?.message ?? error.message;
      throw new ServiceError('States.Http.Socket', `${method} ${url.origin}${url.pathname}: ${reason}`);
    });
    const text = await response.text();
    if (!response.ok) {
      throw new ServiceError(`States.Http.StatusCode.${response.status}`, text === '' ? response.statusText : text);
    }
    const answered: { [name: string]: Json } = {};
    for (const [name, value] of response.headers) answered[name] = [value];
    return {
      Headers: answered,
      ResponseBody: parsed(text, response.headers.get('content-type') ?? ''),
      StatusCode: response.status,
      StatusText: response.statusText,
    };
  }

  /** Adds what the connection adds. */
  private authorize(arn: string, region: string, headers: Headers, url: URL): void {
    const name = arn.split('/')[1] ?? arn;
    const found =
      this.world.find('AWS::Events::Connection', name, region) ?? this.world.find('AWS::Events::Connection', arn);
    if (!found) throw notLocal(`the connection ${name}, which none of the templates makes,`);
    const parameters = fieldsOf(found.properties['AuthParameters']);
    const type = found.properties['AuthorizationType'];
    if (type === 'API_KEY') {
      const key = fieldsOf(parameters['ApiKeyAuthParameters']);
      headers.set(String(key['ApiKeyName']), this.secret(key['ApiKeyValue'], name));
    } else if (type === 'BASIC') {
      const basic = fieldsOf(parameters['BasicAuthParameters']);
      const pair = `${this.secret(basic['Username'], name)}:${this.secret(basic['Password'], name)}`;
      headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    } else {
      throw notLocal(`the connection ${name} with ${String(type)}; authorization other than API key and basic`);
    }
    const also = fieldsOf(parameters['InvocationHttpParameters']);
    for (const header of listOf(also['HeaderParameters']).map(fieldsOf))
      headers.set(String(header['Key']), this.secret(header['Value'], name));
    for (const query of listOf(also['QueryStringParameters']).map(fieldsOf))
      url.searchParams.set(String(query['Key']), this.secret(query['Value'], name));
  }

  /** A value of the template, or of the secret that it refers to. */
  private secret(value: Json | undefined, connection: string): string {
    const text = String(value ?? '');
    const reference = /^\{\{resolve:secretsmanager:(.+?):SecretString:([^:}]*)(?::[^}]*)?\}\}$/.exec(text);
    if (!reference) return text;
    const { secrets } = this.world.options;
    const names = secretNames(reference[1]!);
    const known = secrets.find(...names);
    if (known === undefined)
      throw new ServiceError(
        'Headrace.NoSecret',
        `the connection ${connection} needs the secret ${names.at(-1)!}: add a line ${names.at(-1)!}=value to ${secrets.file}`,
      );
    const key = reference[2]!;
    if (key === '') return known;
    const inner = optionalText(fieldsOf(parsed(known, 'application/json')), key);
    if (inner === undefined)
      throw new ServiceError(
        'Headrace.NoSecret',
        `the secret ${names.at(-1)!} in ${secrets.file} has no field ${key}: write it as {"${key}": "..."}`,
      );
    return inner;
  }
}

function bodyOf(input: Fields, headers: Headers): string | undefined {
  const body = input['RequestBody'];
  if (body === undefined || body === null) return undefined;
  if (optionalText(fieldsOf(input['Transform']), 'RequestBodyEncoding') === 'URL_ENCODED') {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(fieldsOf(body))) form.append(name, String(value));
    return form.toString();
  }
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function parsed(text: string, type: string): Json {
  if (!/\bjson\b/i.test(type)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
