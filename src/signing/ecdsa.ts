/** The signature that the protocols put out. */
import type { Bytes } from '#core/bytes.ts';

/** r and s are 32 bytes each, big-endian; s is low (BIP-62 rule 5); recovery is 0..3. */
export type EcdsaSignature = { readonly r: Bytes; readonly s: Bytes; readonly recovery: number };
