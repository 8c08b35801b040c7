/**
 * How many nodes must have written a spend, or a change of authority, down before it counts
 * (docs/adr/0017). Up to t-1 of n nodes may be corrupted.
 */
import { PlatformError } from '#core/errors.ts';

/** What a committee's operators have chosen, for all of its nodes alike (docs/adr/0017). */
export const MODES = ['safety', 'availability'] as const;
export type Mode = (typeof MODES)[number];

/** `threshold` nodes sign; 2 <= threshold <= members. Without a mode it is `safety`. */
export type Shape = {
  readonly threshold: number;
  readonly members: number;
  readonly mode?: Mode;
};

/**
 * floor((n+t-1)/2)+1: any two sets of this size share at least t nodes, so that one of them is honest. For
 * availability those who sign are enough.
 */
export const quorumOf = ({ threshold, members, mode }: Shape): number =>
  mode === 'availability' ? threshold : Math.floor((members + threshold - 1) / 2) + 1;

/**
 * Where a quorum is everybody, each honest node has seen every spend before it agrees to the next one.
 * Where it is not, each knows some of them only, and they must be put together before a share leaves.
 */
export const needsConfirmation = (shape: Shape): boolean =>
  shape.mode !== 'availability' && quorumOf(shape) < shape.members;

/** How often a limit can be spent, or an intent signed, where any t nodes are enough: n-t+1 times. */
export const priceOfAvailability = ({ threshold, members }: Shape): number =>
  members - threshold + 1;

/** What whoever runs such nodes must be told. */
export const priceText = (shape: Shape): string =>
  `any ${shape.threshold} nodes sign: a limit can be spent, and an intent signed, up to ` +
  `${priceOfAvailability(shape)} times`;

/** How many different nodes it takes to be sure that one of them is honest. */
export const witnessesOf = ({ threshold }: Shape): number => threshold;

/**
 * How many other honest nodes have whatever a quorum has that this node was one of: q-1 others are in it, t-1 of
 * whom may be corrupted. None where n = t. For availability nobody else needs to have it.
 */
export const honestBeside = (shape: Shape): number =>
  Math.max(0, quorumOf(shape) - shape.threshold);

/** Said where every node signs: of n-1 others all may be corrupted. */
export const UNWITNESSED =
  'all nodes of this committee must sign: nobody honest may be left to tell one whose disk is put back to an older ' +
  'one what it has forgotten, and a limit can be spent twice then; choose a threshold below the number of nodes';

/** Others may come yet. @throws SIGNERS_UNAVAILABLE when there are fewer than a quorum of different nodes */
export function requireQuorum(shape: Shape, parties: Iterable<number>, what: string): void {
  const count = new Set(parties).size;
  const quorum = quorumOf(shape);
  if (count >= quorum) return;
  const reason = `${count} ${what}, and ${quorum} of ${shape.members} nodes must have given one`;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
}
