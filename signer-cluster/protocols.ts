/**
 * What a node asks of the signing floor, with secrets as opaque bytes: a node stores and seals them,
 * and never looks inside. Tests put a corrupted party in their place.
 */
import type { Payload, Signature } from '#chains/adapter.ts';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { Scheme } from '#core/scheme.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';

/** What each scheme's key generation makes. */
export type MadeKey = {
  /** 33 bytes compressed for secp256k1, 32 for ed25519. */
  readonly publicKey: Bytes;
  /** 32 public bytes for the derivation of child keys, or none where the scheme has no derivation. */
  readonly chainCode: Bytes;
  /** This party's secret, encoded. */
  readonly share: Bytes;
};

export type Ceremony = {
  readonly me: PartyId;
  /** Ascending, `me` included. */
  readonly parties: readonly PartyId[];
  /** 32 bytes that bind the session, the key and the purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

export type PairsCeremony = Ceremony & {
  /** Long-term, and known to this node alone: mixed into what it draws. */
  readonly hedge: Bytes;
};

/** The key at a path below a key, and what is added to the key's secret to sign for it. */
export type DerivedKey = { readonly publicKey: Bytes; readonly tweak: bigint };

/** The protocols of one signature scheme. */
export type SchemeProtocols = {
  /** Whether signing takes the set-up of pairs; then a key is made after it. */
  readonly needsPairs: boolean;
  /** @throws INVALID_INPUT when there is no key at this path */
  derive(publicKey: Bytes, chainCode: Bytes, path: string): DerivedKey;
  keygen(ceremony: Ceremony & { readonly threshold: number }): Protocol<MadeKey>;
  sign(ceremony: SigningCeremony): Protocol<Signature>;
  /** Absent where the scheme knows no presignatures. */
  readonly presigning?: Presigning;
};

/** The part of a signature that knows no message, and the rest. */
export type Presigning = {
  presign(ceremony: SecretCeremony): Protocol<MadePresignature>;
  /** Spends the presignature, whatever the outcome. */
  online(order: {
    readonly presignature: Bytes;
    readonly payload: Payload;
    readonly tweak: bigint;
    readonly random: Random;
  }): Protocol<Signature>;
};

/** `id`: 32 bytes, equal at all signers. `secret`: this party's part, encoded. */
export type MadePresignature = { readonly id: Bytes; readonly secret: Bytes };

export type SecretCeremony = Ceremony & {
  readonly share: Bytes;
  /** Empty where the scheme needs none. */
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
};

export type SigningCeremony = SecretCeremony & {
  /** Computed by this node from the transaction. */
  readonly payload: Payload;
  /** Computed by this node from its own chain code and the wallet's registered path. */
  readonly tweak: bigint;
};

export type Protocols = {
  /** What each pair of nodes needs once for each organisation: base OT and zero-share seeds. */
  setUpPairs(ceremony: PairsCeremony): Protocol<ReadonlyMap<PartyId, Bytes>>;
  readonly schemes: Readonly<Partial<Record<Scheme, SchemeProtocols>>>;
};

/** @throws INVALID_INPUT when this node has no protocol for the scheme */
export function schemeOf(protocols: Protocols, scheme: Scheme): SchemeProtocols {
  const known = protocols.schemes[scheme];
  if (known !== undefined) return known;
  throw new PlatformError('INVALID_INPUT', {
    field: 'scheme',
    reason: `the nodes do not sign with ${scheme}`,
    hint: `one of ${Object.keys(protocols.schemes).join(', ')}`,
  });
}
