// Which protocol a request speaks. In: a request. Out: the call in it, or undefined when no protocol here knows it.
import { readJsonCall } from './json-protocol';
import { readLambdaCall } from './lambda-protocol';
import { readQueryCall } from './query-protocol';
import type { WireCall, WireRequest } from './wire';

export function readCall(request: WireRequest): WireCall | undefined {
  return readJsonCall(request) ?? readQueryCall(request) ?? readLambdaCall(request);
}
