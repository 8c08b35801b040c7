/**
 * What the tests of a policy exercise: each rule matched and not, each comparison true, false and
 * deciding (masking MC/DC: in some test the rule's answer would be another one if this comparison
 * alone were), and each limit at, just below and just above it.
 */
import type { AssetId } from '#core/money.ts';
import type { CheckedRule, CheckedTest } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { type Atom, type Condition, atomsOf } from '#policy-lang/checking/condition.ts';
import { conditionText } from '#policy-lang/checking/condition-text.ts';
import type { Span } from './diagnostics.ts';
import { type Exact, compare, fiat, whole } from '#policy-lang/values/exact.ts';
import { truthOf } from '#policy-lang/explaining/explain.ts';
import { Facts } from '#policy-lang/deciding/facts.ts';
import { numberReader } from '#policy-lang/deciding/field-facts.ts';
import { planCondition } from '#policy-lang/deciding/plan-condition.ts';
import { testSubject } from './run-tests.ts';
import { totalReader } from '#policy-lang/deciding/totals.ts';
import { FALSE, TRUE, type Truth, not } from '#policy-lang/deciding/truth.ts';

export type Coverage = {
  readonly rules: readonly RuleCoverage[];
  readonly rulesMatched: number;
  /** Comparisons that were true, false, and decided both ways. */
  readonly atoms: number;
  readonly atomsDecided: number;
  readonly sides: number;
  readonly sidesTried: number;
};

export type RuleCoverage = {
  readonly id: string;
  readonly span: Span;
  /** Tests in which it matched, and in which it was asked and did not match. */
  readonly matched: number;
  readonly notMatched: number;
  readonly atoms: readonly AtomCoverage[];
  readonly boundaries: readonly Boundary[];
};

export type AtomCoverage = {
  /** In the words of the language. */
  readonly text: string;
  readonly isTrue: boolean;
  readonly isFalse: boolean;
  /** It decided while it was true, and while it was false. */
  readonly decidesTrue: boolean;
  readonly decidesFalse: boolean;
};

/** Whether a test tried the smallest step below a limit, the limit, and the smallest step above. */
export type Boundary = {
  readonly text: string;
  readonly below: boolean;
  readonly at: boolean;
  readonly above: boolean;
};

export function coverageOf(policy: CompiledPolicy): Coverage {
  const { rules: all, tests } = policy.program;
  const open = all.map((rule) => new OpenRule(rule, policy));
  for (const test of tests) observe(policy, test, open);
  const rules = open.map((rule) => rule.coverage());
  const atoms = rules.flatMap((rule) => rule.atoms);
  const sides = rules.flatMap((rule) => rule.boundaries.flatMap((b) => [b.below, b.at, b.above]));
  return {
    rules,
    rulesMatched: rules.filter(({ matched }) => matched > 0).length,
    atoms: atoms.length,
    atomsDecided: atoms.filter((atom) => atom.decidesTrue && atom.decidesFalse).length,
    sides: sides.length,
    sidesTried: sides.filter(Boolean).length,
  };
}

function observe(policy: CompiledPolicy, test: CheckedTest, rules: readonly OpenRule[]): void {
  const subject = testSubject(policy, test);
  const facts = new Facts(subject.snapshot, subject.policy.program.linked);
  for (const rule of rules) rule.observe(facts);
}

type Seen = { isTrue: boolean; isFalse: boolean; decidesTrue: boolean; decidesFalse: boolean };

class OpenRule {
  readonly #rule: CheckedRule;
  readonly #atoms: readonly Atom[];
  readonly #texts: readonly string[];
  readonly #seen: readonly Seen[];
  readonly #limits: readonly OpenLimit[];
  #matched = 0;
  #notMatched = 0;

  constructor(rule: CheckedRule, { program }: CompiledPolicy) {
    const { assets } = program.linked;
    this.#rule = rule;
    this.#atoms = [...atomsOf(rule.condition)];
    this.#texts = this.#atoms.map((atom) => conditionText(atom, assets));
    this.#seen = this.#atoms.map(() => ({
      isTrue: false,
      isFalse: false,
      decidesTrue: false,
      decidesFalse: false,
    }));
    this.#limits = this.#atoms.flatMap((atom, index) => {
      const limit = limitOf(atom);
      return limit === undefined ? [] : new OpenLimit(this.#texts[index] ?? '', limit);
    });
  }

  observe(facts: Facts): void {
    const { activities, condition } = this.#rule;
    if (!activities.includes(facts.snapshot.activity)) return;
    const truths = this.#atoms.map((atom) => truthOf(atom, facts));
    const truth = evaluate(condition, truths);
    if (truth === TRUE) this.#matched += 1;
    if (truth === FALSE) this.#notMatched += 1;
    for (const [index, own] of truths.entries()) {
      const seen = this.#seen[index] as Seen;
      const decides = truth === not(evaluate(condition, truths.with(index, not(own))));
      if (own === TRUE) {
        seen.isTrue = true;
        seen.decidesTrue ||= decides;
      } else if (own === FALSE) {
        seen.isFalse = true;
        seen.decidesFalse ||= decides;
      }
    }
    for (const limit of this.#limits) limit.observe(facts);
  }

  coverage(): RuleCoverage {
    const { id, span } = this.#rule;
    return {
      id,
      span,
      matched: this.#matched,
      notMatched: this.#notMatched,
      atoms: this.#seen.map((seen, index) => ({ text: this.#texts[index] ?? '', ...seen })),
      boundaries: this.#limits.map((limit) => limit.boundary()),
    };
  }
}

/** The condition's truth where its atoms, from left to right, have these truths. */
function evaluate(condition: Condition, truths: readonly Truth[]): Truth {
  let next = 0;
  const walk = (part: Condition): Truth => {
    switch (part.kind) {
      case 'always':
        return TRUE;
      case 'not':
        return not(walk(part.part));
      case 'and':
        return Math.min(...part.parts.map(walk)) as Truth;
      case 'or':
        return Math.max(...part.parts.map(walk)) as Truth;
      default:
        return truths[next++] ?? FALSE;
    }
  };
  return walk(condition);
}

/** A number that a rule compares, what it is for a request, and its smallest step. */
type Limit = {
  readonly read: (facts: Facts) => Exact | undefined;
  readonly limit: (facts: Facts) => Exact | undefined;
  readonly step: Exact;
};

function limitOf(atom: Atom): Limit | undefined {
  switch (atom.kind) {
    case 'value':
      return {
        read: (facts) => facts.value(atom.currency),
        limit: () => atom.limit,
        step: fiat(1n),
      };
    case 'amount':
      return {
        read: ({ units }) => (units === undefined ? undefined : whole(units)),
        limit: ({ asset }) => unitsOf(atom.limits, asset),
        step: whole(1n),
      };
    case 'total': {
      const { need } = atom;
      const where = need.where;
      const read = (facts: Facts): Exact | undefined =>
        totalReader(need, where && planCondition(where, facts.linked))(facts);
      return { read, limit: () => atom.limit, step: need.of === 'value' ? fiat(1n) : whole(1n) };
    }
    case 'number': {
      const step = { scaled: 1n, scale: atom.limit.scale };
      return { read: numberReader(atom.field), limit: () => atom.limit, step };
    }
    default:
      return undefined;
  }
}

function unitsOf(
  limits: ReadonlyMap<AssetId, bigint>,
  asset: AssetId | undefined,
): Exact | undefined {
  const units = asset && limits.get(asset);
  return units === undefined ? undefined : whole(units);
}

class OpenLimit {
  readonly #text: string;
  readonly #limit: Limit;
  #below = false;
  #at = false;
  #above = false;

  constructor(text: string, limit: Limit) {
    this.#text = text;
    this.#limit = limit;
  }

  observe(facts: Facts): void {
    const [value, limit] = [this.#limit.read(facts), this.#limit.limit(facts)];
    if (value === undefined || limit === undefined) return;
    const order = compare(value, limit);
    if (order === 0) this.#at = true;
    if (order < 0 && compare(plus(value, this.#limit.step), limit) >= 0) this.#below = true;
    if (order > 0 && compare(plus(limit, this.#limit.step), value) >= 0) this.#above = true;
  }

  boundary(): Boundary {
    return { text: this.#text, below: this.#below, at: this.#at, above: this.#above };
  }
}

function plus(value: Exact, step: Exact): Exact {
  const scale = Math.max(value.scale, step.scale);
  const scaled = (exact: Exact): bigint => exact.scaled * 10n ** BigInt(scale - exact.scale);
  return { scaled: scaled(value) + scaled(step), scale };
}
