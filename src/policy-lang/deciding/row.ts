/**
 * A rule as the index holds it. The comparisons that most rules consist of stand in columns of their
 * own, so that one short function without calls through closures decides most rules; whatever else
 * a condition says is one closure.
 */
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import {
  type Atom,
  type Condition,
  atomsOf,
  conjuncts,
  isAtom,
} from '#policy-lang/checking/condition.ts';
import { type UnitRange, columnsOf } from './columns.ts';
import { type Contribution, contributionOf, overLimit, trueMatch } from './contribution.ts';
import type { RuleMatch } from '#policy-lang/decision.ts';
import type { Facts, KnownAsset, Linked } from './facts.ts';
import type { Addresses } from './plan-atom.ts';
import { type Test, all, planCondition } from './plan-condition.ts';
import type { RequirementTable } from './requirement-table.ts';
import * as truths from './truth.ts';
import type { Truth } from './truth.ts';
import type { Worth } from './worth.ts';

/** Whatever is imported is read anew at each use; these are not. */
const { FALSE, TRUE } = truths;

export type NumberedRule = { readonly number: number; readonly rule: CheckedRule };

export type RowWorld = {
  readonly linked: Linked;
  readonly requirements: RequirementTable;
  /** Limits in its currency have a column. */
  readonly worth: Worth;
};

const HAS_TAG = 1;
const HAS_NAME = 2;
const HAS_VALUE = 4;
const HAS_REST = 8;

/** What every request reads comes first, so that it lies together in memory. */
export class Row {
  /** Which columns are filled. */
  private readonly filled: number;
  /** What a request must be worth, with both ends. */
  private readonly least: number | undefined;
  private readonly most: number | undefined;
  private readonly tag: string | undefined;
  readonly number: number;
  /** How a decision names the rule, and what the rule contributes, where it is true. */
  readonly match: RuleMatch;
  readonly contribution: Contribution;
  /** A block that rests on a total says so; here it depends on the request whether it does. */
  readonly mayExceedLimit: boolean;
  private readonly wallet: string | undefined;
  private readonly asset: KnownAsset | undefined;
  private readonly units: UnitRange | undefined;
  private readonly role: string | undefined;
  private readonly recipients: Addresses | undefined;
  private readonly rest: Test | undefined;
  readonly rule: CheckedRule;
  /** The whole condition. */
  readonly test: Test;
  /** Its comparisons from left to right, for whoever asks what each of them gave. */
  private comparisons: readonly Test[] | undefined;
  /** What they give where the condition is true, if there is one way only in which it can be. */
  private readonly truthsIfTrue: readonly Truth[] | undefined;
  private readonly linked: Linked;

  /** @param filed the parts that the index answers for */
  constructor(
    { number, rule }: NumberedRule,
    filed: ReadonlySet<Condition>,
    { linked, requirements, worth }: RowWorld,
  ) {
    const parts = conjuncts(rule.condition).filter((part) => !filed.has(part));
    const { columns, others } = columnsOf(parts, linked, worth);
    if (columns.asset !== undefined && asksFor(columns.asset, filed)) delete columns.asset;
    const rest = others.map((part) => planCondition(part, linked));
    const { tag, range, ...names } = columns;
    const truthsIfTrue = onlyWayToBeTrue(rule.condition);
    const own = contributionOf(rule, requirements);
    const restsOnTotal = own.reason !== undefined && [...atomsOf(rule.condition)].some(isTotal);
    const isSure = truthsIfTrue !== undefined;
    // The fields are laid out in memory in the order in which they are set.
    this.filled =
      (tag === undefined ? 0 : HAS_TAG) |
      (Object.keys(names).length === 0 ? 0 : HAS_NAME) |
      (range === undefined ? 0 : HAS_VALUE) |
      (rest.length === 0 ? 0 : HAS_REST);
    this.least = range?.least;
    this.most = range?.most;
    this.tag = tag;
    this.number = number;
    this.match = trueMatch(rule);
    this.contribution = restsOnTotal && isSure ? overLimit(own) : own;
    this.mayExceedLimit = restsOnTotal && !isSure;
    this.wallet = names.wallet;
    this.asset = names.asset;
    this.units = names.units;
    this.role = names.role;
    this.recipients = names.recipients;
    this.rest = rest.length === 0 ? undefined : all(rest);
    this.rule = rule;
    this.test = planCondition(rule.condition, linked);
    this.comparisons = undefined;
    this.truthsIfTrue = truthsIfTrue;
    this.linked = linked;
  }

  /** Nothing is left to ask where what the index answers for is true. */
  get isPlain(): boolean {
    return this.filled === 0 && !this.mayExceedLimit;
  }

  /**
   * The truth of the condition where what the index answers for is true. Where a fact is missing, the condition as a whole says what follows.
   * @param steps what the request is worth; NaN where that is not known
   */
  remainder(facts: Facts, steps: number): Truth {
    const { filled } = this;
    if ((filled & HAS_TAG) !== 0) {
      const { tags } = facts;
      if (tags === undefined) return this.test(facts);
      if (!isAmong(tags, this.tag as string)) return FALSE;
    }
    if ((filled & HAS_NAME) !== 0) {
      const truth = this.nameTruth(facts);
      if (truth !== TRUE) return truth;
    }
    if ((filled & HAS_VALUE) !== 0) {
      if (Number.isNaN(steps)) return this.test(facts);
      const { least, most } = this;
      if ((least !== undefined && steps < least) || (most !== undefined && steps > most)) {
        return FALSE;
      }
    }
    return (filled & HAS_REST) === 0 ? TRUE : (this.rest as Test)(facts);
  }

  /** The columns that compare one name: wallet, asset, role, recipient. */
  private nameTruth(facts: Facts): Truth {
    if (this.wallet !== undefined && facts.wallet !== this.wallet) {
      return facts.wallet === undefined ? this.test(facts) : FALSE;
    }
    if (this.asset !== undefined && facts.assetFact !== this.asset) {
      return facts.asset === undefined ? this.test(facts) : FALSE;
    }
    if (this.units !== undefined) {
      const { units } = facts;
      if (units === undefined) return this.test(facts);
      if (units < this.units.least || (this.units.most !== undefined && units > this.units.most))
        return FALSE;
    }
    if (this.role !== undefined) {
      const { roles } = facts;
      if (roles === undefined) return this.test(facts);
      if (!isAmong(roles, this.role)) return FALSE;
    }
    if (this.recipients !== undefined) {
      const { recipient } = facts;
      if (recipient === undefined) return this.test(facts);
      if (!this.recipients.has(recipient)) return FALSE;
    }
    return TRUE;
  }

  /** What each comparison of the condition gives, from left to right; `isTrue` if it is known to be. */
  truths(facts: Facts, isTrue: boolean): readonly Truth[] {
    if (isTrue && this.truthsIfTrue !== undefined) return this.truthsIfTrue;
    this.comparisons ??= [...atomsOf(this.rule.condition)].map((atom) =>
      planCondition(atom, this.linked),
    );
    const truths: Truth[] = [];
    for (const test of this.comparisons) truths.push(test(facts));
    return truths;
  }
}

/** Whether one of the parts is true for this asset only. */
const asksFor = ({ id }: KnownAsset, parts: ReadonlySet<Condition>): boolean =>
  [...parts].some(
    (part) => part.kind === 'asset-in' && part.assets.size === 1 && part.assets.has(id),
  );

/** The comparisons of an `and` are all true where it is, and those behind a `not` are false. */
function onlyWayToBeTrue(condition: Condition): readonly Truth[] | undefined {
  const truths: Truth[] = [];
  for (const part of conjuncts(condition)) {
    const truth = part.kind === 'not' ? FALSE : TRUE;
    const comparison = part.kind === 'not' ? part.part : part;
    if (!isAtom(comparison)) return undefined;
    truths.push(truth);
  }
  return Object.freeze(truths);
}

/** These lists are short, and such a loop is faster with them than `includes`. */
function isAmong(texts: readonly string[], text: string): boolean {
  for (let at = 0; at < texts.length; at++) if (texts[at] === text) return true;
  return false;
}

const isTotal = ({ kind }: Atom): boolean => kind === 'total';
