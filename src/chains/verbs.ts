/** The pure verbs of each chain family: all that a signer node needs of a chain. */
import type { ChainVerbs, Family, Network } from './adapter.ts';
import { evmVerbs } from './evm/verbs.ts';
import { solanaVerbs } from './solana/verbs.ts';

const VERBS: Readonly<Record<Family, ChainVerbs>> = { evm: evmVerbs, solana: solanaVerbs };

export const verbsOf = (network: Network): ChainVerbs => VERBS[network.family];
