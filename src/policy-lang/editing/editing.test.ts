import { expect, test } from 'vitest';
import type { AssetId } from '#core/money.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { HEADER, SUPPORT, WORLD } from '#testing/policy-fixtures.ts';
import { completions } from './completion.ts';
import { EditedBundle } from './edited-bundle.ts';
import { hover } from './hover.ts';
import { lensesOf, testReport } from './lenses.ts';
import { outlineOf } from './outline.ts';
import { rename } from './rename.ts';
import { colouredTokens } from './semantic-tokens.ts';

/** A bundle whose policy has the header of the fixtures and this text; `¦` is the cursor. */
function edited(text: string): { readonly bundle: EditedBundle; readonly offset: number } {
  const marked = HEADER + text;
  const offset = marked.indexOf('¦');
  const content = marked.replace('¦', '');
  const files: BundleFile[] = [...SUPPORT, { path: 'main.policy', content }];
  return { bundle: new EditedBundle(files, WORLD), offset };
}

const offered = (text: string): readonly string[] => {
  const { bundle, offset } = edited(text);
  return completions(bundle, 'main.policy', offset).map((suggestion) => suggestion.text);
};

test.each([
  ['¦', 'rule', 'a part of the file'],
  ['ru¦', 'rule', 'a begun word'],
  ['rule r { wh¦', 'when', 'a clause of a rule'],
  ['rule r { when val¦', 'value', 'a field'],
  ['let big = always\nrule r { when b¦', 'big', 'a let'],
  ['rule r { when recipient in ¦', 'approved-vendors', 'a list'],
  ['rule r { when recipient in ¦', 'managers', 'a group'],
  ['rule r { when value > 10,000 ¦', 'USD', 'a currency'],
  ['rule r { when always then ¦', 'require approval by', 'an effect'],
  ['rule r { when always then require approval by 1 of ¦', 'directors', 'a group of approvers'],
  ['rule r { applies to con¦', 'contract-call', 'an activity'],
  ['rule r { when screening.alert-level >= ¦', 'HIGH', 'a level'],
  ['rule r { when asset is USDC@¦', 'USDC@ethereum', 'an asset'],
  ['rule r { when sum(value) over ¦', 'calendar day', 'a window'],
  ['rule r { when sum(value) over last 24h by ¦', 'initiator', 'a scope'],
  ['rule a { when wallet tagged "cold" then allow } rule b { when wallet tagged "¦', 'cold', 'tag'],
  ['import list x from "¦', 'lists/banned.csv', 'a file'],
  ['rule r { when always then allow }\ntest "t" { expect matched ¦', 'r', 'a rule'],
  ['test "t" { given ¦', 'transfer', 'an activity to give'],
])('in %j, "%s" is offered: %s', (text, expected) => {
  expect(offered(text)).toContain(expected);
});

test('what does not fit is not offered', () => {
  expect(offered('rule r { when always then require approval by 1 of ¦')).not.toContain('banned');
  expect(offered('rule r { when recipient in approved¦')).toEqual(['approved-vendors']);
});

const hovered = (text: string): string | undefined => {
  const { bundle, offset } = edited(text);
  const prices = new Map([['USDC@ethereum' as AssetId, ['1.00 USD']]]);
  return hover(bundle, 'main.policy', offset, prices)?.text;
};

test.each([
  ['rule r { when recipient in appro¦ved-vendors then allow }', /1 address from .*Vendor XYZ/s],
  ['rule r { when always then require approval by 1 of mana¦gers }', /2 people .*bob@acme/s],
  [
    'rule r { when asset is USDC¦@ethereum then allow }',
    /6 decimals, on ethereum. Price: 1.00 USD/,
  ],
  ['rule r { when asset is EURC¦@ethereum then allow }', /No price is known here/],
  ['rule r { when val¦ue > 1 USD then allow }', /\*\*value\*\*.*worth/s],
  ['rule r { when screening.alert¦-level >= HIGH then block }', /\*\*screening.alert-level\*\*/],
  ['let big = value > 1 USD\nrule r { when b¦ig then block }', /let big = value > 1 USD/],
  ['rule r { when always th¦en block }', /What follows when the rule matches/],
  ['rule r { when recipient in nobo¦dy then block }', undefined],
])('the hover in %j says %s', (text, expected) => {
  const found = hovered(text);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});

const RULES = `let big = value > 10,000 USD
rule vendors { when recipient in approved-vendors and not big then allow }
test "a vendor is paid" {
  given transfer { recipient = 0x52908400098527886E0F7030069857D2E4169EE7; asset = USDC@ethereum; amount = 5 USDC; }
  given price USDC@ethereum = 1.00 USD
  expect allow
  expect matched vendors
}
test "a failing test" {
  given transfer { recipient = 0x52908400098527886E0F7030069857D2E4169EE7; asset = USDC@ethereum; amount = 5 USDC; }
  expect allow
}
`;

test.each([
  ['vendors', 'payees', 2],
  ['big', 'large', 2],
  ['approved-vendors', 'known', 2],
])('%s is renamed to %s in every place', (from, to, places) => {
  const { bundle } = edited(`${RULES}¦`);
  const place = bundle.namesOf('main.policy').find(({ name }) => name === from);
  const renaming = rename(bundle, place as NonNullable<typeof place>, to);
  expect(renaming).toMatchObject({ ok: true });
  const edits = renaming.ok ? renaming.edits : [];
  expect(edits).toHaveLength(places);
  let text = bundle.sources.get('main.policy')?.text ?? '';
  for (const { span } of edits.toReversed()) {
    text = text.slice(0, span.start.offset) + to + text.slice(span.end.offset);
  }
  const files = [...SUPPORT, { path: 'main.policy', content: text }];
  const errors = new EditedBundle(files, WORLD).compilation.diagnostics.filter(
    ({ severity }) => severity === 'error',
  );
  expect(errors).toEqual([]);
});

test.each([
  ['vendors', 'Big Name', /is not a name/],
  ['vendors', 'otherwise', /word of the language/],
  ['vendors', 'big', /already a let called big/],
  ['big', 'when', /word of the language/],
  ['managers', 'bosses', /groups.yaml: change it there/],
])('%s is not renamed to %s', (from, to, message) => {
  const { bundle } = edited(`${RULES}¦`);
  const place = bundle.namesOf('main.policy').find(({ name }) => name === from);
  const renaming = rename(bundle, place as NonNullable<typeof place>, to);
  expect(renaming).toEqual({ ok: false, message: expect.stringMatching(message) as string });
});

test('lenses say which tests pass and which rules they reach', () => {
  const { bundle } = edited(`${RULES}¦`);
  const titles = lensesOf(bundle, 'main.policy').map(({ title }) => title);
  expect(titles).toEqual([
    'matched by 1 test',
    'run test: passes',
    expect.stringMatching(/^run test: fails: Expected allow\./),
  ]);
  expect(testReport(bundle, 'a vendor is paid')?.[0]).toBe('passed: a vendor is paid');
  expect(testReport(bundle, 'a failing test')?.[0]).toBe('FAILED: a failing test');
  expect(testReport(bundle, 'no such test')).toBeUndefined();
});

test('the outline has every part, and each word has its colour', () => {
  const { bundle } = edited(`${RULES}¦`);
  const source = bundle.sources.get('main.policy');
  if (source === undefined) throw new Error('the file is there');
  const names = outlineOf(source).map(({ kind, name }) => `${kind} ${name}`);
  expect(names).toContain('header Test');
  expect(names).toContain('rule vendors');
  expect(names).toContain('test a failing test');
  const colours = new Map(
    colouredTokens(source, bundle.namesOf('main.policy')).map(({ span, kind }) => [
      source.text.slice(span.start.offset, span.end.offset),
      kind,
    ]),
  );
  expect(Object.fromEntries(colours)).toMatchObject({
    rule: 'keyword',
    vendors: 'function',
    big: 'variable',
    'approved-vendors': 'namespace',
    'USDC@ethereum': 'type',
    USD: 'enumMember',
    '10,000': 'number',
    '"a failing test"': 'string',
    '>': 'operator',
  });
});
