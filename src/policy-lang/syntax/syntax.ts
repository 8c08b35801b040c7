/**
 * The tree of a policy as it is written: every part with its place in the file, texts and numbers
 * not yet interpreted. Parts that a syntax error broke are not in it.
 */
import type { Span } from '#policy-lang/diagnostics.ts';

/** A word, a number or a text (without its quotes), and where it stands. */
export type Written = { readonly text: string; readonly span: Span };

export type Item = Header | Import | Let | Rule | Table | Test | Prove;

export type LocalTime = { readonly time: Written; readonly zone: Written };

export type Header = {
  readonly kind: 'header';
  readonly span: Span;
  readonly title: Written;
  readonly parts: readonly HeaderPart[];
};

export type HeaderPart = { readonly span: Span } & (
  | { readonly kind: 'version'; readonly number: Written }
  | { readonly kind: 'effective'; readonly from: LocalTime; readonly until?: LocalTime }
  | { readonly kind: 'owner'; readonly owner: Written }
  | { readonly kind: 'zone'; readonly zone: Written }
  | { readonly kind: 'governs'; readonly activities: readonly Written[] }
  | { readonly kind: 'otherwise'; readonly effect: Effect }
);

export type Import = {
  readonly kind: 'import';
  readonly span: Span;
  readonly of: 'list' | 'group' | 'contracts';
  readonly name: Written;
  readonly from: Written;
  readonly hash?: Written;
};

export type Let = {
  readonly kind: 'let';
  readonly span: Span;
  readonly name: Written;
  readonly condition: Expression;
};

export type Table = {
  readonly kind: 'table';
  readonly span: Span;
  readonly name: Written;
  readonly title?: Written;
  /** What every row shares. */
  readonly clauses: readonly Clause[];
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
};

/** The beginning of a comparison, which each cell of the column completes, or `then`. */
export type Column = { readonly span: Span } & (
  | { readonly kind: 'then' | 'because' }
  | {
      readonly kind: 'field';
      readonly left: Path | Aggregate;
      /** Absent: a cell is a bound, a list, a value that the field is to have, or a `let`. */
      readonly relation?: Relation;
    }
);

export type Relation = { readonly span: Span } & (
  | { readonly kind: 'sign'; readonly sign: ComparisonSign }
  | { readonly kind: 'is' | 'in'; readonly negated: boolean }
  | { readonly kind: 'tagged' | 'within' | 'has role' | 'has any of' | 'has all of' }
);

export type Row = { readonly span: Span; readonly cells: readonly Cell[] };

export type Cell = { readonly span: Span } & (
  | { readonly kind: 'any' }
  | { readonly kind: 'bounds'; readonly bounds: readonly Bound[] }
  | { readonly kind: 'effect'; readonly effect: Effect }
  | { readonly kind: 'hours'; readonly hours: Hours }
  | { readonly kind: 'list'; readonly set: SetPart & { readonly kind: 'listed' } }
  | { readonly kind: 'operand'; readonly operand: Operand }
);

export type Bound = { readonly sign: ComparisonSign; readonly limit: Operand };

export type Rule = {
  readonly kind: 'rule';
  readonly span: Span;
  readonly name: Written;
  readonly title?: Written;
  readonly clauses: readonly Clause[];
};

export type Clause = { readonly span: Span } & (
  | { readonly kind: 'applies to'; readonly activities: readonly Written[] }
  | { readonly kind: 'when'; readonly condition: Expression }
  | { readonly kind: 'unless'; readonly condition: Expression }
  | { readonly kind: 'then'; readonly effect: Effect }
  | { readonly kind: 'if missing data then'; readonly effect: Effect }
  | { readonly kind: 'because'; readonly text: Written }
  | { readonly kind: 'control'; readonly ids: readonly Written[] }
  | { readonly kind: 'owner'; readonly owner: Written }
);

export type Effect = { readonly span: Span } & (
  | { readonly kind: 'allow'; readonly approval?: Approval }
  | { readonly kind: 'block'; readonly message?: Written }
  | { readonly kind: 'require'; readonly approval: Approval }
  | { readonly kind: 'flag'; readonly message?: Written }
);

export type Approval = {
  readonly span: Span;
  readonly quorums: readonly QuorumPart[];
  readonly options: readonly ApprovalOption[];
};
export type QuorumPart = {
  readonly span: Span;
  readonly count: Written;
  readonly group: Written;
};
export type ApprovalOption = { readonly span: Span } & (
  | { readonly kind: 'not by' | 'also by'; readonly who: Written }
  | { readonly kind: 'expires after'; readonly duration: Written }
);

export type Expression = { readonly span: Span } & (
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  /** `and` and `or` in one line, which has no meaning; `operator` is the first that differs. */
  | { readonly kind: 'mixed'; readonly operator: Span; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | { readonly kind: 'always' }
  | { readonly kind: 'predicate'; readonly left: Operand; readonly comparison?: Comparison }
);

export type ComparisonSign = '>' | '>=' | '<' | '<=' | '=';

export type Comparison = { readonly span: Span } & (
  | { readonly kind: 'sign'; readonly sign: ComparisonSign; readonly right: Operand }
  | { readonly kind: 'is'; readonly negated: boolean; readonly right: Operand }
  | { readonly kind: 'in'; readonly negated: boolean; readonly set: SetPart }
  | { readonly kind: 'tagged'; readonly tag: Written }
  | { readonly kind: 'has role'; readonly role: Written }
  | { readonly kind: 'has any of' | 'has all of'; readonly set: SetPart }
  | { readonly kind: 'within'; readonly hours: Hours }
);

/** Days of the week and two times of day in a zone: `Mon..Fri, Sun 08:00..18:00 Europe/Paris`. */
export type Hours = {
  readonly span: Span;
  readonly days: readonly { readonly first: Written; readonly last?: Written }[];
  readonly from: Written;
  readonly until: Written;
  readonly zone: Written;
};

export type SetPart = { readonly span: Span } & (
  | { readonly kind: 'named'; readonly name: Written }
  | { readonly kind: 'listed'; readonly elements: readonly Operand[] }
);

export type Operand = { readonly span: Span } & (
  | Amount
  | Path
  | Aggregate
  | { readonly kind: 'duration' | 'address' | 'asset' | 'text' | 'symbol'; readonly value: Written }
  | Moment
);

/** `now`, `now + 1h`. */
export type Moment = {
  readonly kind: 'now';
  readonly span: Span;
  readonly offset?: Written;
};

export type Amount = {
  readonly kind: 'amount';
  readonly span: Span;
  /** `+` or `-` before the number: read only to be refused. */
  readonly sign?: Written;
  readonly number: Written;
  readonly unit?: Written;
};

export type Path = {
  readonly kind: 'path';
  readonly span: Span;
  /**
   * The names between the dots; `wallet tags` is written without one and reads as `wallet.tags`.
   */
  readonly text: string;
  /** `"amount"` of `call.arg "amount"`. */
  readonly argument?: Written;
};

export type Aggregate = {
  readonly kind: 'aggregate';
  readonly span: Span;
  readonly function: 'sum' | 'count' | 'max';
  readonly distinct: boolean;
  readonly of: Path;
  readonly window: Window;
  readonly by: readonly Path[];
  readonly where?: Expression;
  readonly excludingThis: boolean;
};

export type Window =
  | { readonly kind: 'last'; readonly duration: Written }
  | { readonly kind: 'calendar'; readonly unit: 'day' | 'week' | 'month' };

export type Test = {
  readonly kind: 'test';
  readonly span: Span;
  readonly title: Written;
  readonly givens: readonly Given[];
  readonly expectations: readonly Expectation[];
};

export type Given = { readonly span: Span } & (
  | { readonly kind: 'facts'; readonly activity: Written; readonly facts: readonly Fact[] }
  | { readonly kind: 'price'; readonly asset: Written; readonly price: Amount }
  | { readonly kind: 'list'; readonly name: Written; readonly set: SetPart }
  | { readonly kind: 'group'; readonly name: Written; readonly set: SetPart }
  | {
      readonly kind: 'history';
      readonly aggregate: Aggregate;
      readonly amount: Amount;
      /** `with this one seen`: what the request has is among those that are counted. */
      readonly seen: boolean;
    }
  | { readonly kind: 'now'; readonly time: LocalTime }
);

export type Fact = { readonly span: Span; readonly field: Path; readonly value: FactValue };

export type FactValue = { readonly span: Span } & (
  | { readonly kind: 'user'; readonly name: Written; readonly roles: readonly Written[] }
  | { readonly kind: 'text'; readonly text: Written; readonly tags?: SetPart }
  | Amount
  | Moment
  | { readonly kind: 'list'; readonly set: SetPart & { readonly kind: 'listed' } }
  | { readonly kind: 'address'; readonly value: Written }
  | { readonly kind: 'asset'; readonly value: Written }
  | { readonly kind: 'symbol'; readonly value: Written }
  | { readonly kind: 'word'; readonly value: Written }
);

export type Expectation = { readonly span: Span } & (
  | { readonly kind: 'matched'; readonly negated: boolean; readonly rules: readonly Written[] }
  | { readonly kind: 'effect'; readonly effect: Effect; readonly by?: Written }
);

export type Prove = {
  readonly kind: 'prove';
  readonly span: Span;
  readonly title: Written;
  readonly claim: Claim;
};

/** What a `prove` block says that holds for every request. */
export type Claim = { readonly span: Span } & (
  | {
      readonly kind: 'never';
      readonly activity: Written;
      readonly where?: Expression;
      readonly effect: Effect;
      readonly without?: Approval;
    }
  | { readonly kind: 'every rule can match' }
  | {
      readonly kind: 'at least as strict';
      readonly version: Written;
      readonly except: readonly Written[];
    }
);
