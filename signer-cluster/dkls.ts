/** ECDSA on secp256k1 as a node uses it: the signing floor's DKLs23, with its secrets as bytes. */
import { derive } from '#signing/derivation.ts';
import { keygen } from '#signing/dkls/keygen.ts';
import { online } from '#signing/dkls/online.ts';
import { setUpPairs } from '#signing/dkls/pairs.ts';
import { type PresignParameters, presign } from '#signing/dkls/presign.ts';
import { decodePresignature, encodePresignature } from '#signing/dkls/presignature.ts';
import { sign } from '#signing/dkls/sign.ts';
import { decodeKeyShare, encodeKeyShare } from '#signing/key-share.ts';
import { decodePairSecrets, encodePairSecrets } from '#signing/pair-secrets.ts';
import type { Protocols, SchemeProtocols, SecretCeremony } from './protocols.ts';

export const setUpDklsPairs: Protocols['setUpPairs'] = function* setUp(ceremony) {
  const pairs = yield* setUpPairs(ceremony);
  return new Map([...pairs].map(([peer, secrets]) => [peer, encodePairSecrets(secrets)]));
};

export const dkls: SchemeProtocols = {
  needsPairs: true,
  derive,
  *keygen(ceremony) {
    const share = yield* keygen(ceremony);
    const { publicKey, chainCode } = share;
    return { publicKey, chainCode, share: encodeKeyShare(share) };
  },
  *sign({ payload, tweak, ...ceremony }) {
    return yield* sign({ ...presignParameters(ceremony), digest: payload.digest, tweak });
  },
  presigning: {
    *presign(ceremony) {
      const presignature = yield* presign(presignParameters(ceremony));
      return { id: presignature.id, secret: encodePresignature(presignature) };
    },
    *online({ presignature, payload, tweak, random }) {
      const { digest } = payload;
      return yield* online({
        presignature: decodePresignature(presignature),
        digest,
        tweak,
        random,
      });
    },
  },
};

const presignParameters = ({
  share,
  pairs,
  parties: signers,
  ...ceremony
}: SecretCeremony): PresignParameters => ({
  ...ceremony,
  signers,
  share: decodeKeyShare(share),
  pairs: new Map([...pairs].map(([peer, secrets]) => [peer, decodePairSecrets(secrets)])),
});
