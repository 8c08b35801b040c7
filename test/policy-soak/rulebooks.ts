/** Random rulebooks as text, so that parser, checker, formatter and evaluator are all in the loop. */
import fc from 'fast-check';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';
import { conditionFor } from './conditions.ts';
import { IMPORTS } from './world.ts';

/** What of a rule can be changed without changing the rest. */
export type RuleText = {
  readonly applies: readonly Activity[];
  /** Whether the rule says what it applies to. */
  readonly says: boolean;
  readonly when: string;
  readonly unless: string;
  readonly effect: string;
  readonly fallback: string;
  /** Whether the condition stands in a definition of its own. */
  readonly isDefined: boolean;
};

export type Rulebook = {
  readonly otherwise: 'block' | 'allow';
  readonly governs: readonly Activity[];
  readonly until: boolean;
  readonly zone: string;
  readonly rules: readonly RuleText[];
  readonly rows: readonly TableRow[];
};

export type TableRow = {
  readonly tag: string;
  readonly assets: string;
  readonly value: string;
  readonly effect: string;
};

const approval = fc
  .record({
    managers: fc.integer({ min: 0, max: 2 }),
    directors: fc.integer({ min: 0, max: 2 }),
    options: fc.constantFrom('', '', ', not by initiator', ', also by initiator'),
    expiry: fc.constantFrom('', ', expires after 1h', ', expires after 24h'),
  })
  .map(({ managers, directors, options, expiry }) => {
    const quorums = [
      // One place each is all that a group without its initiator can surely fill.
      ...(managers > 0 ? [`by ${Math.min(managers, 1)} of managers`] : []),
      ...(directors > 0 || managers === 0 ? [`by ${Math.max(1, directors - 1)} of directors`] : []),
    ];
    return `approval ${quorums.join(' and ')}${options}${expiry}`;
  });

/** Effects that only ever tighten a decision. */
export const tightening = fc.oneof(
  fc.constantFrom('block', 'block "Not like this"'),
  approval.map((text) => `require ${text}`),
);

const effect = fc.oneof(
  { arbitrary: fc.constant('allow'), weight: 3 },
  { arbitrary: tightening, weight: 3 },
  { arbitrary: approval.map((text) => `allow with ${text}`), weight: 1 },
  { arbitrary: fc.constantFrom('flag', 'flag "Look at this"'), weight: 1 },
);

const activities: fc.Arbitrary<readonly Activity[]> = fc.oneof(
  { arbitrary: fc.constant<Activity[]>(['transfer']), weight: 4 },
  { arbitrary: fc.constantFrom(...ACTIVITIES).map((one) => [one]), weight: 4 },
  { arbitrary: fc.subarray([...ACTIVITIES], { minLength: 2, maxLength: 3 }), weight: 1 },
);

/** Rules with these effects. Without `fallbacks` missing data never loosens them. */
export const ruleWith = (
  effects: fc.Arbitrary<string>,
  fallbacks: fc.Arbitrary<string>,
): fc.Arbitrary<RuleText> =>
  activities.chain((applies) =>
    fc.record({
      applies: fc.constant(applies),
      says: fc.boolean(),
      when: conditionFor(applies),
      unless: fc.option(conditionFor(applies), { nil: '', freq: 4 }),
      effect: effects,
      fallback: fallbacks,
      isDefined: fc.boolean(),
    }),
  );

export const NO_FALLBACK = fc.constant('');
export const plainRule = ruleWith(effect, NO_FALLBACK);
export const anyRule = ruleWith(effect, fc.option(effect, { nil: '', freq: 3 }));

const row: fc.Arbitrary<TableRow> = fc.record({
  tag: fc.constantFrom('"payments"', '"cold"', 'any'),
  assets: fc.constantFrom('[USDC@ethereum, EURC@ethereum]', '[ETH@ethereum]', 'any'),
  value: fc.constantFrom('any', 'up to 100 USD', 'above 100 USD', 'from 50 USD below 10,000 USD'),
  effect: fc.constantFrom('allow', 'block', 'allow with approval by 1 of managers'),
});

/** Rulebooks of these rules. */
export const rulebookOf = (rule: fc.Arbitrary<RuleText>): fc.Arbitrary<Rulebook> =>
  fc.record({
    otherwise: fc.constantFrom('block' as const, 'block' as const, 'allow' as const),
    governs: fc.constantFrom<readonly Activity[]>(ACTIVITIES, ACTIVITIES, ['transfer', 'incoming']),
    until: fc.boolean(),
    zone: fc.constantFrom('', 'Europe/Paris', 'UTC'),
    rules: fc.array(rule, { minLength: 1, maxLength: 6 }),
    rows: fc.array(row, { maxLength: 3 }),
  });

/**
 * The rules as text, in order. Their names come from their places, so that they survive a change of
 * order; those that no governed activity has are left out.
 */
export function ruleTexts({ governs, rules, rows }: Rulebook): readonly string[] {
  const texts = rules.flatMap((rule, place) => {
    const applies = rule.applies.filter((activity) => governs.includes(activity));
    return applies.length === 0 ? [] : ruleText({ ...rule, applies }, `r${place}`);
  });
  return rows.length === 0 ? texts : [...texts, tableText(rows)];
}

function ruleText(rule: RuleText, name: string): string {
  const when = rule.isDefined ? `let when-${name} = ${rule.when}\n` : '';
  return `${when}rule ${name} {
  ${rule.says ? `applies to ${rule.applies.join(', ')}` : ''}
  when ${rule.isDefined ? `when-${name}` : rule.when}
  ${rule.unless === '' ? '' : `unless ${rule.unless}`}
  then ${rule.effect}
  ${rule.fallback === '' ? '' : `if missing data then ${rule.fallback}`}
  because "x"
}`;
}

const tableText = (rows: readonly TableRow[]): string => `table matrix "Who may pay" {
  applies to transfer
  columns | wallet tagged | asset in | value | then |
${rows.map(({ tag, assets, value, effect: then }) => `  row | ${tag} | ${assets} | ${value} | ${then} |`).join('\n')}
}`;

export function headerText({ otherwise, governs, until, zone }: Rulebook): string {
  return `policy "Random" {
  version 1
  effective from 2026-07-01T00:00 UTC${until ? ' until 2027-01-01T00:00 UTC' : ''}
  owner "nobody@acme.example"
  ${zone === '' ? '' : `zone ${zone}`}
  governs ${governs.join(', ')}
  otherwise ${otherwise}
}
${IMPORTS}`;
}

export const textOf = (book: Rulebook): string => headerText(book) + ruleTexts(book).join('\n');
