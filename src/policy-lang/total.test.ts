import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CUSTODY_WORLD,
  HEADER,
  SUPPORT,
  WORLD,
  fuzz,
  policyFile,
  snapshotOf,
} from '#testing/policy-fixtures.ts';
import { damageOf } from '#testing/text-edits.ts';
import type { BundleFile } from './bundle-files.ts';
import { compileBundle } from './compile-bundle.ts';
import { decide } from './decide.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import { runTests } from './run-tests.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { World } from './world.ts';

const custody = (path: string): BundleFile => {
  const url = new URL(`./fixtures/custody-rulebook/${path}`, import.meta.url);
  return { path, content: readFileSync(url, 'utf8') };
};
/** Every construct of the language, with the files that it imports. */
const CUSTODY = ['groups.yaml', 'abi/aave-v3.json', 'lists/ofac.csv', 'lists/exchanges.csv'].map(
  custody,
);
const RULEBOOK = `${custody('rulebook.policy').content}
test "a call" {
  given contract-call { call.contract = 0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2; call.function = "supply"; call.arg "amount" = 5 USDC; call.arg "onBehalfOf" = 0x27b1fdb04752bbc536007a920d24acb045561c26; wallet = "wa-1" tags ["ops"]; wallet.address = 0x27b1fdb04752bbc536007a920d24acb045561c26; call.value = 0.5 ETH; screening.risk-score = 70; screening.categories = ["mixer"]; initiator = user "tom@acme.example" role "treasurer"; }
  given now = 2026-07-02T09:00 Europe/Paris
  given price ETH@ethereum = 3,000 USD
  given history count(distinct recipient) over calendar day by wallet where (value > 100 USD) = 4 with this one seen
  given history sum(value) over last 7d by initiator, asset = 1 EUR
  given group directors = ["dora"]
  expect require approval by 1 of treasury by aave-supply
  expect not matched payment-matrix/1, permit-cap
}
`;
const RULES = `${HEADER}
rule vendor-list "Pay approved vendors only" {
  when wallet tagged "payments" and recipient in approved-vendors
  unless asset is ETH@ethereum and amount > 2.5 ETH
  then allow
  if missing data then block "No data"
  because "x"
  control "A", "B"
}
rule limit { when sum(value) over last 24h by wallet > 250,000 USD or not always then block "Limit" }
rule big { when value > 10,000 USD then require approval by 1 of managers and by 1 of directors, not by initiator, expires after 24h }
test "t" {
  given transfer { initiator = user "alice" role "r"; wallet = "w" tags ["payments"]; asset = USDC@ethereum; amount = 5 USDC; recipient = 0x52908400098527886E0F7030069857D2E4169EE7; }
  given price USDC@ethereum = 1.00 USD
  given list banned = []
  given group managers = ["bob"]
  given history sum(value) over last 24h by wallet = 0 USD
  expect allow
  expect not matched limit, big
}
prove "p" { for all transfer where value > 10,000 USD never allow without approval by 1 of managers }
`;

/**
 * Whatever comes in, the result is diagnostics with places in the text, or a policy that decides.
 */
function requireTotal(files: readonly BundleFile[], world: World = WORLD): void {
  const { policy, diagnostics } = compileBundle(files, world);
  const lengths = new Map(files.map(({ path, content }) => [path, content.length]));
  for (const { span, message } of diagnostics) {
    expect(message).toMatch(/[.?]$/);
    expect(span.start.offset).toBeLessThanOrEqual(span.end.offset);
    expect(span.end.offset).toBeLessThanOrEqual(lengths.get(span.path) ?? 0);
  }
  expect(policy === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  if (policy === undefined) return;
  decide(policy, snapshotOf());
  runTests(policy);
}

const asPolicy = (text: string): void => requireTotal([policyFile(text), ...SUPPORT]);
const asRulebook = (text: string): void =>
  requireTotal([policyFile(text), ...CUSTODY], CUSTODY_WORLD);

test('any text is answered', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 100 }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => String.fromCharCode(...bytes)),
  );
  fc.assert(fc.property(text, asPolicy), fuzz(250));
});

const words = [RULES, RULEBOOK].flatMap((text) =>
  lex(new SourceText('x', text)).tokens.map((token) => token.image),
);

test('any soup of tokens is answered', () => {
  const soup = fc.array(fc.constantFrom(...words), { maxLength: 60 });
  fc.assert(
    fc.property(soup, (tokens) => asPolicy(tokens.join(' '))),
    fuzz(250),
  );
  fc.assert(
    fc.property(soup, (tokens) => asPolicy(HEADER + tokens.join('\n'))),
    fuzz(250),
  );
});

const damage = damageOf(words);

test('any mutation of a valid policy is answered', () => {
  fc.assert(
    fc.property(damage, (damaged) => asPolicy(damaged(RULES))),
    fuzz(250),
  );
  fc.assert(
    fc.property(damage, (damaged) => asRulebook(damaged(RULEBOOK))),
    fuzz(150),
  );
});

/** Other words in the place of words: what the grammar accepts and the checker must answer. */
test('any exchange of the tokens of a rulebook is answered', () => {
  const exchange = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...words)), {
    minLength: 1,
    maxLength: 4,
  });
  const tokens = lex(new SourceText('x', RULEBOOK)).tokens.map((token) => token.image);
  fc.assert(
    fc.property(exchange, (changes) => {
      const changed = [...tokens];
      for (const [at, word] of changes) changed[at % changed.length] = word;
      asRulebook(changed.join(' '));
    }),
    fuzz(250),
  );
});

test('any mutation of a list, of the groups or of contracts is answered', () => {
  fc.assert(
    fc.property(fc.nat(CUSTODY.length - 1), damage, (number, damaged) => {
      const files = CUSTODY.map((file, index) =>
        index === number ? { ...file, content: damaged(file.content) } : file,
      );
      requireTotal([policyFile(RULEBOOK), ...files], CUSTODY_WORLD);
    }),
    fuzz(80),
  );
  fc.assert(
    fc.property(fc.nat(SUPPORT.length - 1), damage, (number, damaged) => {
      const files = SUPPORT.map((file, index) =>
        index === number ? { ...file, content: damaged(file.content) } : file,
      );
      requireTotal([policyFile(RULES), ...files]);
    }),
    fuzz(250),
  );
});

test('the policies that are mutated are valid themselves', () => {
  expect(compileBundle([policyFile(RULES), ...SUPPORT], WORLD).policy).toBeDefined();
  const { policy, diagnostics } = compileBundle([policyFile(RULEBOOK), ...CUSTODY], CUSTODY_WORLD);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(policy && runTests(policy).failed).toBe(0);
});

test.each([
  ['brackets', '('.repeat(60_000)],
  ['braces', '{'.repeat(60_000)],
  ['squares', 'rule a { when x in ['.concat('['.repeat(60_000))],
  ['nots', `rule a { when ${'not '.repeat(15_000)}`],
  ['open quotes', '"'.repeat(60_000)],
  ['digits', `rule a { when value > ${'9'.repeat(60_000)} USD then block }`],
  ['commas between digits', `rule a { when value > ${'1,'.repeat(30_000)} USD then block }`],
  ['capitals', 'A'.repeat(60_000)],
  ['small letters', 'a'.repeat(60_000)],
  ['hyphens', 'a-'.repeat(30_000)],
  ['dots', 'a.'.repeat(30_000)],
  ['letters in a tag', `${HEADER}rule a { when wallet tagged "${'a'.repeat(60_000)}" then block }`],
  ['at signs', 'a@'.repeat(30_000)],
  [
    'a long and',
    `rule a { when ${Array.from({ length: 6_000 }, () => 'always').join(' and ')} then block }`,
  ],
  ['many rules of one name', 'rule a{when x>1 USD then block}'.repeat(2_000)],
  ['characters of no meaning', '%'.repeat(60_000)],
  [
    'definitions that double',
    Array.from({ length: 60 }, (_, i) => `let l${i + 1} = l${i} and l${i}`).join('\n') +
      '\nlet l0 = value > 1 USD\nrule r { when l60 then block }',
  ],
  [
    'definitions that use each other',
    Array.from({ length: 2_000 }, (_, i) => `let l${i} = l${i + 1}`).join('\n'),
  ],
  [
    'nested totals',
    `rule a { when ${'count(transfer) over last 1h where ('.repeat(60)}always${') > 1'.repeat(60)} then block }`,
  ],
  [
    'rows',
    `${HEADER}table t { columns | value | then |\n${'row | up to 5 USD | allow |\n'.repeat(2_000)} }`,
  ],
  ['columns', `${HEADER}table t { columns |${' value |'.repeat(8_000)} }`],
  ['a million of them', '%'.repeat(1_000_000)],
])('a file full of %s is answered', (_, text) => {
  asPolicy(text);
});

const MEGABYTES = 15 * 1024 * 1024;

test.each([
  ['an open quote', `"${'a'.repeat(MEGABYTES)}`],
  ['doubled quotes', '"'.repeat(MEGABYTES)],
  ['commas', ','.repeat(MEGABYTES / 8)],
  ['hidden characters', '\u200b'.repeat(MEGABYTES / 3)],
  ['one long field', 'a'.repeat(MEGABYTES)],
  ['short rows', 'a\n'.repeat(MEGABYTES / 16)],
])('a list of many megabytes full of %s is answered', (_, row) => {
  const list = { path: 'lists/banned.csv', content: `label,network,address\n${row}\n` };
  requireTotal([policyFile(RULES), ...SUPPORT.filter(({ path }) => path !== list.path), list]);
});

test.each([
  ['an open bracket', `a: [${'b,'.repeat(30_000)}`],
  ['dots', `a: [b@${'c.'.repeat(30_000)}]`],
  ['letters', `a: [b@${'c'.repeat(60_000)}]`],
  ['hyphens', `a: [b@c${'-'.repeat(60_000)}.d]`],
  ['spaces', `a:${' '.repeat(60_000)}b`],
  ['members', `a:\n${Array.from({ length: 4_000 }, (_, i) => `- m${i}@x.yz`).join('\n')}`],
])('a group file full of %s is answered', (_, content) => {
  const groups = { path: 'groups.yaml', content };
  requireTotal([policyFile(RULES), ...SUPPORT.filter(({ path }) => path !== groups.path), groups]);
});
