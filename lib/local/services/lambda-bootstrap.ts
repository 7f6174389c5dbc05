// The small programs that host a function's handler in a process of its own. They read one invocation a line from file
// descriptor 3 and answer one line on 4, so that whatever the handler prints stays its log. In AWS's words: a runtime.

export const NODE_BOOTSTRAP = String.raw`
const { writeSync } = require('node:fs');
const { Socket } = require('node:net');
const { createInterface } = require('node:readline');
const { pathToFileURL } = require('node:url');
const { join } = require('node:path');
const { existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const root = process.env.LAMBDA_TASK_ROOT;
const split = process.env._HANDLER.lastIndexOf('.');
const file = process.env._HANDLER.slice(0, split), name = process.env._HANDLER.slice(split + 1);
// Lambda's runtime carries the AWS SDK; here it comes from the project that is run, and only if the code has none of its own.
async function importModule(url) {
  try { return await import(url); } catch (error) {
    const packages = process.env.HEADRACE_PACKAGES;
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !packages || !/'@(aws-sdk|smithy)\//.test(error.message)) throw error;
    const parent = JSON.stringify(pathToFileURL(join(packages, 'x.js')).href);
    const hook = 'export async function resolve(name, context, next) {' +
      ' try { return await next(name, context); } catch (error) {' +
      ' if (!/^@(aws-sdk|smithy)[/]/.test(name)) throw error;' +
      ' return next(name, { ...context, parentURL: ' + parent + ' }); } }';
    require('node:module').register('data:text/javascript,' + encodeURIComponent(hook));
    return import(url + '?sdk');
  }
}
async function load() {
  for (const ending of ['.mjs', '.js', '.cjs', '']) {
    const path = join(root, file + ending);
    if (!existsSync(path)) continue;
    const loaded = ending === '.cjs' || ending === '' ? createRequire(path)(path) : await importModule(pathToFileURL(path).href);
    const handler = loaded[name] ?? (loaded.default && loaded.default[name]);
    if (typeof handler !== 'function') throw Object.assign(new Error(process.env._HANDLER + ' is undefined or not exported'), { name: 'Runtime.HandlerNotFound' });
    return handler;
  }
  throw Object.assign(new Error("Cannot find module '" + file + "'"), { name: 'Runtime.ImportModuleError' });
}
function answer(value) {
  const text = Buffer.from(JSON.stringify(value) + '\n');
  for (let at = 0; at < text.length; ) {
    try { at += writeSync(4, text, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
}
const shape = (error) => error instanceof Error
  ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') }
  : { errorType: typeof error, errorMessage: String(error), trace: [] };
let handler;
process.on('uncaughtException', (error) => { answer({ error: shape(error) }); process.exit(129); });
process.on('unhandledRejection', (error) => { answer({ error: { ...shape(error), errorType: 'Runtime.UnhandledPromiseRejection' } }); process.exit(128); });
createInterface({ input: new Socket({ fd: 3, readable: true, writable: false }) }).on('line', async (line) => {
  const { event, context } = JSON.parse(line);
  const deadline = Date.now() + context.timeout;
  const full = { ...context, getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()), callbackWaitsForEmptyEventLoop: true };
  try {
    handler = handler ?? (await load());
    const result = handler.length >= 3
      ? await new Promise((resolve, reject) => handler(event, full, (error, value) => (error ? reject(error) : resolve(value))))
      : await handler(event, full);
    answer({ result: result === undefined ? null : result });
  } catch (error) { answer({ error: shape(error) }); }
}).on('close', () => process.exit(0));
`;

export const PYTHON_BOOTSTRAP = String.raw`
import importlib, json, os, sys, time, traceback
root = os.environ['LAMBDA_TASK_ROOT']
sys.path.insert(0, root)
module, _, name = os.environ['_HANDLER'].rpartition('.')
class Context:
    def __init__(self, given):
        self.__dict__.update(
            function_name=given['functionName'], function_version=given['functionVersion'],
            invoked_function_arn=given['invokedFunctionArn'], memory_limit_in_mb=given['memoryLimitInMB'],
            aws_request_id=given['awsRequestId'], log_group_name=given['logGroupName'], log_stream_name=given['logStreamName'])
        self._deadline = time.time() + given['timeout'] / 1000
    def get_remaining_time_in_millis(self):
        return max(0, int((self._deadline - time.time()) * 1000))
handler = None
with os.fdopen(3, 'r', encoding='utf-8') as requests, os.fdopen(4, 'w', encoding='utf-8') as answers:
    for line in requests:
        request = json.loads(line)
        try:
            handler = handler or getattr(importlib.import_module(module.replace('/', '.')), name)
            reply = {'result': handler(request['event'], Context(request['context']))}
            text = json.dumps(reply)
        except BaseException as error:
            text = json.dumps({'error': {'errorMessage': str(error), 'errorType': type(error).__name__,
                               'stackTrace': traceback.format_tb(error.__traceback__)}})
        sys.stdout.flush(); sys.stderr.flush()
        answers.write(text + '\n'); answers.flush()
`;
