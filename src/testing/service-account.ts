/** A service account of a test, made by an administrator, and what it signs with. */
import type { Authenticator } from '#sdk/authenticator.ts';
import {
  generateServiceKey,
  type PrivateKey,
  publicKeyOf,
  type ServiceKeyCurve,
  serviceKeyAuthenticator,
} from '#sdk/service-key.ts';
import type { RoleName, User } from '#sdk/types.ts';
import type { Visitor } from './gateway-stage.ts';

export type Program = {
  readonly key: PrivateKey;
  readonly authenticator: Authenticator;
  readonly user: User;
};

export async function employ(
  admin: Visitor,
  name: string,
  curve: ServiceKeyCurve,
  ...roles: RoleName[]
): Promise<Program> {
  const key = await generateServiceKey(curve);
  const publicKey = publicKeyOf(key);
  const { user } = await admin.client.createServiceAccount({ name, roles, publicKey });
  if (user === null) throw new Error(`${name} waits for approval`);
  return { key, authenticator: await serviceKeyAuthenticator(key), user };
}
