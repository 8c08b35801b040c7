/** Schnorr signatures by FROST as a node makes them, with its secrets as bytes. */
import { invalidInput } from '#core/errors.ts';
import { ROOT_PATH, derive } from '#signing/derivation.ts';
import { createFrostKey } from '#signing/frost/create-key.ts';
import { decodeFrostKeyShare, encodeFrostKeyShare } from '#signing/frost/key-share.ts';
import { frostSign } from '#signing/frost/sign.ts';
import type { FrostScheme } from '#signing/frost/suite.ts';
import type { Protocol } from '#signing/kernel.ts';
import { NO_SCRIPTS } from '#signing/taproot.ts';
import type { Ceremony, MadeKey, SchemeProtocols } from './protocols.ts';

const keygenOf = (scheme: FrostScheme) =>
  function* keygen(ceremony: Ceremony & { readonly threshold: number }): Protocol<MadeKey> {
    const share = yield* createFrostKey({ ...ceremony, scheme });
    const { publicKey, chainCode } = share;
    return { publicKey, chainCode, share: encodeFrostKeyShare(share) };
  };

export const frostEd25519: SchemeProtocols = {
  needsPairs: false,
  derive(publicKey, _, path) {
    if (path === ROOT_PATH) return { publicKey, tweak: 0n };
    throw invalidInput('path', 'an Ed25519 key has no child without a private key', 'Use "m".');
  },
  keygen: keygenOf('frost-ed25519'),
  *sign({ share, parties: signers, payload, ...ceremony }) {
    // Only networks of this curve come here, and what their keys sign is a message.
    if (payload.message === undefined) throw new Error('Ed25519 signs messages');
    const { message } = payload;
    const bytes = yield* frostSign({
      ...ceremony,
      signers,
      share: decodeFrostKeyShare(share),
      message,
    });
    return { bytes };
  },
};

/** A wallet's coins lie in the output that its key alone can spend (BIP-86). */
export const frostTaproot: SchemeProtocols = {
  needsPairs: false,
  derive,
  keygen: keygenOf('frost-secp256k1'),
  *sign({ share, parties: signers, payload, ...ceremony }) {
    const bytes = yield* frostSign({
      ...ceremony,
      signers,
      share: decodeFrostKeyShare(share),
      message: payload.digest,
      merkleRoot: NO_SCRIPTS,
    });
    return { bytes };
  },
};
