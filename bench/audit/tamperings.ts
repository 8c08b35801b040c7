/**
 * What somebody does to a log who owns the database, all its genuine checkpoints, and the key of one
 * node of three. Each tampering also names the first entry that it makes wrong.
 */
import { FIRST_AUDIT_HASH } from '#core/audit-entry.ts';
import { hex } from '#core/bytes.ts';
import type { EntryLine } from '#mandate/audit-export.ts';
import { CORRUPTED, placed, withCheckpoints } from '#testing/audit-log.ts';
import { leafOf, type Line } from './log.ts';

/** A whole number from 0 to below the limit. */
export type Draw = (limit: number) => number;

export type Tampered = { readonly lines: Iterable<Line>; readonly first: number };
export type Tampering = (log: readonly Line[], draw: Draw) => Tampered;

const isEntry = (line: Line): line is EntryLine => line.kind === 'entry';

/** Where the entry with this sequence is in the log. */
const placeOf = (log: readonly Line[], sequence: number): number => {
  let low = sequence - 1;
  for (; low < log.length; low++) {
    const line = log[low] as Line;
    if (isEntry(line) && line.entry.sequence === sequence) return low;
  }
  throw new RangeError(`no entry ${sequence}`);
};

const countOf = (log: readonly Line[]): number => log.filter(isEntry).length;

const another = (line: EntryLine, draw: Draw): EntryLine => {
  const { entry, detail } = line;
  const changes = [
    { ...line, entry: { ...entry, actor: 'usr_somebody' } },
    { ...line, entry: { ...entry, at: '2026-07-02T00:00:00.000Z' } },
    { ...line, entry: { ...entry, subject: 'trf_other' } },
    { ...line, detail: { ...detail, note: 'another' } },
  ];
  return changes[draw(changes.length)] as EntryLine;
};

/** From this place on the entries follow each other again, with fresh hashes; checkpoints stay. Made as it is read. */
function* rechained(lines: readonly Line[], from: number): Generator<Line> {
  let previous = hex(FIRST_AUDIT_HASH);
  let sequence = 0;
  for (const [place, line] of lines.entries()) {
    if (!isEntry(line)) {
      yield line;
      continue;
    }
    sequence += 1;
    const next = place < from ? line : placed(line, sequence, previous);
    previous = next.hash;
    yield next;
  }
}

/** Once as it is, and once with every later hash made fresh, by the draw. */
const covered = (lines: readonly Line[], place: number, draw: Draw): Iterable<Line> =>
  draw(2) === 0 ? lines : rechained(lines, place);

const anywhere = (log: readonly Line[], draw: Draw) => {
  const sequence = 1 + draw(countOf(log) - 1);
  return { sequence, place: placeOf(log, sequence) };
};

const edit: Tampering = (log, draw) => {
  const { sequence, place } = anywhere(log, draw);
  const lines = log.with(place, another(log[place] as EntryLine, draw));
  return { lines: covered(lines, place, draw), first: sequence };
};

const remove: Tampering = (log, draw) => {
  const { sequence, place } = anywhere(log, draw);
  return { lines: covered(log.toSpliced(place, 1), place, draw), first: sequence };
};

const insert: Tampering = (log, draw) => {
  const { sequence, place } = anywhere(log, draw);
  const extra = another(log[place] as EntryLine, draw);
  return { lines: covered(log.toSpliced(place, 0, extra), place, draw), first: sequence };
};

const reorder: Tampering = (log, draw) => {
  const count = countOf(log);
  const first = 1 + draw(count - 1);
  const second = first + 1 + draw(count - first);
  const [left, right] = [placeOf(log, first), placeOf(log, second)];
  const lines = log.with(left, log[right] as Line).with(right, log[left] as Line);
  return { lines: covered(lines, left, draw), first };
};

/** Ends after one of the genuine checkpoints, but the last: an older tree, valid in itself. */
function older(log: readonly Line[], draw: Draw): readonly Line[] {
  const ends = log.flatMap((line, place) => (isEntry(line) ? [] : [place]));
  return log.slice(0, (ends[draw(ends.length - 1)] as number) + 1);
}

const truncate: Tampering = (log, draw) => {
  const lines = older(log, draw);
  return { lines, first: countOf(lines) + 1 };
};

/** Yesterday's database, on which life went on; the nodes cosign nothing of that. */
const restore: Tampering = (log, draw) => {
  const lines = older(log, draw);
  const first = countOf(lines) + 1;
  const rest = log.slice(lines.length).filter(isEntry);
  const changed = rest.map((line) => another(line, () => 3));
  return { lines: rechained([...lines, ...changed], lines.length), first };
};

/** Another history from some entry on, cosigned by the corrupted node wherever that takes one. */
const fork: Tampering = (log, draw) => {
  const { sequence, place } = anywhere(log, draw);
  const lines = log.with(place, another(log[place] as EntryLine, draw));
  const forked = rechained(lines, place);
  return {
    lines: withCheckpoints(forked, 100, CORRUPTED, { genuine: sequence, leafOf }),
    first: sequence,
  };
};

export const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  edit,
  delete: remove,
  insert,
  reorder,
  truncate,
  restore,
  fork,
};
