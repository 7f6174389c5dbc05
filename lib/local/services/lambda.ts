// Stand-in for AWS Lambda: a function runs from its asset folder in a warm process. In: Invoke, or the function's ARN as a
// state's resource. Out: its payload, or its error in AWS's shape. Always: one process serves one invocation at a time, as
// an execution environment does; functions know only the stand-ins' addresses.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Json, ServiceError } from '../engine';
import { writeAside } from '../store';
import { type Found, notLocal, type World } from '../world';
import { hostEnvironment, nearestPackages } from './container-run';
import { NODE_BOOTSTRAP, PYTHON_BOOTSTRAP } from './lambda-bootstrap';
import { FunctionProcess, type InvocationResult } from './lambda-process';
import { type Fields, fieldsOf, present, type Service, type ServiceRequest, textOf } from './service';

export class Lambda implements Service {
  private readonly idle = new Map<string, FunctionProcess[]>();
  private readonly all = new Set<FunctionProcess>();

  constructor(private readonly world: World) {}

  async handle(request: ServiceRequest): Promise<Json> {
    const { call } = request;
    // A function ARN as the state's Resource: the whole input is the payload, the result is the payload.
    if (call && /^arn:[^:]+:lambda:/.test(call.resource)) {
      return payloadOf(await this.invoke(call.resource, call.arguments, request));
    }
    if (request.action !== 'Invoke') throw notLocal(`lambda:${request.action}`);
    const payload = request.input['Payload'] ?? {};
    const optimized = call?.service === 'lambda';
    const event = typeof payload === 'string' && !optimized ? parsePayload(payload) : payload;
    const running = this.invoke(textOf('Lambda', request.input, 'FunctionName'), event, request);
    if (request.input['InvocationType'] === 'Event') {
      running.catch(() => undefined); // Asynchronous: the caller never hears of it; the log has it.
      return { StatusCode: 202, Payload: '' };
    }
    const result = await running;
    if (!optimized) {
      return present({
        ExecutedVersion: '$LATEST',
        StatusCode: 200,
        Payload: JSON.stringify('error' in result ? result.error : result.result),
        FunctionError: 'error' in result ? 'Unhandled' : undefined,
      });
    }
    return { ExecutedVersion: '$LATEST', Payload: payloadOf(result), StatusCode: 200 };
  }

  async close(): Promise<void> {
    for (const each of this.all) each.close();
  }

  private async invoke(id: string, event: Json, { region, call }: ServiceRequest): Promise<InvocationResult> {
    const found = this.function(id, region);
    const { properties } = found;
    const name = String(found.resolver.ref(found.resource));
    const key = `${found.stack.region}/${name}`;
    const process = this.idle.get(key)?.pop() ?? this.start(found, name);
    const result = await process.invoke({
      event,
      timeoutSeconds: Number(properties['Timeout'] ?? 3),
      logFile: this.world.logFile(call),
      hidden: this.world.options.hidden,
      signal: call?.signal,
      context: {
        functionName: name,
        functionVersion: '$LATEST',
        invokedFunctionArn: String(found.resolver.attribute(found.resource, 'Arn', name)),
        memoryLimitInMB: String(properties['MemorySize'] ?? 128),
        awsRequestId: randomUUID(),
        logGroupName: `/aws/lambda/${name}`,
        logStreamName: 'local',
      },
    });
    if (process.alive) {
      const idle = this.idle.get(key) ?? [];
      this.idle.set(key, [...idle, process]);
    } else {
      this.all.delete(process);
    }
    return result;
  }

  private start(found: Found, name: string): FunctionProcess {
    const { properties, stack } = found;
    const runtime = String(properties['Runtime'] ?? '');
    const folder = this.code(found);
    const packages = nearestPackages(process.cwd());
    const environment = {
      ...hostEnvironment(),
      ...this.world.awsEnvironment(stack.region),
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(properties['MemorySize'] ?? 128),
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: String(properties['Handler'] ?? ''),
      TZ: ':UTC',
      ...(packages !== undefined && { HEADRACE_PACKAGES: packages, NODE_PATH: packages }),
      ...(fieldsOf(fieldsOf(properties['Environment'])['Variables']) as { [name: string]: string }),
    };
    const made = new FunctionProcess({ command: this.hostCommand(runtime, name), cwd: folder, environment });
    this.all.add(made);
    return made;
  }

  private hostCommand(runtime: string, name: string): readonly string[] {
    if (runtime.startsWith('nodejs')) return [process.execPath, '-e', NODE_BOOTSTRAP];
    if (runtime.startsWith('python')) return ['python3', '-c', PYTHON_BOOTSTRAP];
    throw notLocal(`function ${name} with runtime ${runtime || '(an image)'}; a runtime other than Node.js and Python`);
  }

  private code(found: Found): string {
    const code = fieldsOf(found.properties['Code']);
    const inline = code['ZipFile'];
    if (typeof inline === 'string') {
      const folder = join(this.world.options.store.cache('functions'), found.resource.logicalId);
      mkdirSync(folder, { recursive: true });
      writeAside(
        join(folder, String(found.properties['Runtime']).startsWith('python') ? 'index.py' : 'index.js'),
        inline,
      );
      return folder;
    }
    const asset = found.stack.assets.file(basename(String(code['S3Key'] ?? '')));
    if (asset?.zip) return asset.path;
    throw notLocal(
      `function ${found.resource.logicalId}, whose code is not a folder among the assembly's assets; such a function`,
    );
  }

  private function(id: string, region: string): Found {
    // `name`, `arn…:name`, each with or without `:version`.
    const whole = /^(arn:[^:]+:lambda:[^:]*:[^:]*:function:)?([^:]+)(?::[^:]+)?$/.exec(id);
    const found = whole && this.world.find('AWS::Lambda::Function', `${whole[1] ?? ''}${whole[2]}`, region);
    if (!found) {
      throw new ServiceError(
        'Lambda.ResourceNotFoundException',
        `Function not found: ${id} (it is in none of the assembly's templates)`,
      );
    }
    return found;
  }
}

/** The payload; a failed function is an error with its own type as name and AWS's JSON as cause. */
function payloadOf(result: InvocationResult): Json {
  if (!('error' in result)) return result.result;
  const error: Fields = result.error;
  throw new ServiceError(String(error['errorType'] ?? 'Error'), JSON.stringify(error));
}

function parsePayload(text: string): Json {
  try {
    return text === '' ? {} : (JSON.parse(text) as Json);
  } catch {
    throw new ServiceError('Lambda.InvalidRequestContentException', 'Could not parse request body into json');
  }
}
