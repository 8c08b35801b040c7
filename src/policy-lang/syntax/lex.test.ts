import { expect, test } from 'vitest';
import { lex, newLexer } from './lex.ts';
import { MAX_NESTING } from './limits.ts';
import { SourceText } from './source-text.ts';

const read = (text: string) => lex(new SourceText('x.policy', text));
const names = (text: string) => read(text).tokens.map((token) => token.tokenType.name);

test('no token hides another, and each is well-formed', () => {
  expect(newLexer(false).lexerDefinitionErrors).toEqual([]);
});

test.each([
  ['initiator in list', ['Identifier', 'Keyword_in', 'Keyword_list']],
  ['in-house import-list', ['Identifier', 'Identifier']],
  ['24h 7d 90min 24hours', ['Duration', 'Duration', 'Duration', 'Numeral']],
  ['10,000 USD', ['Numeral', 'Symbol']],
  ['[1, 2]', ['OpenSquare', 'Numeral', 'Comma', 'Numeral', 'CloseSquare']],
  ['1e3 1_000 1,00', ['Numeral', 'Numeral', 'Numeral']],
  ['USDC@local-evm 1INCH@ethereum', ['AssetName', 'AssetName']],
  ['stETH USDC.e', ['Symbol', 'Symbol']],
  ['2026-07-01T00:00 Europe/Paris UTC', ['Instant', 'Zone', 'Zone']],
  ['Mon..Fri 08:00..18:00', ['Symbol', 'Range', 'Symbol', 'Clock', 'Range', 'Clock']],
  ['0xAB 0Xab', ['Address', 'Address']],
  ['"a \\" b" # "c"', ['Text']],
  [
    'a.b >= <= > < =',
    ['Identifier', 'Dot', 'Identifier', 'AtLeast', 'AtMost', 'Above', 'Below', 'Equals'],
  ],
])('%s is read as %j', (text, expected) => {
  expect(read(text).diagnostics).toEqual([]);
  expect(names(text)).toEqual(expected);
});

test('comments are kept beside the tokens', () => {
  expect(read('rule # one\n# two').comments.map((token) => token.image)).toEqual([
    '# one',
    '# two',
  ]);
});

test.each([
  ['a Cyrillic e in a name', 'recipi\u0435nt', 'CONFUSABLE', /Latin letter "e"/],
  ['full-width digits', 'value > １０', 'BAD_NUMBER', /digits 0-9/],
  ['Arabic digits', '\u0661', 'BAD_NUMBER', /digits 0-9/],
  ['a full-width sign', 'value ＞ 1', 'BAD_CHARACTER', /Type ">"/],
  ['an underscore', 'approved_vendors', 'BAD_CHARACTER', /approved-vendors/],
  ['a right-to-left override in a text', '"a\u202eb"', 'BIDI_CONTROL', /Delete it/],
  ['a zero-width space in a comment', '# a\u200bb', 'BIDI_CONTROL', /Delete it/],
  ['a byte order mark', '\ufeffrule', 'BIDI_CONTROL', /Delete it/],
  ['a line separator', '"a\u2028b"', 'BIDI_CONTROL', /Delete it/],
  ['a control character', '# \u0007', 'BAD_CHARACTER', /Delete it/],
  ['an open text', 'rule "abc', 'SYNTAX', /Close it/],
  ['an unknown escape', '"a\\n"', 'SYNTAX', /backslash/],
  ['a sign of no meaning', 'a % b', 'BAD_CHARACTER', /ASCII/],
])('%s is refused with its place and a hint', (_, text, code, hint) => {
  const [first] = read(text).diagnostics;
  expect(first).toMatchObject({ code, severity: 'error', hint: expect.stringMatching(hint) });
  expect(first?.span.start.line).toBe(1);
});

test.each([
  ['brackets', (depth: number) => `${'('.repeat(depth)}x${')'.repeat(depth)}`],
  ['nots', (depth: number) => `${'not '.repeat(depth)}x`],
  ['nots before brackets', (depth: number) => `${'not ('.repeat(depth / 2)}x`],
  ['braces and squares', (depth: number) => '{['.repeat(depth / 2)],
])('%s nest %s deep at most', (_, nested) => {
  expect(read(nested(MAX_NESTING)).diagnostics).toEqual([]);
  const [found] = read(nested(MAX_NESTING + 2)).diagnostics;
  expect(found).toMatchObject({ code: 'POLICY_TOO_DEEP' });
});

test('many conditions beside each other are not deep', () => {
  const text = Array.from({ length: 500 }, () => 'not (a in b)').join(' and ');
  expect(read(`{ ${text} }`).diagnostics).toEqual([]);
});
