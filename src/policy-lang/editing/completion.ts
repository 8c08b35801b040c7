/**
 * What can be written at a place. Taken from the words before it, so that it works in a line that is
 * half written and in a file that does not parse.
 */
import { type IToken, tokenMatcher } from 'chevrotain';
import type { Span } from '#policy-lang/diagnostics.ts';
import { FIELDS } from '#policy-lang/checking/fields.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import { CURRENCIES } from '#policy-lang/checking/scope.ts';
import { ACTIVITIES, LEVELS } from '#policy-lang/snapshot.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import { Numeral, Text } from '#policy-lang/syntax/tokens.ts';
import { symbolOf } from '#core/money.ts';
import type { EditedBundle } from './edited-bundle.ts';
import type { NameKind } from './names.ts';
import { WORDS } from './words.ts';

export type Suggestion = {
  readonly text: string;
  readonly kind: 'keyword' | 'field' | 'name' | 'value' | 'file' | 'snippet';
  /** A short description; may be empty. */
  readonly about: string;
  /** What it replaces: the word that is begun, or nothing. */
  readonly span: Span;
};

type Offer = Omit<Suggestion, 'span'>;

/** Sorted as they are offered; all begin with what is written already. */
export function completions(
  bundle: EditedBundle,
  path: string,
  offset: number,
): readonly Suggestion[] {
  const source = bundle.sources.get(path);
  if (source === undefined) return [];
  const quoted = textBegun(source, offset);
  const begun = quoted ?? /[A-Za-z0-9@.-]*$/.exec(source.text.slice(0, offset))?.[0] ?? '';
  const start = offset - begun.length;
  const span = source.span(start, offset);
  const tokens = tokensBefore(source, quoted === undefined ? start : start - 1);
  const offers =
    quoted === undefined ? offersAt(bundle, tokens) : textOffers(bundle, tokens.at(-1)?.image);
  return offers
    .filter(({ text }) => text.toLowerCase().startsWith(begun.toLowerCase()))
    .map((offer) => ({ ...offer, span }));
}

const tokensBefore = (source: SourceText, offset: number): readonly IToken[] =>
  lex(source).tokens.filter((token) => token.startOffset + token.image.length <= offset);

/** What stands between an opening quote and the place; undefined outside of quotes. */
function textBegun(source: SourceText, offset: number): string | undefined {
  const line = source.text.slice(source.lineStart(source.position(offset).line), offset);
  const parts = line.split('"');
  return parts.length % 2 === 0 ? parts.at(-1) : undefined;
}

const word = (text: string): Offer => ({
  text,
  kind: 'keyword',
  about: WORDS.get(text.split(' ')[0] ?? '') ?? '',
});
const words = (list: readonly string[]): readonly Offer[] => list.map(word);
const values = (list: Iterable<string>, about: string): readonly Offer[] =>
  [...list].map((text) => ({ text, kind: 'value', about }));

const named = ({ definitions }: EditedBundle, ...kinds: NameKind[]): readonly Offer[] =>
  [...definitions].flatMap(([text, kind]): readonly Offer[] =>
    kinds.includes(kind) ? [{ text, kind: 'name', about: kind }] : [],
  );

const EFFECTS = words(['allow', 'allow with approval by', 'block', 'require approval by', 'flag']);

/** What may begin a clause or a part, by the word that opened the braces around it. */
const PARTS: Readonly<Record<string, readonly Offer[]>> = {
  '': words(['policy', 'import', 'let', 'rule', 'table', 'test', 'prove']),
  policy: words(['version', 'effective from', 'owner', 'zone', 'governs', 'otherwise']),
  rule: words([
    'applies to',
    'when',
    'unless',
    'then',
    'if missing data then',
    'because',
    'control',
    'owner',
  ]),
  table: words(['applies to', 'columns', 'row']),
  test: words(['given', 'expect']),
  prove: words(['for all', 'every rule can match', 'this version at least as strict as version']),
};

const CONDITION_BEGINS: ReadonlySet<string> = new Set([
  'when',
  'unless',
  'and',
  'or',
  'not',
  '(',
  '=',
]);

function offersAt(bundle: EditedBundle, tokens: readonly IToken[]): readonly Offer[] {
  const last = tokens.at(-1);
  const previous = tokens.at(-2);
  const image = last?.image ?? '';
  const after = afterWord(bundle, image, previous?.image ?? '', tokens);
  if (after !== undefined) return after;
  if (last !== undefined && tokenMatcher(last, Numeral)) return units(bundle);
  return PARTS[openBlock(tokens)] ?? [];
}

/** Inside quotes: tags that the bundle knows, and files. */
function textOffers(bundle: EditedBundle, last: string | undefined): readonly Offer[] {
  if (last === 'from') {
    return [...bundle.sources.keys()]
      .filter((path) => !path.endsWith('.policy'))
      .map((text) => ({ text, kind: 'file', about: '' }));
  }
  return last === 'tagged' || last === '[' ? values(knownTags(bundle), 'tag') : [];
}

function knownTags(bundle: EditedBundle): ReadonlySet<string> {
  const tags = bundle.policySources().flatMap((source) => {
    const { tokens } = lex(source);
    return tokens.flatMap((token, index) =>
      tokenMatcher(token, Text) && tokens[index - 1]?.image === 'tagged'
        ? [token.image.slice(1, -1)]
        : [],
    );
  });
  return new Set(tags);
}

/** Undefined where the last word does not say what follows. */
function afterWord(
  bundle: EditedBundle,
  last: string,
  previous: string,
  tokens: readonly IToken[],
): readonly Offer[] | undefined {
  const block = openBlock(tokens);
  if (last === 'import') return words(['list', 'group', 'contracts']);
  if (last === 'then' || last === 'otherwise') return EFFECTS;
  if (last === 'expect') return [...EFFECTS, ...words(['matched', 'not matched'])];
  if (last === 'matched') return named(bundle, 'rule');
  if (last === 'of') return previous === 'any' || previous === 'all' ? [] : named(bundle, 'group');
  if (last === 'in') return named(bundle, 'list', 'group', 'contracts');
  if (last === 'to' || last === 'governs') return values(ACTIVITIES, 'activity');
  if (last === 'given') {
    return [...values(ACTIVITIES, 'activity'), ...words(['price', 'list', 'group', 'history'])];
  }
  if (last === 'over') return words(['last', 'calendar day', 'calendar week', 'calendar month']);
  if (last === 'by') return scopeOffers(bundle, tokens);
  if (isComparison(last) && previous === 'alert-level') return values(LEVELS, 'level');
  if (last === 'is' || last === '[') return values(bundle.world.assets.keys(), 'asset');
  const condition = last === '=' ? block === '' && tokens.at(-3)?.image === 'let' : true;
  if (CONDITION_BEGINS.has(last) && condition) return conditionOffers(bundle);
  return undefined;
}

const isComparison = (image: string): boolean => ['>', '>=', '<', '<=', '=', 'is'].includes(image);

function scopeOffers(bundle: EditedBundle, tokens: readonly IToken[]): readonly Offer[] {
  const isApproval = tokens.at(-2)?.image === 'approval' || tokens.at(-2)?.image === 'and';
  if (isApproval) return [];
  const isTotal = tokens.slice(-8).some(({ image }) => image === 'over');
  if (!isTotal) return named(bundle, 'rule');
  return values(['wallet', 'initiator', 'asset', 'recipient', 'network'], 'scope');
}

const conditionOffers = (bundle: EditedBundle): readonly Offer[] => [
  ...[...FIELDS].map(([text, { about }]): Offer => ({ text, kind: 'field', about })),
  ...named(bundle, 'let'),
  ...words(['always', 'not', 'sum(value) over last', 'count(transfer) over last']),
];

const units = ({ world }: EditedBundle): readonly Offer[] => [
  ...values(CURRENCIES, 'currency'),
  ...values(new Set([...world.assets.keys()].map(symbolOf)), 'asset'),
];

/** The word that began the part whose braces are open here; empty outside of all. */
function openBlock(tokens: readonly IToken[]): string {
  const open: string[] = [];
  let head = '';
  for (const { image } of tokens) {
    if (image === '{') open.push(head);
    else if (image === '}') open.pop();
    else if (open.length === 0 && image in PARTS) head = image;
    else if (open.length > 0 && image === 'given') head = image;
  }
  return open.at(-1) ?? '';
}
