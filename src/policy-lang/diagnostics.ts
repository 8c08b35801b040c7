/**
 * What the compiler tells the author of a policy: a stable code, a place in a file, a sentence that
 * says what is wrong, and, where it is known, a sentence that says what to write instead.
 */
import { optional } from './optional.ts';

/** One place: `offset` counts UTF-16 units from 0; `line` and `column` count from 1. */
export type Position = { readonly offset: number; readonly line: number; readonly column: number };

/** A stretch of one file of the bundle, from `start` up to and without `end`. */
export type Span = { readonly path: string; readonly start: Position; readonly end: Position };

/** A policy with an `error` does not compile; a `warning` is advice. */
export type Severity = 'error' | 'warning';

/** Every code with its severity and the kind of mistake that it stands for. */
export const DIAGNOSTIC_CODES = {
  POLICY_TOO_LARGE: ['error', 'A file, the bundle or a part of it is larger than the limit.'],
  POLICY_TOO_DEEP: ['error', 'The policy is nested deeper than the limit.'],
  POLICY_OVERFLOW: ['error', 'A number is larger than the limit.'],
  BAD_CHARACTER: ['error', 'A character that the language does not use.'],
  BIDI_CONTROL: ['error', 'An invisible character that changes the order of the text.'],
  CONFUSABLE: ['error', 'A letter that looks like another one.'],
  BAD_NUMBER: ['error', 'A number that is not written as the language writes numbers.'],
  BAD_DURATION: ['error', 'A duration that is not written as the language writes durations.'],
  BAD_TIME: ['error', 'A time or a time zone that does not exist, or exists twice.'],
  SYNTAX: ['error', 'The text does not follow the grammar.'],
  MIXED_LOGIC: ['error', '"and" and "or" stand together without parentheses.'],
  MISSING_PART: ['error', 'A part that must be there is not.'],
  DUPLICATE: ['error', 'Something is said twice.'],
  UNKNOWN_NAME: ['error', 'A name that nothing defines.'],
  TYPE_MISMATCH: ['error', 'Two things that cannot be compared.'],
  CYCLE: ['error', 'A definition that uses itself.'],
  NOT_AVAILABLE: ['error', 'A field that the activity of the rule does not have.'],
  NOT_GOVERNED: ['error', 'An activity that the policy does not govern.'],
  TOO_MANY_DECIMALS: ['error', 'More digits after the point than the asset or the currency has.'],
  BAD_ADDRESS: ['error', 'An address that is not valid.'],
  BAD_IMPORT: ['error', 'An imported file is absent, empty, changed, or not readable.'],
  NO_REGISTRY: ['error', 'A list or group of the registry, where the registry is not known.'],
  BAD_ABI: ['error', 'A function, argument or type that the imported contracts do not have.'],
  BAD_FILE: ['error', 'A file that does not belong into a bundle, or has an unsafe path.'],
  UNSATISFIABLE_QUORUM: ['error', 'More approvals than there are people to give them.'],
  NO_HISTORY: ['error', 'A window that is longer than the history that is kept.'],
  BAD_VERSION: ['error', 'The version does not follow the one before.'],
  NEVER_MATCHES: ['warning', 'A rule that no request can match.'],
  ALWAYS_MATCHES: ['warning', 'A rule that every request matches, and does not say "always".'],
  SHADOWED: ['warning', 'A rule that changes nothing, because another is as strict.'],
  REDUNDANT: ['warning', 'A part of a condition that changes nothing.'],
  GAP: ['warning', 'Rules or rows beside each other that leave something out.'],
  OVERLAP: ['warning', 'Rules or rows beside each other that both match.'],
  DEAD_LIMIT: ['warning', 'A limit that another one keeps from ever being reached.'],
  SHARED_ADDRESS: ['warning', 'An address on a list that allows and on one that blocks.'],
  NOT_PROVED: ['warning', 'A "prove" block that does not hold, or is not decided.'],
  UNUSED: ['warning', 'Something that no rule uses.'],
  BROAD_ALLOW: ['warning', 'An "allow" without a bound on recipient, asset or amount.'],
  NO_FALLBACK: [
    'warning',
    'A rule that rests on outside data, and does not say what holds without it.',
  ],
  SELF_APPROVAL: ['warning', 'An approval that the initiator can give.'],
  NARROW_QUORUM: ['warning', 'An approval that nobody can give when a member asks.'],
  NOT_PINNED: ['warning', 'An import without the hash that other imports have.'],
  LOOK_ALIKE: ['warning', 'A name that looks like another one.'],
  NOT_TESTED: ['warning', 'A rule or a limit that no test tries.'],
  NO_REASON: ['warning', 'A rule without a reason, an owner or a control.'],
  UNEXPLAINED: ['warning', 'A change that lets more through, without a new reason.'],
  LOOSE_FALLBACK: ['warning', 'Missing data loosens the rule, and nothing says why.'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;

export type Diagnostic = {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** A sentence that says what is wrong here. */
  readonly message: string;
  /** A sentence that says what to write instead. */
  readonly hint?: string;
  readonly span: Span;
  /** A change of the file after which this diagnostic is gone, where there is only one. */
  readonly fix?: Fix;
};

/** Puts `text` in the place of `before`, which must be what stands there. */
export type Fix = {
  readonly span: Span;
  readonly before: string;
  readonly text: string;
  /** Something else may be meant: offered to a person, never made by itself. */
  readonly isGuess?: true;
};

export function diagnostic(
  code: DiagnosticCode,
  span: Span,
  message: string,
  hint?: string,
  fix?: Fix,
): Diagnostic {
  const severity = DIAGNOSTIC_CODES[code][0];
  return {
    code,
    severity,
    message,
    ...optional('hint', hint),
    span: plainSpan(span),
    ...optional('fix', fix && { ...fix, span: plainSpan(fix.span) }),
  };
}

/** A span as nothing but its fields, as diagnostics are compared, written and sent. */
export const plainSpan = ({ path, start, end }: Span): Span => ({ path, start, end });

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((found) => found.severity === 'error');

/** `lists/vendors.csv:3:7`, as editors and terminals link it. */
export const placeOf = (span: Span): string =>
  `${span.path}:${span.start.line}:${span.start.column}`;
