/**
 * Approval requirements and what several of them come to. Rules repeat a few requirements many
 * times, so each is kept once and each pair is merged once.
 */
import type { ApprovalRequirement } from '#policy-lang/decision.ts';
import { mergeRequirements } from './requirements.ts';

/** Equal requirements are the same object, unless one of them was forgotten. */
export type KnownRequirement = {
  readonly number: number;
  readonly requirement: ApprovalRequirement;
  /** As a decision lists it. */
  readonly alone: readonly ApprovalRequirement[];
};

/** What is remembered; then all is forgotten, which costs time only. */
const REMEMBERED_MAX = 4_096;

export class RequirementTable {
  private readonly known = new Map<string, KnownRequirement>();
  private readonly merged = new Map<number, KnownRequirement>();
  private count = 0;

  /** The requirement in its normal form. */
  know(written: ApprovalRequirement): KnownRequirement {
    const requirement = mergeRequirements([written]);
    const text = JSON.stringify(requirement);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    if (this.known.size >= REMEMBERED_MAX) this.known.clear();
    const added = { number: this.count++, requirement, alone: [requirement] };
    this.known.set(text, added);
    return added;
  }

  merge(left: KnownRequirement, right: KnownRequirement): KnownRequirement {
    if (left === right) return left;
    const key = left.number * 2 ** 26 + right.number;
    const before = this.merged.get(key);
    if (before !== undefined) return before;
    const merged = this.know(mergeRequirements([left.requirement, right.requirement]));
    if (this.merged.size >= REMEMBERED_MAX) this.merged.clear();
    this.merged.set(key, merged);
    return merged;
  }
}
