// What the wire protocols share: a request as received, the call found in it, and an answer ready to send.
import type { Json, ServiceError } from '../engine';

export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  header(name: string): string | undefined;
  readonly body: Buffer;
  /** Region and service of the signature's scope; empty when unsigned. */
  readonly region: string;
  readonly service: string;
  readonly requestId: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A call in one protocol, which knows how to write the answer in the same. */
export interface WireCall {
  readonly service: string;
  readonly action: string;
  /** Reads the input; throws ServiceError when the body is malformed. */
  readonly input: () => Json;
  readonly answer: (output: Json) => Answer;
  readonly refuse: (error: ServiceError) => Answer;
}

/** The exception's own name: `Glue.EntityNotFoundException` of a state machine is `EntityNotFoundException` on the wire. */
export function exceptionName(error: ServiceError): string {
  return error.error.slice(error.error.lastIndexOf('.') + 1);
}

/** Exceptions that say the service is at fault, not the caller. */
export function statusOf(error: ServiceError): number {
  return /^(Internal(Failure|Server(Error|Exception)?|ServiceError|ServiceException)|ServiceUnavailable(Exception)?)$/.test(
    exceptionName(error),
  )
    ? 500
    : 400;
}

export function messageOf(error: ServiceError): string {
  return error.causeText ?? error.error;
}
