/**
 * The words and signs of the language. Keywords are contextual: `import` or `screening` can name a
 * rule, because every keyword also belongs to the category `Name`, and those that no expression
 * begins with also to `FieldName`.
 */
import { Lexer, type TokenType, createToken } from 'chevrotain';

/** Stands where any name can stand: the id of a rule, a list, a group. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' });
/** Stands where a field begins, so that a keyword left in the wrong place is seen as such. */
export const FieldName = createToken({
  name: 'FieldName',
  pattern: Lexer.NA,
  label: 'a field such as value or recipient',
});
/** Stands where two things are compared. */
export const Sign = createToken({
  name: 'Sign',
  pattern: Lexer.NA,
  label: 'a sign such as >',
});

const sign = (name: string, pattern: string, label = `"${pattern}"`): TokenType =>
  createToken({ name, pattern, label });
const compared = (name: string, pattern: string): TokenType =>
  createToken({ name, pattern, label: `"${pattern}"`, categories: [Sign] });
const word = (name: string, pattern: RegExp, label: string): TokenType =>
  createToken({ name, pattern, label });

export const Space = createToken({ name: 'Space', pattern: /[ \t\r\n]+/, group: Lexer.SKIPPED });
export const Comment = createToken({ name: 'Comment', pattern: /#[^\r\n]*/, group: 'comments' });

export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[a-z][a-z0-9]*(?:-[a-z0-9]+)*/,
  label: 'a name',
  categories: [Name, FieldName],
});

/** A row of a table: `payment-matrix/2`. */
export const RowName = createToken({
  name: 'RowName',
  pattern: /[a-z][a-z0-9]*(?:-[a-z0-9]+)*\/[1-9]\d*/,
  label: 'a row of a table such as payment-matrix/2',
});

/** Text in quotes; `\"` and `\\` are the only escapes. */
export const Text = word('Text', /"(?:[^"\\\r\n]|\\["\\])*"/, 'a text in quotes');
/** Read so that the error can point at the whole of it; no rule of the grammar takes it. */
export const UnclosedText = word('UnclosedText', /"[^\r\n]*/, 'a text without an end');

export const AssetName = word(
  'AssetName',
  /[A-Za-z0-9.]{1,16}@[a-z0-9]+(?:-[a-z0-9]+)*/,
  'an asset such as USDC@ethereum',
);
export const Instant = word(
  'Instant',
  /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?/,
  'a time such as 2026-07-01T00:00',
);
export const Clock = word('Clock', /\d{2}:\d{2}/, 'a time of day such as 08:00');
/**
 * `0x` and digits, base58 of the length of a Solana address, or a Bitcoin address in base58 or Bech32.
 * A name of that length has no capital, or no digit after such a beginning; a currency no digit; a
 * number no letter before its unit.
 */
export const Address = createToken({
  name: 'Address',
  pattern:
    /0[xX][0-9A-Za-z]*|(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{8,87}(?![0-9A-Za-z_@-])|(?=[1-9a-z]*[A-Z])(?=[A-Za-z]*[1-9])(?:[1-9A-HJ-NP-Za-km-z]{32,44}|[13][1-9A-HJ-NP-Za-km-z]{25,30})(?![0-9A-Za-z_@])/,
  label: 'an address',
});
export const Duration = word(
  'Duration',
  /\d+(?:ms|min|s|h|d|w)(?![0-9A-Za-z_]|[.,]\d)/,
  'a duration such as 24h',
);
/**
 * Anything that begins like a number, so that `1e3`, `1_000` and `1,00` are one mistake each. A
 * comma with a digit right behind it belongs to the number; in a list a space follows the comma.
 */
export const Numeral = word('Numeral', /\d[0-9A-Za-z_]*(?:[.,]\d[0-9A-Za-z_]*)*/, 'a number');
export const Zone = word(
  'Zone',
  /[A-Z][A-Za-z_]+\/[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z][A-Za-z0-9_+-]*)?|UTC/,
  'a time zone such as Europe/Paris',
);
/** Currencies, assets' symbols, levels, days: at least one capital letter. */
export const Symbol = word(
  'Symbol',
  /[A-Za-z]*[A-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*/,
  'a currency or an asset such as USD',
);

export const AtLeast = compared('AtLeast', '>=');
export const AtMost = compared('AtMost', '<=');
export const Above = compared('Above', '>');
export const Below = compared('Below', '<');
export const Equals = compared('Equals', '=');
export const Plus = sign('Plus', '+');
export const Minus = sign('Minus', '-');
export const Range = sign('Range', '..');
export const Dot = sign('Dot', '.');
export const Comma = sign('Comma', ',');
export const Semicolon = sign('Semicolon', ';');
export const Pipe = sign('Pipe', '|');
export const OpenSquare = sign('OpenSquare', '[');
export const CloseSquare = sign('CloseSquare', ']');
export const OpenRound = sign('OpenRound', '(');
export const CloseRound = sign('CloseRound', ')');
export const OpenCurly = createToken({ name: 'OpenCurly', pattern: '{', label: '"{"' });
export const CloseCurly = createToken({ name: 'CloseCurly', pattern: '}', label: '"}"' });

/** Keywords that may also begin a field, because no expression, clause or cell begins with them. */
const FREE_WORDS =
  'version owner list group contracts zone role day week month data calendar last price history ' +
  'tags missing effective approval user match matched governs policy import one seen';
const FIXED_WORDS =
  'from until otherwise sha256 let rule applies to when unless then if because control allow ' +
  'with block require flag by of and or not expires after always is in tagged has any all ' +
  'within now sum count max over where excluding this distinct table test given expect prove ' +
  'for never without every can at least as strict except columns row up above below also';

const keyword = (pattern: string, categories: TokenType[]): TokenType =>
  createToken({
    name: `Keyword_${pattern}`,
    pattern,
    label: `"${pattern}"`,
    categories,
    longer_alt: Identifier,
  });

const KEYWORDS = new Map<string, TokenType>([
  ...FREE_WORDS.split(' ').map((text) => [text, keyword(text, [Name, FieldName])] as const),
  ...FIXED_WORDS.split(' ').map((text) => [text, keyword(text, [Name])] as const),
]);

/** The token of a keyword, e.g. `kw('when')`. */
export function kw(text: string): TokenType {
  const type = KEYWORDS.get(text);
  if (type === undefined) throw new TypeError(`the language has no keyword ${text}`);
  return type;
}

/** Words that no expression begins with, so that no `let` can be called so. */
export const isFixedWord = (text: string): boolean => FIXED_WORDS.split(' ').includes(text);

export const isKeyword = (type: TokenType): boolean => type.name.startsWith('Keyword_');

/** Longest first, so that `initiator` is not read as `in` and a rest. */
const keywordsLongestFirst = [...KEYWORDS]
  .toSorted(([left], [right]) => right.length - left.length)
  .map(([, type]) => type);

/** Every token in the order in which the lexer tries them. */
export const ALL_TOKENS: readonly TokenType[] = [
  Space,
  Comment,
  Text,
  UnclosedText,
  Address,
  Instant,
  Clock,
  AssetName,
  Duration,
  Numeral,
  Zone,
  Symbol,
  RowName,
  ...keywordsLongestFirst,
  Identifier,
  AtLeast,
  AtMost,
  Above,
  Below,
  Equals,
  Plus,
  Minus,
  Range,
  Dot,
  Comma,
  Semicolon,
  Pipe,
  OpenSquare,
  CloseSquare,
  OpenRound,
  CloseRound,
  OpenCurly,
  CloseCurly,
  Name,
  FieldName,
  Sign,
];
