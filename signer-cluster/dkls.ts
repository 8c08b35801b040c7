/** The signing floor's protocols, with their secrets as bytes. */
import { decodeKeyShare, encodeKeyShare } from '#signing/key-share.ts';
import { keygen } from '#signing/dkls/keygen.ts';
import { setUpPairs } from '#signing/dkls/pairs.ts';
import { sign } from '#signing/dkls/sign.ts';
import { decodePairSecrets, encodePairSecrets } from '#signing/pair-secrets.ts';
import type { Protocols } from './protocols.ts';

export const dkls: Protocols = {
  *setUpPairs(ceremony) {
    const pairs = yield* setUpPairs(ceremony);
    return new Map([...pairs].map(([peer, secrets]) => [peer, encodePairSecrets(secrets)]));
  },
  *keygen(ceremony) {
    const share = yield* keygen(ceremony);
    return { publicKey: share.publicKey, share: encodeKeyShare(share) };
  },
  *sign({ share, pairs, parties: signers, ...ceremony }) {
    return yield* sign({
      ...ceremony,
      signers,
      share: decodeKeyShare(share),
      pairs: new Map([...pairs].map(([peer, secrets]) => [peer, decodePairSecrets(secrets)])),
    });
  },
};
