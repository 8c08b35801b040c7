/** The lines by which two texts differ, as reviewers know them from version control. */

const CONTEXT = 2;

export type DiffLine = {
  readonly kind: 'same' | 'removed' | 'added' | 'gap';
  readonly text: string;
};

const same = (text: string): DiffLine => ({ kind: 'same', text });

/**
 * What must change in `before` to give `after`, with two lines around each change; empty where the
 * texts are equal. Time and space grow with the product of the lines that differ.
 */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  if (before === after) return [];
  const left = before.split('\n');
  const right = after.split('\n');
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head += 1;
  let tail = 0;
  const most = Math.min(left.length, right.length) - head;
  while (tail < most && left.at(-1 - tail) === right.at(-1 - tail)) tail += 1;
  return withoutFarLines([
    ...left.slice(0, head).map(same),
    ...changes(left.slice(head, left.length - tail), right.slice(head, right.length - tail)),
    ...left.slice(left.length - tail).map(same),
  ]);
}

/** By the longest common subsequence. */
function changes(left: readonly string[], right: readonly string[]): readonly DiffLine[] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    const [removed, added] = [left[row], right[column]];
    if (removed !== undefined && removed === added) {
      lines.push({ kind: 'same', text: removed });
      row += 1;
      column += 1;
    } else if (
      removed !== undefined &&
      (added === undefined || at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ kind: 'removed', text: removed });
      row += 1;
    } else {
      lines.push({ kind: 'added', text: added ?? '' });
      column += 1;
    }
  }
  return lines;
}

function withoutFarLines(lines: readonly DiffLine[]): readonly DiffLine[] {
  const changed = lines.flatMap(({ kind }, index) => (kind === 'same' ? [] : [index]));
  const near = new Set(
    changed.flatMap((index) =>
      Array.from({ length: 2 * CONTEXT + 1 }, (_, step) => index - CONTEXT + step),
    ),
  );
  return lines.flatMap((line, index) => {
    if (near.has(index)) return [line];
    const opensGap = index > 0 && near.has(index - 1) && changed.some((change) => change > index);
    return opensGap ? [{ kind: 'gap', text: '...' } as const] : [];
  });
}
