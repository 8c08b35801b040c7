/** The Solana family's pure verbs as one object. Nothing here or below it loads an SDK or does I/O. */
import type { ChainVerbs } from '#chains/adapter.ts';
import { addressOf, parseAddress } from './address.ts';
import { explain, explainSetUp } from './explain.ts';
import { assemble, payloads, seal } from './seal.ts';

export const solanaVerbs: ChainVerbs = {
  nonces: 'chained',
  feesRise: false,
  readsAllowances: false,
  bytesNameNetwork: false,
  address: addressOf,
  parseAddress,
  explain,
  explainSetUp,
  payloads,
  seal,
  assemble,
};
