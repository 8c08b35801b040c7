/** Says what the parser expected as a sentence that a reader of policies understands. */
import {
  EOF,
  type IParserErrorMessageProvider,
  type IToken,
  type TokenType,
  tokenLabel,
  tokenMatcher,
} from 'chevrotain';
import { CloseCurly, Name, Symbol, isKeyword } from './tokens.ts';

const LONGEST_QUOTE = 40;

/** A token as the author wrote it, cut short. */
export function quoted(token: IToken): string {
  const text = token.image;
  const short = text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}...`;
  return text.startsWith('"') ? short : `"${short}"`;
}

const isEnd = (token: IToken): boolean => tokenMatcher(token, EOF);

const found = (actual: IToken): string =>
  isEnd(actual) ? 'the file ends here' : `here stands ${quoted(actual)}`;

/** What may stand between the braces of a part, by the grammar's rule that reads the part. */
const INSIDES: Readonly<Record<string, string>> = {
  header: 'version, effective, owner, zone, governs or otherwise',
  rule: 'when, unless, then, if missing data then, because, control, owner or applies to',
  test: 'given or expect',
  table: 'applies to, columns or row',
  given: 'initiator, wallet, asset, amount or recipient',
};

function mismatch(expected: TokenType, actual: IToken, previous: IToken, ruleName: string): string {
  if (expected === EOF) return superfluous(actual);
  const inside = INSIDES[ruleName];
  if (expected === CloseCurly && inside !== undefined) {
    return `${capital(inside)} may follow here, or "}", but ${found(actual)}.`;
  }
  const before = previous.image === '' ? '' : ` after ${quoted(previous)}`;
  const advice =
    expected === Name && tokenMatcher(actual, Symbol)
      ? ' Names are written in lower case with hyphens.'
      : '';
  return `${capital(tokenLabel(expected))} must follow${before}, but ${found(actual)}.${advice}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The labels of a choice's first tokens, for the few choices without a description of their own.
 */
function choices(paths: readonly TokenType[][]): string {
  const labels = [
    ...new Set(paths.flatMap((path) => path.slice(0, 1).map((type) => tokenLabel(type)))),
  ];
  const last = labels.pop() ?? 'something else';
  return labels.length === 0 ? last : `${labels.join(', ')} or ${last}`;
}

function noAlternative(description: string, previous: IToken, actual: IToken | undefined): string {
  const place = previous.image === '' ? 'Here' : `After ${quoted(previous)}`;
  const there = actual === undefined ? 'the file ends here' : found(actual);
  return `${place} must stand ${description}, but ${there}.`;
}

const superfluous = (token: IToken): string =>
  isKeyword(token.tokenType)
    ? `${quoted(token)} does not belong here: a policy, import, let, rule, table, test or prove begins a new part.`
    : `A policy, import, let, rule, table, test or prove must begin here, but ${found(token)}.`;

export const sentences: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual, previous, ruleName }) =>
    mismatch(expected, actual, previous, ruleName),
  buildNotAllInputParsedMessage: ({ firstRedundant }) => superfluous(firstRedundant),
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual, previous, customUserDescription }) =>
    noAlternative(
      customUserDescription ?? choices(expectedPathsPerAlt.flat()),
      previous,
      actual[0],
    ),
  buildEarlyExitMessage: ({ expectedIterationPaths, actual, previous, customUserDescription }) =>
    noAlternative(customUserDescription ?? choices(expectedIterationPaths), previous, actual[0]),
};
