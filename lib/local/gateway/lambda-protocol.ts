// Lambda's Invoke, the one operation of its REST API that programs of a pipeline use: the payload is the body both ways,
// all else is in the path and headers. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type { Json } from '../engine';
import { exceptionName, messageOf, statusOf, type WireCall, type WireRequest } from './wire';

export function readLambdaCall(request: WireRequest): WireCall | undefined {
  const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/.exec(request.path);
  if (request.method !== 'POST' || match?.[1] === undefined) return undefined;
  const name = safeDecode(match[1]);
  const type = request.header('x-amz-invocation-type');
  const qualifier = request.query.get('Qualifier');
  return {
    service: 'lambda',
    action: 'Invoke',
    input: () => ({
      FunctionName: name,
      Payload: request.body.toString('utf8'),
      ...(type !== undefined && { InvocationType: type }),
      ...(qualifier !== null && { Qualifier: qualifier }),
    }),
    answer: (output) => {
      const { StatusCode, FunctionError, ExecutedVersion, Payload } = fields(output);
      return {
        status: typeof StatusCode === 'number' ? StatusCode : 200,
        headers: {
          'content-type': 'application/json',
          'x-amz-executed-version': typeof ExecutedVersion === 'string' ? ExecutedVersion : '$LATEST',
          ...(typeof FunctionError === 'string' && { 'x-amz-function-error': FunctionError }),
        },
        body: typeof Payload === 'string' ? Payload : Payload === undefined ? '' : JSON.stringify(Payload),
      };
    },
    refuse: (error) => ({
      status: exceptionName(error) === 'ResourceNotFoundException' ? 404 : statusOf(error),
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': exceptionName(error) },
      body: JSON.stringify({ Type: 'User', Message: messageOf(error) }),
    }),
  };
}

function fields(output: Json): { readonly [name: string]: Json } {
  return output !== null && typeof output === 'object' && !Array.isArray(output) ? output : {};
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
