/**
 * The key of a service account, for programs: made once, kept as a JSON Web Key (RFC 7517) in a file
 * that only its program can read, and used in the place of a passkey.
 */
import { base64url, type Bytes, parseBase64url } from '#core/bytes.ts';
import { formatEcdsaSignature } from '#mandate/ecdsa-signature.ts';
import { type ServiceKey, serviceKeyId, serviceKeyInfo } from '#mandate/service-key.ts';
import type { Authenticator } from './authenticator.ts';
import { CountersignError } from './error.ts';

export const SERVICE_KEY_CURVES = ['Ed25519', 'P-256'] as const;
export type ServiceKeyCurve = (typeof SERVICE_KEY_CURVES)[number];

/** The members of a private JSON Web Key that are used; all in base64url. */
export type PrivateKey = {
  readonly kty: 'OKP' | 'EC';
  readonly crv: ServiceKeyCurve;
  readonly x: string;
  readonly y?: string;
  readonly d: string;
};

const ALGORITHMS = {
  Ed25519: { name: 'Ed25519' },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;

/** A new key; only its public half is registered (`publicKeyOf`). */
export async function generateServiceKey(curve: ServiceKeyCurve): Promise<PrivateKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHMS[curve], true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error(`${curve} has no pair of keys`);
  const { kty, x = '', y, d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  const key = { kty: kty as PrivateKey['kty'], crv: curve, x, d };
  return y === undefined ? key : { ...key, y };
}

const partsOf = ({ crv, x, y = '' }: PrivateKey): ServiceKey =>
  crv === 'Ed25519'
    ? { curve: crv, x: parseBase64url(x, 'x') }
    : { curve: crv, x: parseBase64url(x, 'x'), y: parseBase64url(y, 'y') };

/** What `createServiceAccount` takes: a DER SubjectPublicKeyInfo in base64url. */
export const publicKeyOf = (key: PrivateKey): string => base64url(serviceKeyInfo(partsOf(key)));

/**
 * Signs the challenges that the client has computed; a service account has no passkey to create.
 * @throws INVALID_INPUT for a key that is not whole
 */
export async function serviceKeyAuthenticator(key: PrivateKey): Promise<Authenticator> {
  const id = serviceKeyId(partsOf(key));
  const algorithm = ALGORITHMS[key.crv];
  const imported = await importKey(key);
  const sign = async (challenge: Bytes): Promise<Bytes> => {
    const signed = await crypto.subtle.sign(algorithm, imported, Uint8Array.from(challenge));
    const signature = new Uint8Array(signed);
    return key.crv === 'Ed25519' ? signature : formatEcdsaSignature(signature);
  };
  return {
    create: () => {
      const message = 'A service account registers its key when it is made, and no passkey.';
      return Promise.reject(new CountersignError('INVALID_INPUT', message));
    },
    get: async ({ challenge }) => {
      const signature = base64url(await sign(parseBase64url(challenge, 'challenge')));
      return { id, type: 'service-key', response: { signature } };
    },
  };
}

type ImportedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function importKey(key: PrivateKey): Promise<ImportedKey> {
  try {
    return await crypto.subtle.importKey('jwk', { ...key }, ALGORITHMS[key.crv], false, ['sign']);
  } catch (cause) {
    const message = 'The private key is not whole: its parts do not belong together.';
    throw new CountersignError('INVALID_INPUT', message, {}, { cause });
  }
}
