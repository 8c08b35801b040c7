/**
 * What a node asks of the signing floor, with secrets as opaque bytes: a node stores and seals them,
 * and never looks inside. Tests put a corrupted party in their place.
 */
import type { EcdsaSignature } from '#chains/adapter.ts';
import type { Bytes } from '#core/bytes.ts';
import type { PartyId, Protocol, Random } from '#signing/kernel.ts';

/** `publicKey` is 33 bytes, compressed; `share` is this party's secret, encoded. */
export type MadeKey = { readonly publicKey: Bytes; readonly share: Bytes };

export type Ceremony = {
  readonly me: PartyId;
  /** Ascending, `me` included. */
  readonly parties: readonly PartyId[];
  /** 32 bytes that bind the session, the key and the purpose. */
  readonly context: Bytes;
  readonly random: Random;
};

export type Protocols = {
  /** What each pair of nodes needs once for each organisation: base OT and zero-share seeds. */
  setUpPairs(ceremony: Ceremony): Protocol<ReadonlyMap<PartyId, Bytes>>;
  keygen(ceremony: Ceremony & { readonly threshold: number }): Protocol<MadeKey>;
  sign(
    ceremony: Ceremony & {
      readonly share: Bytes;
      readonly pairs: ReadonlyMap<PartyId, Bytes>;
      /** 32 bytes, computed by this node from the transaction. */
      readonly digest: Bytes;
    },
  ): Protocol<EcdsaSignature>;
};
