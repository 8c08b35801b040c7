/** A policy whose names, units and parts are checked, before it is linked with its lists. */
import type { AssetId } from '#core/money.ts';
import type { Instant } from '#core/time.ts';
import type { Condition } from './condition.ts';
import type { ApprovalRequirement, Quorum } from '#policy-lang/decision.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { AddressList } from '#policy-lang/imports/list-file.ts';
import type { Scope } from './scope.ts';
import type { Activity, AggregateFact, Quote, RequestFacts } from '#policy-lang/snapshot.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Import, Let } from '#policy-lang/syntax/syntax.ts';

export type CheckedEffect =
  | { readonly kind: 'allow' }
  | { readonly kind: 'block'; readonly message?: string }
  | { readonly kind: 'flag'; readonly message?: string }
  | { readonly kind: 'require'; readonly requirement: ApprovalRequirement }
  | { readonly kind: 'allow-with-approval'; readonly requirement: ApprovalRequirement };

export type CheckedRule = {
  readonly id: string;
  readonly span: Span;
  readonly title: string;
  /** What it applies to, among what the policy governs. */
  readonly activities: readonly Activity[];
  /** The table that it is a row of; rows count from 1. */
  readonly table?: { readonly id: string; readonly row: number };
  /** `when`, and not `unless`. */
  readonly condition: Condition;
  readonly effect: CheckedEffect;
  /** `if missing data then`. */
  readonly fallback?: CheckedEffect;
  readonly because?: string;
  readonly owner?: string;
  readonly controls: readonly string[];
};

export type CheckedHeader = {
  readonly span: Span;
  readonly title: string;
  readonly version: number;
  readonly versionSpan: Span;
  readonly effective: { readonly from: Instant; readonly until?: Instant };
  readonly effectiveSpan: Span;
  readonly owner?: string;
  /** In which calendar windows begin; UTC where the author names none. */
  readonly zone: string;
  readonly governs: readonly Activity[];
  readonly otherwise:
    | { readonly kind: 'allow' }
    | { readonly kind: 'block'; readonly message?: string };
};

export type CheckedTest = {
  readonly title: string;
  readonly span: Span;
  /** The time of its request: the policy's beginning, where it gives none. */
  readonly now: Instant;
  readonly activity: Activity;
  readonly facts: RequestFacts;
  readonly prices: ReadonlyMap<AssetId, readonly Quote[]>;
  readonly aggregates: ReadonlyMap<string, AggregateFact>;
  /** Lists and groups that stand in for the imported ones. */
  readonly lists: ReadonlyMap<string, AddressList>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly expectations: readonly CheckedExpectation[];
};

export type CheckedExpectation = { readonly span: Span } & (
  | { readonly kind: 'matched' | 'not-matched'; readonly rule: string }
  | { readonly kind: 'allow' }
  | { readonly kind: 'block' | 'flag'; readonly message?: string; readonly by?: string }
  | {
      readonly kind: 'require';
      readonly quorums: readonly Quorum[];
      readonly expiresAfterMs?: number;
      readonly by?: string;
    }
);

/** A promise about every request, to be proved. */
export type CheckedProve = {
  readonly title: string;
  readonly span: Span;
  readonly claim: CheckedClaim;
};

export type CheckedClaim =
  | {
      readonly kind: 'never';
      readonly activity: Activity;
      readonly where: Condition;
      readonly effect: 'allow' | 'block' | 'flag';
      /** `never allow without approval by ...`. */
      readonly without?: ApprovalRequirement;
    }
  | { readonly kind: 'every rule can match' }
  | {
      readonly kind: 'at least as strict';
      readonly version: number;
      /** The rules whose changes are excused. */
      readonly except: readonly string[];
    };

export type CheckedPolicy = {
  readonly scope: Scope;
  /** Absent when it is missing or broken; that is reported then. */
  readonly header?: CheckedHeader;
  readonly rules: readonly CheckedRule[];
  readonly tests: readonly CheckedTest[];
  readonly proves: readonly CheckedProve[];
  readonly lets: readonly Let[];
  /** Every file by its path, for changes that a check proposes. */
  readonly sources: ReadonlyMap<string, SourceText>;
  readonly imports: readonly Import[];
  /** Files of lists and contracts that no import reads. */
  readonly unreadFiles: readonly SourceText[];
};
