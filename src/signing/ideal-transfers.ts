/**
 * The outcome of base oblivious transfers without their protocol: for tests of what is built on them.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { bitAt } from './dkls/base-ot.ts';
import type { Random } from './kernel.ts';
import { BASE_TRANSFERS, DELTA_BYTES, SEED_BYTES } from './pair-secrets.ts';

export type IdealTransfers = {
  /** What Alice has: her choice bits and the seeds that they chose. */
  readonly alice: { readonly delta: Bytes; readonly seeds: Bytes };
  /** What Bob has: all seeds for bit 0, then all for bit 1. */
  readonly bob: Bytes;
};

export function idealTransfers(random: Random): IdealTransfers {
  const delta = random(DELTA_BYTES);
  const bob = random(2 * BASE_TRANSFERS * SEED_BYTES);
  const chosen = Array.from({ length: BASE_TRANSFERS }, (_, i) => {
    const at = (bitAt(delta, i) * BASE_TRANSFERS + i) * SEED_BYTES;
    return bob.subarray(at, at + SEED_BYTES);
  });
  return { alice: { delta, seeds: concat(...chosen) }, bob };
}
