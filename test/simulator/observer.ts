/**
 * What nobody inside the platform knows: every share that left an honest node, and so every signature
 * that somebody could put together. The invariants of the fault plan are sentences about it.
 */
import type { Shape } from '#mandate/quorum.ts';
import { quorumState } from '#policy-lang/approval-quorum.ts';
import { GROUPS, type Intent, LIMIT, type Mandate, requirementOf } from './shapes.ts';

export type Observer = {
  readonly breaks: readonly string[];
  /** A share of an honest node has left. */
  shareLeft(party: number, mandate: Mandate, presignature: string): void;
  /** How many signatures could exist. */
  signatures(): number;
  report(broken: string): void;
};

/** The corrupted nodes give their shares for anything. */
export function observe({ threshold }: Shape, corrupted: number): Observer {
  const breaks: string[] = [];
  const shares = new Map<string, Set<number>>();
  const possible = new Map<string, Mandate>();
  const usedFor = new Map<string, string>();
  const report = (broken: string): void => void breaks.push(broken);

  const becomesPossible = (mandate: Mandate): void => {
    const { intent, digest, votes } = mandate;
    const others = [...possible.values()];
    possible.set(digest, mandate);
    if (others.some((other) => other.intent.id === intent.id)) {
      report(`I2: ${intent.id} can be paid twice: ${digest} is its second transaction`);
    }
    const requirement = requirementOf(intent);
    const { wallet, initiator } = intent;
    if (requirement !== undefined) {
      const { state } = quorumState({ requirement, groups: GROUPS, votes, initiator });
      if (state !== 'SATISFIED') report(`I4: ${intent.id} is signed, and nobody has approved it`);
    }
    const spent = new Map<string, Intent>(
      [...others, mandate]
        .filter((each) => each.intent.wallet === wallet)
        .map((each) => [each.intent.id, each.intent]),
    );
    const units = [...spent.values()].reduce((sum, each) => sum + each.units, 0);
    if (units > LIMIT) report(`I1: ${units} can leave ${wallet}, and its limit is ${LIMIT}`);
  };

  return {
    breaks,
    shareLeft(party, mandate, presignature) {
      const { digest } = mandate;
      const own = `${party}/${presignature}`;
      const before = usedFor.get(own);
      if (before !== undefined && before !== digest) {
        report(`I5: node ${party} used ${presignature} for ${before} and for ${digest}`);
      }
      usedFor.set(own, digest);
      const of = shares.get(digest) ?? new Set<number>();
      shares.set(digest, of.add(party));
      if (!possible.has(digest) && of.size + corrupted >= threshold) becomesPossible(mandate);
    },
    signatures: () => possible.size,
    report,
  };
}
