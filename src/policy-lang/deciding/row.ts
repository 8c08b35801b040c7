/**
 * A rule as the index holds it. The comparisons that most rules consist of stand in columns of their
 * own, so that one short function without calls through closures decides most rules; whatever else
 * a condition says is one closure.
 */
import type { AssetId } from '#core/money.ts';
import type { CheckedRule } from '#policy-lang/checking/checked-policy.ts';
import { type Atom, type Condition, atomsOf, isAtom } from '#policy-lang/checking/condition.ts';
import { type Contribution, contributionOf, overLimit, trueMatch } from './contribution.ts';
import type { RuleMatch } from '#policy-lang/decision.ts';
import type { Exact } from '#policy-lang/values/exact.ts';
import type { Facts, Linked } from './facts.ts';
import { interned } from './interned.ts';
import { type Addresses, addressesOf } from './plan-atom.ts';
import { type Test, all, planCondition } from './plan-condition.ts';
import type { RequirementTable } from './requirement-table.ts';
import { ScaledLimit } from '#policy-lang/values/scaled-limit.ts';
import * as truths from './truth.ts';
import type { Truth } from './truth.ts';

/** Whatever is imported is read anew at each use; these are not. */
const { FALSE, TRUE } = truths;

type Bound = { readonly currency: string; readonly limit: ScaledLimit };

/** The columns; a part that has one is no longer in `rest`. */
type Columns = {
  tag?: string;
  role?: string;
  wallet?: string;
  asset?: AssetId;
  recipients?: Addresses;
  value?: Bound;
};

export type NumberedRule = { readonly number: number; readonly rule: CheckedRule };

export type RowWorld = { readonly linked: Linked; readonly requirements: RequirementTable };

const HAS_TAG = 1;
const HAS_NAME = 2;
const HAS_VALUE = 4;
const HAS_REST = 8;
/** Values above the limit are admitted, or else those below it. */
const IS_FLOOR = 16;
/** A value that is equal to the limit is admitted. */
const IS_REACHED = 32;

/** Of a limit that was not compared yet. */
const NO_SCALE = -1;

/** What every request reads comes first, so that it lies together in memory. */
export class Row {
  /** Which columns are filled, and how the limit is compared. */
  private readonly filled: number;
  private readonly currency: string | undefined;
  /** The limit at the scale of the value that it was compared with last. */
  private scale: number;
  private scaled: bigint;
  private readonly tag: string | undefined;
  readonly number: number;
  /** How a decision names the rule, and what the rule contributes, where it is true. */
  readonly match: RuleMatch;
  readonly contribution: Contribution;
  /** A block that rests on a total says so; here it depends on the request whether it does. */
  readonly mayExceedLimit: boolean;
  private readonly wallet: string | undefined;
  private readonly asset: AssetId | undefined;
  private readonly role: string | undefined;
  private readonly recipients: Addresses | undefined;
  private readonly rest: Test | undefined;
  private readonly limit: ScaledLimit | undefined;
  readonly rule: CheckedRule;
  /** The whole condition. */
  readonly test: Test;
  /** Its comparisons from left to right, for whoever asks what each of them gave. */
  private comparisons: readonly Test[] | undefined;
  /** What they give where the condition is true, if there is one way only in which it can be. */
  private readonly truthsIfTrue: readonly Truth[] | undefined;
  private readonly linked: Linked;

  /** @param filed the part that the index answers for */
  constructor(
    { number, rule }: NumberedRule,
    filed: Condition | undefined,
    { linked, requirements }: RowWorld,
  ) {
    const columns: Columns = {};
    const rest = conjuncts(rule.condition)
      .filter((part) => part !== filed && !fillColumn(columns, part, linked))
      .map((part) => planCondition(part, linked));
    const { tag, value, ...names } = columns;
    const truthsIfTrue = onlyWayToBeTrue(rule.condition);
    const own = contributionOf(rule, requirements);
    const restsOnTotal = own.reason !== undefined && [...atomsOf(rule.condition)].some(isTotal);
    const isSure = truthsIfTrue !== undefined;
    // The fields are laid out in memory in the order in which they are set.
    this.filled =
      (tag === undefined ? 0 : HAS_TAG) |
      (Object.keys(names).length === 0 ? 0 : HAS_NAME) |
      (value === undefined ? 0 : HAS_VALUE) |
      (rest.length === 0 ? 0 : HAS_REST) |
      (value?.limit.isFloor === true ? IS_FLOOR : 0) |
      (value?.limit.isReached === true ? IS_REACHED : 0);
    this.currency = value?.currency;
    this.scale = NO_SCALE;
    this.scaled = 0n;
    this.tag = tag;
    this.number = number;
    this.match = trueMatch(rule);
    this.contribution = restsOnTotal && isSure ? overLimit(own) : own;
    this.mayExceedLimit = restsOnTotal && !isSure;
    this.wallet = names.wallet;
    this.asset = names.asset;
    this.role = names.role;
    this.recipients = names.recipients;
    this.rest = rest.length === 0 ? undefined : all(rest);
    this.limit = value?.limit;
    this.rule = rule;
    this.test = planCondition(rule.condition, linked);
    this.comparisons = undefined;
    this.truthsIfTrue = truthsIfTrue;
    this.linked = linked;
  }

  /**
   * The truth of the condition where the part that the index answers for is true. Where a fact is
   * missing, the condition as a whole says what follows.
   */
  remainder(facts: Facts): Truth {
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
      const value = facts.value(this.currency as string);
      if (value === undefined) return this.test(facts);
      if (!this.admits(value)) return FALSE;
    }
    return (filled & HAS_REST) === 0 ? TRUE : (this.rest as Test)(facts);
  }

  private admits(value: Exact): boolean {
    if (value.scale !== this.scale) {
      const scaled = (this.limit as ScaledLimit).at(value.scale);
      if (scaled === undefined) return (this.limit as ScaledLimit).admits(value);
      this.scale = value.scale;
      this.scaled = scaled;
    }
    const { filled } = this;
    if ((filled & IS_FLOOR) !== 0) {
      return (filled & IS_REACHED) !== 0 ? value.scaled >= this.scaled : value.scaled > this.scaled;
    }
    return (filled & IS_REACHED) !== 0 ? value.scaled <= this.scaled : value.scaled < this.scaled;
  }

  /** The columns that compare one name: wallet, asset, role, recipient. */
  private nameTruth(facts: Facts): Truth {
    if (this.wallet !== undefined && facts.wallet !== this.wallet) {
      return facts.wallet === undefined ? this.test(facts) : FALSE;
    }
    if (this.asset !== undefined && facts.asset !== this.asset) {
      return facts.asset === undefined ? this.test(facts) : FALSE;
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

/** The parts of which all must hold. */
export function conjuncts(condition: Condition): readonly Condition[] {
  if (condition.kind === 'always') return [];
  return condition.kind === 'and' ? condition.parts.flatMap(conjuncts) : [condition];
}

/** Whether the part found its column free. */
function fillColumn(columns: Columns, part: Condition, linked: Linked): boolean {
  const fill = <K extends keyof Columns>(name: K, value: Columns[K]): boolean => {
    if (value === undefined || columns[name] !== undefined) return false;
    columns[name] = value;
    return true;
  };
  switch (part.kind) {
    case 'wallet-tagged':
      return fill('tag', part.tag);
    case 'asset-in':
      return fill('asset', only(part.assets));
    case 'recipient-in':
      return fill('recipients', addressesOf(part.set, linked));
    case 'text-in':
      return part.field.path === 'wallet' && fill('wallet', only(part.values));
    case 'has':
      return part.field.path === 'initiator.roles' && fill('role', only(part.values));
    case 'value': {
      const currency = interned(part.currency);
      return fill('value', { currency, limit: new ScaledLimit(part.order, part.limit) });
    }
    default:
      return false;
  }
}

/** The element of a set of one. */
function only<T>(set: ReadonlySet<T>): T | undefined {
  const [first] = set;
  return set.size === 1 ? first : undefined;
}
