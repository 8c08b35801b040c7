/** The EVM family's pure verbs as one object. Nothing here or below it loads an SDK or does I/O. */
import type { ChainVerbs } from '#chains/adapter.ts';
import { addressOf, parseAddress } from './address.ts';
import { explain } from './explain.ts';
import { refuse } from './refusal.ts';
import { assemble, payloads, seal } from './seal.ts';

export const evmVerbs: ChainVerbs = {
  nonces: 'counted',
  feesRise: true,
  readsAllowances: true,
  bytesNameNetwork: true,
  address: addressOf,
  parseAddress,
  explain,
  explainSetUp: () => refuse('accounts of this family need no set-up'),
  payloads,
  seal,
  assemble,
};
