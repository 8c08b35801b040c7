/** What the nodes are asked to do with a key, and what they answer. */
import type { Bytes } from '#core/bytes.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import type { PartyId } from '#signing/kernel.ts';

export type KeyRequest = {
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly scheme: Scheme;
};

export type KeyChange = { readonly keyId: KeyId };

export type ReshareRequest = KeyRequest & {
  /** All three ascending. */
  readonly dealers: readonly PartyId[];
  readonly receivers: readonly PartyId[];
  readonly threshold: number;
};

/** `chainCode` is 32 bytes: with it the public keys below are derived, and no private one. */
export type MadeKey = { readonly publicKey: Bytes; readonly chainCode: Bytes };

/** `dealing` is what the dealer wrote. */
export type ImportRequest = KeyRequest & { readonly dealing: string };

export type ExportRequest = {
  readonly keyId: KeyId;
  /** The recipient's X25519 key, 32 bytes. */
  readonly recipient: Bytes;
  /** Ascending; as many as it takes that the others cannot sign. */
  readonly exporters: readonly PartyId[];
};
