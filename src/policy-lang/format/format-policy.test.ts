import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, parseTree } from '#policy-lang/syntax/parse.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { formatPolicy } from './format-policy.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const EXAMPLES = [
  'src/policy-lang/fixtures/custody-rulebook/rulebook.policy',
  'examples/acme-vendor-payments/vendor-payments.policy',
].map((path) => readFileSync(join(ROOT, path), 'utf8'));

const source = (text: string) => new SourceText('a.policy', text);

function format(text: string): string {
  const formatted = formatPolicy(source(text));
  if (!formatted.ok) throw new Error(JSON.stringify(formatted.diagnostics));
  return formatted.text;
}

/** The tree without its places. */
const treeOf = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(parse(source(text)).items, (key, value: unknown) =>
      key === 'span' || key === 'operator' ? undefined : value,
    ),
  );

test('words of clauses stand in a column of their own', () => {
  expect(
    format(`policy "x"{version 3 effective from 2026-07-01T00:00 UTC governs transfer
      otherwise block}
      rule a "A" {  applies to transfer when value>1 USD then allow
      if missing data then block control "A","B" }`),
  ).toBe(`policy "x" {
  version   3
  effective from 2026-07-01T00:00 UTC
  governs   transfer
  otherwise block
}
rule a "A" {
  applies to transfer
  when    value > 1 USD
  then    allow
  if missing data then block
  control "A", "B"
}
`);
});

test('imports, definitions and facts are aligned among their neighbours', () => {
  expect(
    format(`import list a from "lists/a.csv"
import group managers from "groups.yaml"

import group b from "groups.yaml"
let x=value > 1 USD
let longer = value > 2 USD
test "t" { given transfer {
asset=USDC@ethereum;recipient=0x52908400098527886E0F7030069857D2E4169EE7; } expect allow }`),
  ).toBe(`import list  a        from "lists/a.csv"
import group managers from "groups.yaml"

import group b from "groups.yaml"
let x      = value > 1 USD
let longer = value > 2 USD
test "t" {
  given transfer {
    asset     = USDC@ethereum;
    recipient = 0x52908400098527886E0F7030069857D2E4169EE7;
  }
  expect allow
}
`);
});

test('what an author wrote on one line stays there while it has room', () => {
  const short = 'rule vp { when value > 100,000 USD then block }\n';
  expect(format(short)).toBe(short);
  const long = `rule vp { when value > 100,000 USD and wallet tagged "${'x'.repeat(80)}" then block }`;
  expect(format(long).split('\n')).toHaveLength(6);
});

const rule = (condition: string): string => format(`rule a { when ${condition}\nthen block }`);

test('a condition breaks at all of its operators, or at none', () => {
  expect(rule('value > 1 USD and\nwallet tagged "a" and wallet tagged "b"')).toBe(`rule a {
  when    value > 1 USD
          and wallet tagged "a"
          and wallet tagged "b"
  then    block
}
`);
  const wide = Array.from({ length: 6 }, (_, tag) => `wallet tagged "tag-${tag}"`);
  expect(rule(wide.join(' or ')).split('\n')).toHaveLength(10);
  expect(rule(wide.slice(0, 3).join(' or ')).split('\n')).toHaveLength(5);
});

test('comments stay behind, between and before what they stand at', () => {
  const text = `# before
policy "x" { # behind
  version   1 # one
  # between

  governs   transfer
  # last
}

# at the end
`;
  expect(format(text)).toBe(text);
});

test('no line is longer than 100 columns where it can break', () => {
  const many = Array.from({ length: 9 }, (_, index) => `"tag number ${index}"`).join(', ');
  const text = format(`rule a { when wallet tags has any of [${many}]
    then require approval by 1 of first-group and by 2 of second-group and by 3 of third-group, not by initiator
    control ${many}, ${many} }`);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

test('a file with a syntax error is left alone', () => {
  const formatted = formatPolicy(source('rule a { when value > 1 USD then }'));
  expect(formatted).toMatchObject({ ok: false, diagnostics: [{ code: 'SYNTAX' }] });
});

test.each(['', '\n\n', '# only a comment', '\r\n# a\r\n\r\n\r\n# b\r\n'])(
  '%j is no obstacle',
  (text) => {
    expect(format(format(text))).toBe(format(text));
  },
);

test.each(EXAMPLES)(
  'formatting an example twice changes nothing, and keeps its tree: %#',
  (text) => {
    const once = format(text);
    expect(format(once)).toBe(once);
    expect(treeOf(once)).toEqual(treeOf(text));
  },
);

/** White space of all kinds, and comments, which may stand between any two tokens. */
const GAP = fc.constantFrom(' ', '  ', '\n', '\n\n\n', '\t', '\r\n', ' # note\n', '\n# note\n\n');

test('whatever stands between the tokens, the tree is kept, and a second time changes nothing', () => {
  const property = fc.property(
    fc.constantFrom(...EXAMPLES),
    fc.array(GAP, { minLength: 40, maxLength: 40 }),
    (text, gaps) => {
      const { tokens } = parseTree(source(text));
      const scattered = tokens
        .map(({ image }, index) => `${image}${gaps[(index * 7 + gaps.length) % gaps.length]}`)
        .join('');
      const once = format(scattered);
      expect(format(once)).toBe(once);
      expect(treeOf(once)).toEqual(treeOf(text));
    },
  );
  fc.assert(property, { numRuns: 40 });
});

test('a rulebook with words dropped, doubled or swapped is formatted or refused, never damaged', () => {
  const images = EXAMPLES.map((text) => parseTree(source(text)).tokens.map(({ image }) => image));
  const property = fc.property(
    fc.constantFrom(...images),
    fc.array(fc.tuple(fc.nat(700), fc.constantFrom('drop', 'double', 'swap')), { maxLength: 3 }),
    (words, edits) => {
      const edited = [...words];
      for (const [place, edit] of edits) {
        const at = place % edited.length;
        const [word = '', next = ''] = [edited[at], edited[at + 1]];
        if (edit === 'drop') edited.splice(at, 1);
        else if (edit === 'double') edited.splice(at, 0, word);
        else edited.splice(at, 2, next, word);
      }
      const formatted = formatPolicy(source(edited.join('\n')));
      if (formatted.ok) expect(format(formatted.text)).toBe(formatted.text);
      else expect(formatted.diagnostics.length).toBeGreaterThan(0);
    },
  );
  fc.assert(property, { numRuns: 60 });
});
