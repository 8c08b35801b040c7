/** Which scheme signs the transactions of a network. */
import type { Scheme } from '#core/scheme.ts';
import type { Curve, Network } from './adapter.ts';

const SCHEMES: Readonly<Record<Curve, Scheme>> = {
  secp256k1: 'ecdsa-secp256k1',
  ed25519: 'frost-ed25519',
};

/** A key of another scheme signs nothing that the network takes. */
export const schemeOf = ({ curve }: Pick<Network, 'curve'>): Scheme => SCHEMES[curve];
