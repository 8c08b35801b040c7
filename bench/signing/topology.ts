/** The committees that are measured, and what one of them is measured by. */
import { randomBytes } from 'node:crypto';
import type { PartyId, Random } from '#signing/kernel.ts';

/** Of `count` parties any `threshold` sign; the measured signers are the first ones. */
export type Topology = {
  readonly name: '2of3' | '3of5';
  readonly threshold: number;
  readonly count: number;
};

export const TOPOLOGIES: readonly Topology[] = [
  { name: '2of3', threshold: 2, count: 3 },
  { name: '3of5', threshold: 3, count: 5 },
];

export const partiesOf = ({ count }: Topology): readonly PartyId[] =>
  Array.from({ length: count }, (_, at) => at + 1);

export const signersOf = (topology: Topology): readonly PartyId[] =>
  partiesOf(topology).slice(0, topology.threshold);

export const random: Random = (size) => new Uint8Array(randomBytes(size));
