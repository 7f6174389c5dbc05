// `headrace local s3 DIR`: serves a folder until it is interrupted. In: the words after the command. Out: the exit code (0
// ended, 2 usage). Access keys: pairs of --access-key and --secret-key make every other key refused; without them the key
// of the environment and the key `headrace` are checked and unknown keys are let in unchecked.
import { parseArgs } from 'node:util';
import { defaultCredentials } from './authenticate';
import { startS3Server, type S3ServerOptions } from './server';

const usage = `usage: headrace local s3 DIR [--port N] [--access-key KEY --secret-key SECRET]... [--region REGION]

Serves the folders in DIR as S3 buckets on this machine: DIR/x/a/b.csv is the object a/b.csv of bucket x.

  --port N          the port to listen on (default 4566; 0 takes any free one)
  --access-key KEY  an access key to accept, with the --secret-key that follows; may be given several times.
                    With any given, all other keys are refused, and each is an account of its own: a bucket is
                    closed to the others unless its ACL opens it. With none, the key headrace (secret
                    headrace-local-secret) and that of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are checked, and
                    every other key is let in unchecked, because local tools carry dummy keys.
  --region REGION   the region of new buckets (default us-east-1)`;

const defaultPort = 4566;

export async function serveS3(argv: string[]): Promise<number> {
  let options: S3ServerOptions;
  try {
    const read = readOptions(argv);
    if (read === 'help') {
      process.stdout.write(`${usage}\n`);
      return 0;
    }
    options = read;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    return 2;
  }
  const server = await startS3Server(options).catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  });
  if (server === undefined) return 1;
  process.stdout.write(`serving ${options.root} at ${server.url}\nexport AWS_ENDPOINT_URL_S3=${server.url}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await server.close();
  return 0;
}

function readOptions(argv: string[]): S3ServerOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      port: { type: 'string' },
      'access-key': { type: 'string', multiple: true },
      'secret-key': { type: 'string', multiple: true },
      region: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return 'help';
  const [root, ...others] = positionals;
  if (root === undefined || others.length > 0) throw new Error('expected one folder to serve');
  const port = Number(values.port ?? defaultPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port must be a number from 0 to 65535, got '${values.port}'`);
  const keys = values['access-key'] ?? [];
  const secrets = values['secret-key'] ?? [];
  if (keys.length !== secrets.length) throw new Error('every --access-key needs a --secret-key');
  const explicit = keys.length > 0;
  const { AWS_ACCESS_KEY_ID: environmentKey, AWS_SECRET_ACCESS_KEY: environmentSecret } = process.env;
  const fromEnvironment = environmentKey && environmentSecret ? { [environmentKey]: environmentSecret } : {};
  return {
    root,
    port,
    credentials: explicit
      ? Object.fromEntries(keys.map((key, index) => [key, secrets[index]!]))
      : { ...defaultCredentials, ...fromEnvironment },
    acceptUnknownKeys: !explicit,
    ...(values.region !== undefined && { region: values.region }),
    log: (line) => process.stderr.write(`${line}\n`),
  };
}
