// How to log in. In: the call, and the secret that it names. Out: host, port, user, password. Always: what the call says wins over
// the secret, but for a secret whose host is this very machine: that is a developer's database, and only there TLS may be off.

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SqlCall } from './call';

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: boolean;
}

const PORTS = { postgres: 5432, mysql: 3306 };
const HERE = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

const client = new SecretsManagerClient({});

export async function secretOf(call: SqlCall): Promise<Login> {
  const { SecretString: text = '' } = await client.send(new GetSecretValueCommand({ SecretId: call.secretArn }));
  const secret = fields(text);
  const { username, password, host, port } = secret;
  if (typeof username !== 'string' || typeof password !== 'string')
    throw wrong('holds no username and password: expected JSON such as {"username": "...", "password": "..."}');
  const own = typeof host === 'string' && HERE.test(host);
  const chosen = own ? host : (call.host ?? host);
  if (typeof chosen !== 'string') throw wrong('names no host, and neither does the task: set host');
  return {
    host: chosen,
    port: Number((own ? port : (call.port ?? port)) ?? PORTS[call.engine]),
    user: username,
    password,
    database: own && typeof secret['dbname'] === 'string' ? secret['dbname'] : call.database,
    tls: !own,
  };
}

function fields(text: string): { readonly [name: string]: unknown } {
  try {
    return JSON.parse(text) as { [name: string]: unknown };
  } catch {
    throw wrong('is not JSON (its text is not shown): expected {"username": "...", "password": "..."}');
  }
}

function wrong(what: string): Error {
  const error = new Error(`the secret ${what}`);
  error.name = 'Sql.BadSecret';
  return error;
}
