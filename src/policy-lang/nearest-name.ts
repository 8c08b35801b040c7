/** "Did you mean": the known name that a mistyped one is closest to. */
import type { Span } from './diagnostics.ts';

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

/** What to write instead, and, where there is one candidate only, the change that does it. */
export type Advice =
  | string
  | { readonly hint: string; readonly before: string; readonly text: string };

/** `Did you mean approved-vendors?`, or a list of what there is when nothing is close. */
export function didYouMean(name: string, candidates: Iterable<string>): Advice | undefined {
  const known = [...candidates];
  const near = nearestName(name, known);
  if (near !== undefined) return { hint: `Did you mean ${near}?`, before: name, text: near };
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
