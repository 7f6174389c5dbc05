import { aws_events as events, aws_iam as iam, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { hasRunToken, knownPrefix } from '../pipeline/run-token';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';

/** What a call over HTTP may say: docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html */
export interface HttpTaskProps extends TaskProps {
  /** Holds the credentials, so that neither the definition nor the run's history does. */
  readonly connection: events.IConnection;
  /** `https://host/path`; run values may stand behind the host. */
  readonly endpoint: string;
  /** @default HttpMethod.GET */
  readonly method?: events.HttpMethod;
  /**
   * Headers beside those of the connection.
   * @default - none
   */
  readonly headers?: { [name: string]: string };
  /**
   * Parameters behind the `?`, encoded.
   * @default - none
   */
  readonly queryParameters?: { [name: string]: string };
  /**
   * What is sent: a text, or an object that becomes JSON.
   * @default - nothing
   */
  readonly requestBody?: any;
  /**
   * `requestBody` is an object that is sent as a form.
   * @default false
   */
  readonly urlEncoded?: boolean;
}

/**
 * Calls an HTTPS API through an EventBridge connection. An answer that is not 2xx fails the task with
 * `States.Http.StatusCode.<code>`; 429 and 503 are tried again by themselves, other faults where the method changes nothing. Step
 * Functions gives a call 60 seconds and takes an answer of up to 256 KiB. Outputs: `statusCode`, `headers`, `body`, and the
 * fields of a body that is a JSON object.
 */
export class HttpTask extends Task {
  private readonly call: HttpTaskProps;

  constructor(scope: Construct, id: string, props: HttpTaskProps) {
    super(scope, id, { ...props, timeout: props.timeout ?? LONGEST });
    this.call = props;
    const { endpoint, method, requestBody, urlEncoded } = props;
    const known = knownPrefix(endpoint);
    if (!/^https:\/\/[^/?#\s]+/.test(known))
      this.addProblem(
        `endpoint is ${JSON.stringify(endpoint)}: expected https://host/path; Step Functions calls nothing without TLS`,
      );
    else if (hasRunToken(endpoint) && !/^https:\/\/[^/?#]+\//.test(known))
      this.addProblem(
        'endpoint has no host that is known when the stack deploys: run values may stand behind https://host/ only',
      );
    if (requestBody !== undefined && (method ?? GET) === GET)
      this.addProblem('requestBody is given with GET, which sends none: use queryParameters, or another method');
    if (urlEncoded && (typeof requestBody !== 'object' || Array.isArray(requestBody)))
      this.addProblem('urlEncoded is given without an object as requestBody, where it would do nothing');
  }

  public toSpec(): TaskSpec {
    const { connection, endpoint, headers, queryParameters, requestBody, urlEncoded } = this.call;
    const method = this.call.method ?? GET;
    const again = SAFE.includes(method) ? [...TOO_MUCH, ...FAULTS] : TOO_MUCH;
    return {
      kind: 'HttpTask',
      resource: 'arn:aws:states:::http:invoke',
      arguments: {
        ApiEndpoint: endpoint,
        Method: method,
        InvocationConfig: { ConnectionArn: connection.connectionArn },
        ...(headers !== undefined && { Headers: texts(headers) }),
        ...(queryParameters !== undefined && { QueryParameters: texts(queryParameters) }),
        ...(requestBody !== undefined && { RequestBody: requestBody }),
        ...(urlEncoded && {
          Transform: { RequestBodyEncoding: 'URL_ENCODED' },
          Headers: { ...texts(headers ?? {}), 'content-type': 'application/x-www-form-urlencoded' },
        }),
      },
      outputs:
        "($b:=$states.result.ResponseBody;$merge([$type($b)='object'?$b:{}," +
        "{'statusCode':$states.result.StatusCode,'headers':$states.result.Headers,'body':$b}]))",
      permissions: this.permissions(method),
      serviceRetry: [Retry.times(6, { on: again, interval: Duration.seconds(5), maxDelay: Duration.minutes(2) })],
    };
  }

  private permissions(method: events.HttpMethod): iam.PolicyStatement[] {
    const { connection, endpoint } = this.call;
    const known = knownPrefix(endpoint);
    return [
      new iam.PolicyStatement({
        actions: ['states:InvokeHTTPEndpoint'],
        resources: [
          Stack.of(this).formatArn({
            service: 'states',
            resource: 'stateMachine',
            resourceName: `${this.pipeline.prefix}*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
        conditions: {
          StringEquals: { 'states:HTTPMethod': method },
          StringLike: { 'states:HTTPEndpoint': known === endpoint ? endpoint : `${known}*` },
        },
      }),
      new iam.PolicyStatement({
        actions: ['events:RetrieveConnectionCredentials'],
        resources: [connection.connectionArn],
      }),
      new iam.PolicyStatement({
        actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
        resources: [connection.connectionSecretArn],
      }),
    ];
  }
}

const { GET, HEAD, OPTIONS, PUT, DELETE } = events.HttpMethod;

/** Methods that may be sent twice. */
const SAFE: readonly events.HttpMethod[] = [GET, HEAD, OPTIONS, PUT, DELETE];
const TOO_MUCH = ['States.Http.StatusCode.429', 'States.Http.StatusCode.503'];
const FAULTS = ['States.Http.Socket', 'States.Http.StatusCode.502', 'States.Http.StatusCode.504'];
const LONGEST = Duration.seconds(90);

function texts(given: { readonly [name: string]: string }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]));
}
