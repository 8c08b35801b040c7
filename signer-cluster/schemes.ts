/** The protocols of a node: one line for each scheme that it signs with. */
import { dkls, setUpDklsPairs } from './dkls.ts';
import type { Protocols } from './protocols.ts';

export const PROTOCOLS: Protocols = {
  setUpPairs: setUpDklsPairs,
  schemes: { 'ecdsa-secp256k1': dkls },
};
