/** Key generation for threshold ECDSA. */
import type { Protocol } from '#signing/kernel.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { type KeygenParameters, keygen as keygenOf } from '#signing/keygen.ts';

/** One party's part. @throws ProtocolAbort */
export const keygen = (p: Omit<KeygenParameters, 'scheme'>): Protocol<KeyShare> =>
  keygenOf({ ...p, scheme: 'ecdsa-secp256k1' });
