/**
 * A passkey in software: browser and authenticator in one, with the JSON shapes of
 * `navigator.credentials`. Keys live in memory. Tests and the demo sign with it; `Tampering` makes
 * the responses that a server must refuse.
 */
import { randomBytes } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { type Bytes, base64url, concat, parseBase64url, utf8 } from '#core/bytes.ts';
import { type Cbor, encodeCbor } from './cbor.ts';

const ES256 = -7;
const EDDSA = -8;
const AAGUID = new Uint8Array(16);

/** A resident credential. `counter` is the number of the last signature. */
export type SoftwareCredential = {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly algorithm: number;
  readonly privateKey: Bytes;
  counter: number;
};

/** What differs from an honest response. Times, keys and all other fields stay genuine. */
export type Tampering = {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly rpId?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  readonly counter?: number;
  /** Sent in place of the credential's own id. */
  readonly credentialId?: string;
  readonly userHandle?: string;
  /** Another credential's key makes the signature. */
  readonly signWith?: SoftwareCredential;
  readonly clientDataJSON?: (json: string) => string;
  /** Applied before the signature is made. */
  readonly authenticatorData?: (bytes: Bytes) => Bytes;
  /** Applied after the signature was made, so that it no longer covers the data. */
  readonly signature?: (bytes: Bytes) => Bytes;
  /** The COSE key of a registration. */
  readonly publicKey?: (bytes: Bytes) => Bytes;
};

export type AuthenticatorSettings = {
  /** The page that calls: scheme, host, port. */
  readonly origin: string;
  readonly random?: (size: number) => Bytes;
  /** Synchronised passkeys report 0 for ever, security keys count. Default: counts. */
  readonly counts?: boolean;
  /** COSE identifiers, the most preferred first. Default: ES256. */
  readonly algorithms?: readonly number[];
};

export class SoftwareAuthenticator {
  readonly credentials: SoftwareCredential[] = [];
  readonly origin: string;
  readonly #random: (size: number) => Bytes;
  readonly #counts: boolean;
  readonly #algorithms: readonly number[];

  constructor(settings: AuthenticatorSettings) {
    this.origin = settings.origin;
    this.#random = settings.random ?? ((size) => new Uint8Array(randomBytes(size)));
    this.#counts = settings.counts ?? true;
    this.#algorithms = settings.algorithms ?? [ES256];
  }

  /**
   * `navigator.credentials.create`: a new resident credential, attestation `none`.
   * @throws DOMException-like Error named as a browser names it
   */
  async create(
    options: PublicKeyCredentialCreationOptionsJSON,
    tampering: Tampering = {},
  ): Promise<RegistrationResponseJSON> {
    const rpId = this.#requireRpId(options.rp.id);
    const excluded = new Set(options.excludeCredentials?.map(({ id }) => id));
    if (this.credentials.some((known) => known.rpId === rpId && excluded.has(known.id))) {
      throw named('InvalidStateError', 'this authenticator holds an excluded credential');
    }
    const offered = options.pubKeyCredParams.map(({ alg }) => alg);
    const algorithm = this.#algorithms.find((own) => offered.includes(own));
    if (algorithm === undefined) throw named('NotSupportedError', 'no common algorithm');
    const credential = this.#newCredential(rpId, options.user.id, algorithm);
    const clientData = clientDataOf('webauthn.create', options.challenge, this.origin, tampering);
    const report = authenticatorDataOf(credential, { attested: true, ...tampering });
    const attestation = new Map<string, Cbor>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', report],
    ]);
    const id = tampering.credentialId ?? credential.id;
    return {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: { credProps: { rk: true } },
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(utf8(clientData)),
        attestationObject: base64url(encodeCbor(attestation)),
        transports: ['internal'],
      },
    };
  }

  /**
   * `navigator.credentials.get`: the first credential that the options allow signs, with UV.
   * @throws Error named `NotAllowedError` when there is none
   */
  async get(
    options: PublicKeyCredentialRequestOptionsJSON,
    tampering: Tampering = {},
  ): Promise<AuthenticationResponseJSON> {
    const rpId = this.#requireRpId(options.rpId);
    const allowed = options.allowCredentials?.map(({ id }) => id);
    const credential = this.credentials.find(
      (known) => known.rpId === rpId && (!allowed?.length || allowed.includes(known.id)),
    );
    if (credential === undefined) throw named('NotAllowedError', 'no credential for this request');
    if (this.#counts) credential.counter += 1;
    const clientData = clientDataOf('webauthn.get', options.challenge, this.origin, tampering);
    const report = authenticatorDataOf(credential, { attested: false, ...tampering });
    const message = concat(report, sha256(utf8(clientData)));
    const signature = sign(tampering.signWith ?? credential, message);
    const id = tampering.credentialId ?? credential.id;
    return {
      id,
      rawId: id,
      type: 'public-key',
      clientExtensionResults: {},
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(utf8(clientData)),
        authenticatorData: base64url(report),
        signature: base64url((tampering.signature ?? same)(signature)),
        userHandle: tampering.userHandle ?? credential.userHandle,
      },
    };
  }

  /** A page may only name its own host or a parent domain of it (Web Authentication, 5.1.3). */
  #requireRpId(requested: string | undefined): string {
    const host = new URL(this.origin).hostname;
    const rpId = requested ?? host;
    if (host === rpId || host.endsWith(`.${rpId}`)) return rpId;
    throw named('SecurityError', `${this.origin} may not use the rpID ${rpId}`);
  }

  #newCredential(rpId: string, userHandle: string, algorithm: number): SoftwareCredential {
    const id = base64url(this.#random(32));
    const privateKey =
      algorithm === EDDSA
        ? ed25519.utils.randomSecretKey(this.#random(32))
        : p256.utils.randomSecretKey(this.#random(48));
    const credential = { id, rpId, userHandle, algorithm, privateKey, counter: 0 };
    this.credentials.push(credential);
    return credential;
  }
}

/** The COSE_Key of a credential in CTAP2's canonical form. */
export function coseKeyOf({ algorithm, privateKey }: SoftwareCredential): Bytes {
  if (algorithm === EDDSA) {
    const x = ed25519.getPublicKey(privateKey);
    return encodeCbor(new Map<number, Cbor>([[1, 1], [3, EDDSA], [-1, 6], [-2, x]])); // prettier-ignore
  }
  const point = p256.getPublicKey(privateKey, false);
  const key: [number, Cbor][] = [
    [1, 2],
    [3, ES256],
    [-1, 1],
    [-2, point.slice(1, 33)],
    [-3, point.slice(33)],
  ];
  return encodeCbor(new Map(key));
}

/** The serialisation of Web Authentication Level 3, section 5.8.1.1. */
function clientDataOf(type: string, challenge: string, origin: string, change: Tampering): string {
  const json = JSON.stringify({
    type: change.type ?? type,
    challenge: change.challenge ?? challenge,
    origin: change.origin ?? origin,
    crossOrigin: change.crossOrigin ?? false,
    topOrigin: change.topOrigin,
  });
  return (change.clientDataJSON ?? same)(json);
}

function authenticatorDataOf(
  credential: SoftwareCredential,
  { attested, ...change }: Tampering & { readonly attested: boolean },
): Bytes {
  const flags =
    ((change.userPresent ?? true) ? 0x01 : 0) |
    ((change.userVerified ?? true) ? 0x04 : 0) |
    (change.backupEligible ? 0x08 : 0) |
    (change.backedUp ? 0x10 : 0) |
    (attested ? 0x40 : 0);
  const head = new Uint8Array(37);
  head.set(sha256(utf8(change.rpId ?? credential.rpId)));
  head[32] = flags;
  new DataView(head.buffer).setUint32(33, change.counter ?? credential.counter);
  const report = attested ? concat(head, attestedCredential(credential, change)) : head;
  return (change.authenticatorData ?? same)(report);
}

function attestedCredential(credential: SoftwareCredential, change: Tampering): Bytes {
  const id = parseBase64url(credential.id);
  const publicKey = (change.publicKey ?? same)(coseKeyOf(credential));
  return concat(AAGUID, Uint8Array.of(id.length >> 8, id.length & 255), id, publicKey);
}

function sign(credential: SoftwareCredential, message: Bytes): Bytes {
  return credential.algorithm === EDDSA
    ? ed25519.sign(message, credential.privateKey)
    : p256.sign(message, credential.privateKey, { format: 'der', lowS: false });
}

const same = <T>(value: T): T => value;

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
