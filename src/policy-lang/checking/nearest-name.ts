/** "Did you mean": the known name that a mistyped one is closest to. */
import type { Span } from '#policy-lang/diagnostics.ts';

const LONGEST_NAME = 64;

/**
 * The candidate with the fewest changed, added, dropped or swapped letters, if they are few enough
 * for the two to be the same word. The first of equals wins.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let best: string | undefined;
  let fewest = Math.min(3, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const changes = distance(name, candidate);
    if (changes < fewest) {
      best = candidate;
      fewest = changes;
    }
  }
  return best;
}

/** Optimal string alignment distance. */
function distance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      let fewest = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + same,
      );
      if (left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        fewest = Math.min(fewest, (beforeLast[column - 2] ?? fewest) + 1);
      }
      current.push(fewest);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] as number;
}

/** What to write instead, and, where something is close, the change that does it. */
export type Advice =
  | string
  | {
      readonly hint: string;
      readonly before: string;
      readonly text: string;
      /** It may be another name that is meant: a person decides. */
      readonly isGuess?: true;
    };

/**
 * Whether a name is another one with a slip of the fingers: one letter dropped, added or swapped
 * with the next, behind the first. Another letter or digit makes another name (`USDT`, `tier-2`,
 * `vendors-us`), and so does any change to the symbol of an asset (`WETH`, `USDCe`).
 */
export function isSlip(name: string, meant: string): boolean {
  const symbol = meant.slice(0, meant.indexOf('@') + 1);
  if (!name.startsWith(symbol) || name[symbol.length] !== meant[symbol.length]) return false;
  if (distance(name, meant) !== 1) return false;
  const [long, short] = name.length > meant.length ? [name, meant] : [meant, name];
  if (long.length === short.length) return isSwapped(name, meant);
  const at = [...long].findIndex((letter, index) => letter !== short[index]);
  return /[A-Za-z]/.test(long[at] ?? '');
}

const isSwapped = (name: string, meant: string): boolean =>
  [...name].toSorted().join('') === [...meant].toSorted().join('') &&
  !/\d/.test(changed(name, meant));

const changed = (name: string, meant: string): string =>
  [...name].filter((letter, index) => letter !== meant[index]).join('');

/** `Did you mean approved-vendors?`, or a list of what there is when nothing is close. */
export function didYouMean(name: string, candidates: Iterable<string>): Advice | undefined {
  const known = [...candidates];
  const near = nearestName(name, known);
  if (near !== undefined) {
    const slips = new Set(known.filter((candidate) => isSlip(name, candidate)));
    const isClear = slips.size === 1 && slips.has(near);
    const advice = { hint: `Did you mean ${near}?`, before: name, text: near };
    return isClear ? advice : { ...advice, isGuess: true };
  }
  if (known.length === 0 || known.length > 12) return undefined;
  return `Known are: ${known.join(', ')}.`;
}

/** The same for a word where it stands, in quotes or without. */
export function nameAdvice(
  { text, span }: { readonly text: string; readonly span: Span },
  candidates: Iterable<string>,
): Advice | undefined {
  const advice = didYouMean(text, candidates);
  const isQuoted = span.end.offset - span.start.offset === text.length + 2;
  if (typeof advice !== 'object' || !isQuoted) return advice;
  return { ...advice, before: `"${text}"`, text: `"${advice.text}"` };
}
