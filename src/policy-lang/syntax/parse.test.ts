import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAX_FILE_BYTES } from './limits.ts';
import { parse } from './parse.ts';
import { SourceText } from './source-text.ts';
import type { Rule } from './syntax.ts';

const read = (text: string) => parse(new SourceText('x.policy', text));
const rulebook = readFileSync(
  new URL('../fixtures/custody-rulebook/rulebook.policy', import.meta.url),
  'utf8',
);

test('a realistic rulebook with every construct of the language parses', () => {
  const { items, diagnostics } = read(rulebook);
  expect(diagnostics).toEqual([]);
  const count = (kind: string) => items.filter((item) => item.kind === kind).length;
  expect([count('rule'), count('let'), count('import'), count('table'), count('prove')]).toEqual([
    13, 3, 6, 1, 3,
  ]);
});

const good = (name: string) => `rule ${name} { when value > 1 USD then allow }\n`;

test('broken rules cost themselves only: the ones around them are read', () => {
  const { items, diagnostics } = read(
    `${good('one')}rule two { when value > then allow }\n${good('three')}rule four { then }\n${good('five')}`,
  );
  expect(items.map((item) => (item as Rule).name.text)).toEqual(['one', 'three', 'five']);
  expect(diagnostics.map(({ code, span }) => [code, span.start.line, span.start.column])).toEqual([
    ['SYNTAX', 2, 25],
    ['SYNTAX', 4, 18],
  ]);
});

test.each(['policy', 'import', 'list', 'version', 'tags', 'then', 'is', 'sum'])(
  'the keyword "%s" may name a rule',
  (word) => {
    const { items, diagnostics } = read(`rule ${word} { when always then allow }`);
    expect(diagnostics).toEqual([]);
    expect(items).toMatchObject([{ name: { text: word } }]);
  },
);

test.each([
  [
    'rule a { when value > then allow }',
    'After ">" must stand a field, an amount, an address, an asset or a text, but here stands "then".',
  ],
  [
    'rule a { when value 10 USD then allow }',
    'When, unless, then, if missing data then, because, control, owner or applies to may follow here, or "}", but here stands "10".',
  ],
  [
    'rule a { when value > 1 USD }  then',
    '"then" does not belong here: a policy, import, let, rule, table, test or prove begins a new part.',
  ],
  [
    'rule a { when',
    'After "when" must stand a condition such as value > 10,000 USD, but the file ends here.',
  ],
  [
    'rule myRule { when always then allow }',
    'A name must follow after "rule", but here stands "myRule". Names are written in lower case with hyphens.',
  ],
  [
    'rule a { when always then approve }',
    'After "then" must stand allow, block, require approval or flag, but here stands "approve".',
  ],
  [
    'rule a { when wallet tagged payments then allow }',
    'A text in quotes must follow after "tagged", but here stands "payments".',
  ],
  [
    'rule a { when always then require approval of 2 }',
    '"by" must follow after "approval", but here stands "of".',
  ],
  [
    'import lists a from "x"',
    'After "import" must stand list, group or contracts, but here stands "lists".',
  ],
  [
    'policy "p" { version 1 owner',
    'A text in quotes must follow after "owner", but the file ends here.',
  ],
  [
    'policy "p" { versoin 1 }',
    'Version, effective, owner, zone, governs or otherwise may follow here, or "}", but here stands "versoin".',
  ],
  [
    'test "t" { given transfer { amount = 5 USDC } }',
    '";" must follow after "USDC", but here stands "}".',
  ],
  [
    'test "t" { expect nothing }',
    'After "expect" must stand allow, block, require approval, flag, matched or not matched, but here stands "nothing".',
  ],
])('%s says what must stand where', (text, message) => {
  const { diagnostics } = read(text);
  expect(diagnostics[0]?.message).toContain(message);
});

test('conditions keep their structure and their places', () => {
  const text = 'rule a { when not (x in y or z is w) and recipient not in [0x1, 0x2] then allow }';
  const [rule] = read(text).items as Rule[];
  const [when] = rule?.clauses ?? [];
  expect(when).toMatchObject({
    kind: 'when',
    condition: {
      kind: 'and',
      parts: [
        { kind: 'not', part: { kind: 'or' } },
        { kind: 'predicate', comparison: { kind: 'in', negated: true, set: { kind: 'listed' } } },
      ],
    },
  });
  const span = when?.kind === 'when' ? when.condition.span : undefined;
  expect(text.slice(span?.start.offset, span?.end.offset)).toBe(
    'not (x in y or z is w) and recipient not in [0x1, 0x2]',
  );
});

test('a table keeps its columns, its cells and its bounds', () => {
  const text = `table t "T" {
    applies to transfer
    columns | wallet tagged | value | time | recipient not in | then |
    row | "ops" | above 10 USD up to 20 USD | Mon..Fri, Sun 08:00..18:00 UTC | banned | allow |
    row | any | from 5 USD below 10 USD | any | [0x1] | flag "look" |
  }`;
  const { items, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  expect(items).toMatchObject([
    {
      kind: 'table',
      title: { text: 'T' },
      clauses: [{ kind: 'applies to' }],
      columns: [
        { left: { text: 'wallet' }, relation: { kind: 'tagged' } },
        { left: { text: 'value' } },
        { left: { text: 'time' } },
        { relation: { kind: 'in', negated: true } },
        { kind: 'then' },
      ],
      rows: [
        {
          cells: [
            { kind: 'operand', operand: { kind: 'text' } },
            { kind: 'bounds', bounds: [{ sign: '>' }, { sign: '<=' }] },
            {
              kind: 'hours',
              hours: { days: [{ last: { text: 'Fri' } }, { first: { text: 'Sun' } }] },
            },
            { kind: 'operand', operand: { kind: 'path', text: 'banned' } },
            { kind: 'effect' },
          ],
        },
        {
          cells: [
            { kind: 'any' },
            { kind: 'bounds', bounds: [{ sign: '>=' }, { sign: '<' }] },
            { kind: 'any' },
            { kind: 'list' },
            { kind: 'effect', effect: { kind: 'flag', message: { text: 'look' } } },
          ],
        },
      ],
    },
  ]);
});

test('a test gives any activity, its own time, and what its history holds', () => {
  const { items, diagnostics } = read(`test "t" {
    given now = 2026-07-01T09:00 Europe/Paris
    given contract-call { call.function = "supply"; call.arg "amount" = 5 USDC; screening.alert-level = HIGH; change.role = "x"; call.arg "flag" = true; typed-data.field "deadline" = now + 1h; screening.categories = ["a"]; }
    given history count(distinct recipient) over calendar day by wallet = 4 with this one seen
    expect flag "x" by r
  }`);
  expect(diagnostics).toEqual([]);
  expect(items).toMatchObject([
    {
      givens: [
        { kind: 'now', time: { zone: { text: 'Europe/Paris' } } },
        {
          activity: { text: 'contract-call' },
          facts: [
            { field: { text: 'call.function' }, value: { kind: 'text' } },
            {
              field: { text: 'call.arg', argument: { text: 'amount' } },
              value: { kind: 'amount' },
            },
            { value: { kind: 'symbol' } },
            { value: { kind: 'text' } },
            { value: { kind: 'word' } },
            { value: { kind: 'now', offset: { text: '1h' } } },
            { value: { kind: 'list' } },
          ],
        },
        { kind: 'history', seen: true, aggregate: { window: { kind: 'calendar', unit: 'day' } } },
      ],
    },
  ]);
});

test('the three claims of a prove block keep their parts', () => {
  const { items, diagnostics } = read(`
    prove "a" { for all transfer where value > 1 USD never allow without approval by 1 of managers }
    prove "b" { every rule can match }
    prove "c" { this version at least as strict as version 11 except rule a, b }`);
  expect(diagnostics).toEqual([]);
  expect(items).toMatchObject([
    { claim: { kind: 'never', activity: { text: 'transfer' }, effect: { kind: 'allow' } } },
    { claim: { kind: 'every rule can match' } },
    { claim: { version: { text: '11' }, except: [{ text: 'a' }, { text: 'b' }] } },
  ]);
});

test('texts lose their quotes and escapes', () => {
  const [rule] = read(String.raw`rule a "say \"no\" \\ twice" { when always then allow }`).items;
  expect(rule).toMatchObject({ title: { text: String.raw`say "no" \ twice` } });
});

test('a file of 64 kB is read, a larger one is refused before it is', () => {
  const full = `# ${'x'.repeat(MAX_FILE_BYTES - 2)}`;
  expect(read(full).diagnostics).toEqual([]);
  expect(read(`${full}x`).diagnostics).toMatchObject([{ code: 'POLICY_TOO_LARGE' }]);
  const wide = `# ${'é'.repeat(MAX_FILE_BYTES / 2)}`;
  expect(read(wide).diagnostics).toMatchObject([{ code: 'POLICY_TOO_LARGE' }]);
});

test('places are those of the file whatever ends its lines', () => {
  const text = 'let a = always\r\nlet b = value > 1 USD\n\n  let c =\tnot a';
  const source = new SourceText('x.policy', text);
  const { items } = parse(source);
  const names = items.flatMap((item) => (item.kind === 'let' ? [item.name] : []));
  expect(names.map(({ span }) => source.span(span.start.offset, span.end.offset))).toEqual(
    names.map(({ span }) => span),
  );
  expect(items.map(({ span }) => source.span(span.start.offset, span.end.offset))).toEqual(
    items.map(({ span }) => span),
  );
  expect(names.map(({ span }) => [span.start.line, span.start.column])).toEqual([
    [1, 5],
    [2, 5],
    [4, 7],
  ]);
});
