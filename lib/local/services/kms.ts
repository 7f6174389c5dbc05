// Stand-in for KMS as far as signing by HMAC goes. In: GenerateMac, VerifyMac. Out: the code, or that it is wrong. Always: a key is
// made when it is first used and kept in the store, readable by its owner only; it leaves the store in no answer.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Json, ServiceError } from '../engine';
import type { Store } from '../store';
import { notLocal } from '../world';
import { type Service, type ServiceRequest, textOf } from './service';

export class Kms implements Service {
  constructor(private readonly store: Store) {}

  async handle({ action, input, region }: ServiceRequest): Promise<Json> {
    if (action !== 'GenerateMac' && action !== 'VerifyMac') throw notLocal(`kms:${action}`);
    const algorithm = /^HMAC_SHA_(224|256|384|512)$/.exec(textOf('Kms', input, 'MacAlgorithm'))?.[1];
    if (algorithm === undefined)
      throw new ServiceError('Kms.ValidationException', `MacAlgorithm is ${String(input['MacAlgorithm'])}`);
    const keyId = textOf('Kms', input, 'KeyId').split(/[/:]/).at(-1)!;
    const message = Buffer.from(textOf('Kms', input, 'Message'), 'base64');
    const mac = createHmac(`sha${algorithm}`, this.key(region, keyId)).update(message).digest();
    const answer = { KeyId: keyId, MacAlgorithm: `HMAC_SHA_${algorithm}` };
    if (action === 'GenerateMac') return { ...answer, Mac: mac.toString('base64') };
    const given = Buffer.from(textOf('Kms', input, 'Mac'), 'base64');
    if (given.length !== mac.length || !timingSafeEqual(given, mac))
      throw new ServiceError('Kms.KMSInvalidMacException', 'the MAC is not that of the message');
    return { ...answer, MacValid: true };
  }

  private key(region: string, id: string): Buffer {
    const file = this.store.serviceFile(region, 'kms', `${id}.key`);
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, randomBytes(32), { mode: 0o600, flag: 'wx' });
    }
    return readFileSync(file);
  }
}
