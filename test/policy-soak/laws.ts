/** Laws of every rulebook: what a change of it, of its spelling or of the data may not do. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { parse } from '#policy-lang/syntax/parse.ts';
import type { Verdict } from '#policy-lang/reference/decide-by-the-book.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { REMOVABLE, without } from './removal.ts';
import { type Given, given, snapshotFor } from './requests.ts';
import {
  NO_FALLBACK,
  type Rulebook,
  anyRule,
  headerText,
  plainRule,
  ruleTexts,
  ruleWith,
  rulebookOf,
  textOf,
  tightening,
} from './rulebooks.ts';
import { propertySoak } from './soak.ts';
import { isAtLeastAsStrict } from './strictness.ts';
import { compiled, verdictOf, withText } from './verdicts.ts';

/** Requests for each rulebook. */
const REQUESTS = 5;
const RUNS = { short: 40, full: 100_000 / REQUESTS };
const requests = fc.array(given, { minLength: REQUESTS, maxLength: REQUESTS });

/** Requires a relation between the verdicts of two texts about each request. */
function requireBetween(
  before: string,
  after: string,
  asked: readonly Given[],
  relation: (before: Verdict, after: Verdict) => void,
): void {
  const [first, second] = [compiled(before), compiled(after)];
  for (const request of asked) {
    const [one, other] = [first, second].map((policy) =>
      verdictOf(policy, snapshotFor(second.aggregates, request)),
    ) as [Verdict, Verdict];
    withText(`${before}\nand\n${after}`, () => relation(one, other));
  }
}

const bySpelling = (left: unknown, right: unknown): number =>
  JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
const unordered = (verdict: Verdict) => ({
  ...verdict,
  reasons: verdict.reasons.toSorted(bySpelling),
  flags: verdict.flags.toSorted(bySpelling),
  matched: verdict.matched.toSorted(bySpelling),
});

export const orderSoak = propertySoak(
  { id: 'order', claim: 'the order of rules changes nothing', runs: RUNS },
  fc.tuple(rulebookOf(anyRule), requests, fc.array(fc.nat(99), { minLength: 8, maxLength: 8 })),
  ([book, asked, keys]) => {
    const inOrder = ruleTexts(book);
    const shuffled = inOrder
      .map((text, place) => ({ text, key: keys[place] ?? 0 }))
      .toSorted((left, right) => right.key - left.key)
      .map(({ text }) => text);
    const [before, after] = [inOrder, shuffled].map((texts) => headerText(book) + texts.join('\n'));
    requireBetween(before as string, after as string, asked, (one, other) =>
      assert.deepEqual(unordered(other), unordered(one)),
    );
  },
);

export const tighteningSoak = propertySoak(
  {
    id: 'tightening',
    claim: 'adding a rule that blocks or requires approval never loosens',
    runs: RUNS,
  },
  fc.tuple(rulebookOf(anyRule), ruleWith(tightening, NO_FALLBACK), requests),
  ([book, extra, asked]) => {
    // The new rule comes last, so that the others keep their names.
    const more: Rulebook = { ...book, rules: [...book.rules, extra] };
    requireBetween(textOf(book), textOf(more), asked, (before, after) =>
      assert.ok(isAtLeastAsStrict(after, before), JSON.stringify({ before, after })),
    );
  },
);

export const lessDataSoak = propertySoak(
  {
    id: 'less-data',
    claim: 'removing data never loosens, unless a rule says what missing data does',
    runs: RUNS,
  },
  fc.tuple(rulebookOf(plainRule), requests, fc.subarray([...REMOVABLE])),
  ([book, asked, paths]) => {
    const text = textOf(book);
    const policy = compiled(text);
    for (const request of asked) {
      const all: Snapshot = snapshotFor(policy.aggregates, request);
      const [before, after] = [all, without(all, paths)].map((snapshot) =>
        verdictOf(policy, snapshot),
      ) as [Verdict, Verdict];
      withText(text, () =>
        assert.ok(isAtLeastAsStrict(after, before), JSON.stringify({ before, after })),
      );
    }
  },
);

/** The tree without its places. */
const treeOf = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(parse(new SourceText('a.policy', text)).items, (key, value: unknown) =>
      key === 'span' || key === 'operator' ? undefined : value,
    ),
  );

export const formatSoak = propertySoak(
  {
    id: 'format',
    claim: 'formatting keeps the tree and the decisions, and a second time changes nothing',
    runs: RUNS,
  },
  fc.tuple(rulebookOf(anyRule), requests),
  ([book, asked]) => {
    const text = textOf(book);
    const formatted = formattedText(text);
    withText(text, () => assert.deepEqual(treeOf(formatted), treeOf(text)));
    assert.equal(formattedText(formatted), formatted);
    requireBetween(text, formatted, asked, (before, after) => assert.deepEqual(after, before));
  },
);

function formattedText(text: string): string {
  const formatted = formatPolicy(new SourceText('main.policy', text));
  if (!formatted.ok) throw new Error(JSON.stringify(formatted.diagnostics));
  return formatted.text;
}
