// Why an account could not be asked. In: an error of the SDK, or of the network. Out: one sentence and what to do. Always: nothing that
// signed the request is shown.

/** The place where the pipelines run cannot be reached, or does not allow it: exit code 3. */
export class UnreachableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreachableError';
  }
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number };
  readonly cause?: unknown;
}

const EXPIRED = /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const UNKNOWN_KEY =
  /^(UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|AuthFailure|InvalidAccessKeyId)$/;
const DENIED = /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|NotAuthorized|AuthorizationError)/;
const THROTTLED = /Throttl|TooManyRequests|LimitExceeded|RequestLimit|SlowDown/;
const NETWORK = /^(ECONNREFUSED|ENOTFOUND|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|EPIPE)$/;

/** Any error in the operator's words. */
export function said(error: unknown): string {
  return unreachable(error)?.message ?? (error instanceof Error ? error.message : String(error));
}

/** The error in the operator's words, if it is about reaching AWS; else undefined. */
export function unreachable(error: unknown): UnreachableError | undefined {
  if (error instanceof UnreachableError) return error;
  if (typeof error !== 'object' || error === null) return undefined;
  const { name = '', code = '', message = '', $metadata } = error as SdkError;
  const said = message === '' ? name : message;
  if (name === 'CredentialsProviderError' || /^Could not load credentials/.test(message)) {
    return new UnreachableError(
      `there are no AWS credentials: ${said}; sign in (aws sso login), or name a profile with --profile`,
    );
  }
  if (EXPIRED.test(name) || EXPIRED.test(code)) {
    return new UnreachableError(
      `the AWS credentials have expired (${said}): sign in again, such as with aws sso login`,
    );
  }
  if (UNKNOWN_KEY.test(name)) {
    return new UnreachableError(
      `AWS does not accept the credentials (${name}): check --profile and the AWS_* variables, and that the clock is right`,
    );
  }
  if (DENIED.test(name)) {
    return new UnreachableError(`AWS does not allow it: ${said}; headrace doctor --aws says what each verb needs`);
  }
  if (THROTTLED.test(name) || $metadata?.httpStatusCode === 429) {
    const attempts = $metadata?.attempts === undefined ? '' : ` after ${$metadata.attempts} attempts`;
    return new UnreachableError(
      `AWS is limiting the rate of requests (${name}${attempts}): wait a minute, or ask for less`,
    );
  }
  if (/region is missing/i.test(message)) {
    return new UnreachableError('no AWS region is set: say it with --region, or set AWS_REGION');
  }
  if (NETWORK.test(code) || name === 'TimeoutError' || NETWORK.test((error as { errno?: string }).errno ?? '')) {
    return new UnreachableError(
      `AWS cannot be reached (${code || name}): ${said || 'no answer'}; check network and AWS_ENDPOINT_URL`,
    );
  }
  if (name === 'AggregateError') {
    const first = (error as { errors?: readonly unknown[] }).errors?.[0];
    return first === undefined ? undefined : unreachable(first);
  }
  if (($metadata?.httpStatusCode ?? 0) >= 500) {
    return new UnreachableError(`AWS answered ${$metadata!.httpStatusCode} (${said}): try again later`);
  }
  return undefined;
}
