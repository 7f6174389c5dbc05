// Stand-in for Secrets Manager: values come from the user's local secrets file. In: GetSecretValue. Out: the value, as the API
// gives it. Always: a value that is not in the file is an error that says which line to add.

import { type Json, ServiceError } from '../engine';
import { secretNames } from '../secrets';
import { notLocal, type World } from '../world';
import { type Service, type ServiceRequest, textOf } from './service';

export class SecretsManager implements Service {
  constructor(private readonly world: World) {}

  async handle({ action, input, region }: ServiceRequest): Promise<Json> {
    if (action !== 'GetSecretValue') throw notLocal(`secretsmanager:${action}`);
    const id = textOf('SecretsManager', input, 'SecretId');
    const { secrets } = this.world.options;
    const names = secretNames(id);
    const value = secrets.find(...names);
    const name = names.at(-1)!;
    if (value === undefined) {
      throw new ServiceError(
        'SecretsManager.ResourceNotFoundException',
        `Secrets Manager can't find the specified secret: add a line ${name}=value to ${secrets.file}`,
      );
    }
    return {
      ARN: id.startsWith('arn:') ? id : this.world.arn('secretsmanager', region, `secret:${name}-LoCaL1`),
      Name: name,
      SecretString: value,
      VersionId: 'local',
      VersionStages: ['AWSCURRENT'],
    };
  }
}
