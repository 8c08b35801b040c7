/**
 * When a spend that some nodes have in writing is provably dead: enough nodes have given their word that it
 * will never come so far as to be signed (docs/adr/0017).
 */
import { type Shape, needsConfirmation, quorumOf } from './quorum.ts';

/**
 * How far a node had gone with a spend when it withdrew. In no case had a share of it left this node, and none
 * ever will: nor a receipt, nor a confirmation.
 */
export const STAGES = ['none', 'recorded', 'confirmed'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * How many nodes it takes to keep a quorum from coming together, when t-1 of them lie: n-q+t. It is never more
 * than q.
 */
export const blockersOf = (shape: Shape): number =>
  shape.members - quorumOf(shape) + shape.threshold;

/**
 * Whether nobody can sign the spend any more, after these nodes, by party, have withdrawn from it.
 *
 * A share leaves an honest node only with a quorum's confirmations, or where a quorum is everybody with its
 * receipts. If n-q+t nodes say that they have given none and will give none, at least n-q+1 of them are honest,
 * and fewer than q are left. If all n nodes say that no share of theirs has left, the honest ones have
 * given none, and t-1 shares are not enough.
 */
export function isBlocked(shape: Shape, withdrawn: ReadonlyMap<number, Stage>): boolean {
  if (withdrawn.size >= shape.members) return true;
  const stages = [...withdrawn.values()];
  const isBefore = (stage: Stage): boolean =>
    needsConfirmation(shape) ? stage !== 'confirmed' : stage === 'none';
  return stages.filter(isBefore).length >= blockersOf(shape);
}
