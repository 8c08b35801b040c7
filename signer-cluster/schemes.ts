/** The protocols of a node: one line for each scheme that it signs with. */
import { dkls, setUpDklsPairs } from './dkls.ts';
import { frostEd25519, frostTaproot } from './frost.ts';
import type { Protocols } from './protocols.ts';

export const PROTOCOLS: Protocols = {
  setUpPairs: setUpDklsPairs,
  schemes: {
    'ecdsa-secp256k1': dkls,
    'frost-ed25519': frostEd25519,
    'frost-secp256k1': frostTaproot,
  },
};
