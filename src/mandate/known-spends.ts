/**
 * The spends that a node knows, in the order that all nodes have alike, and what it says of them in few
 * bytes however many they are: ranges of that order, each with a digest, and the ids where they are few.
 * Two nodes whose digests of a range are equal know the same spends there; where they differ, the range is
 * cut in smaller ones until the ids can be listed (range-based set reconciliation: A. Meyer, "Range-Based
 * Set Reconciliation", 2023). A known spend is never forgotten, so whatever a range once held it holds now.
 */
import { type Hash, createHash } from 'node:crypto';

/**
 * A place in the order: between the spends whose key is below it, and the others. The last range ends at
 * `END`, which is above every key.
 */
export type Cut = string;
export const END: Cut = '~';

/** From the end of the range before it, or the beginning, up to `until`; SHA-256 in hex. */
export type KnownRange = { readonly until: Cut; readonly count: number; readonly digest: string };
export type Known = readonly KnownRange[];

/** In how many ranges a node tells what it knows at one time. */
export const RANGES_MAX = 64;
/** Of how many spends a range may be, for its ids to be listed. */
export const LISTED_MAX = 256;
/** How many pieces a range is cut into that is too long to be listed. */
const PIECES = 16;
/** A cut that leaves so many of the newest spends behind it is good for a while. */
const RECENT = 64;
/** New spends are mostly the newest in the order, too: those before them are hashed once. */
const UNSETTLED = 512;

const CREATED_DIGITS = 15;

/** By when the intent was made, in milliseconds since 1970, then by its hash. */
export const keyOf = ({ id, created }: { readonly id: string; readonly created: number }): Cut =>
  `${Math.max(created, 0).toString().padStart(CREATED_DIGITS, '0')}-${id}`;

const idOf = (key: Cut): string => key.slice(CREATED_DIGITS + 1);

/** Ascending, within bounds, and with the end as the last one. */
export const areCuts = (untils: readonly Cut[]): boolean =>
  untils.length <= RANGES_MAX &&
  untils.at(-1) === END &&
  untils.every((until, index) => index === 0 || (untils[index - 1] as Cut) < until);

/** What `ranges` has made, after it was on its way; undefined for anything else. */
export function readKnown(value: unknown): Known | undefined {
  if (!Array.isArray(value)) return undefined;
  const ranges = value.flatMap((range: unknown) => {
    const { until, count, digest } = (range ?? {}) as Record<string, unknown>;
    const areTexts = typeof until === 'string' && typeof digest === 'string';
    return areTexts && typeof count === 'number' ? [{ until, count, digest }] : [];
  });
  return ranges.length === value.length ? ranges : undefined;
}

export const digestOf = (ids: readonly string[]): string =>
  createHash('sha256').update(ids.join('')).digest('hex');

export class KnownSpends {
  /** Ascending. */
  private readonly keys: Cut[] = [];
  /** The ids of the first `count` of them are hashed already. */
  private settled: { readonly hash: Hash; count: number } = {
    hash: createHash('sha256'),
    count: 0,
  };

  get count(): number {
    return this.keys.length;
  }

  /** A spend that was not known. Constant time, amortised, for one of the newest in the order. */
  add(spend: { readonly id: string; readonly created: number }): void {
    const key = keyOf(spend);
    const place = this.placeOf(key);
    this.keys.splice(place, 0, key);
    if (place < this.settled.count) this.settled = { hash: createHash('sha256'), count: 0 };
  }

  /** One range for each of `untils`, the last of which is `END`. */
  ranges(untils: readonly Cut[]): Known {
    return this.bounds(untils).map(({ until, first, end }) => ({
      until,
      count: end - first,
      digest: this.digest(first, end),
    }));
  }

  /** The ids of each range, ascending in the order; none where they are too many. */
  lists(untils: readonly Cut[]): readonly (readonly string[])[] {
    return this.bounds(untils).map(({ first, end }) =>
      end - first > LISTED_MAX ? [] : this.keys.slice(first, end).map(idOf),
    );
  }

  /** Where each range would be cut in about equal pieces; nowhere where it can be listed. */
  splits(untils: readonly Cut[]): readonly (readonly Cut[])[] {
    return this.bounds(untils).map(({ first, end }) => {
      const count = end - first;
      if (count <= LISTED_MAX) return [];
      const places = Array.from({ length: PIECES - 1 }, (_, index) =>
        Math.floor((count * (index + 1)) / PIECES),
      );
      return places.map((place) => this.keys[first + place] as Cut);
    });
  }

  /** The cut before the newest few. */
  recent(): Cut | undefined {
    return this.keys.at(-RECENT);
  }

  private bounds(untils: readonly Cut[]) {
    let end = 0;
    return untils.map((until) => {
      const first = end;
      end = until === END ? this.keys.length : this.placeOf(until);
      return { until, first, end };
    });
  }

  /** How many keys are below this one. */
  private placeOf(key: Cut): number {
    const last = this.keys.at(-1);
    if (last === undefined || last < key) return this.keys.length;
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] as Cut) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private digest(first: number, end: number): string {
    if (first > 0 || end < this.settled.count) {
      return digestOf(this.keys.slice(first, end).map(idOf));
    }
    const due = Math.min(end, this.keys.length - UNSETTLED);
    if (due - this.settled.count >= UNSETTLED) {
      this.settled.hash.update(this.idsText(this.settled.count, due));
      this.settled.count = due;
    }
    const hash = this.settled.hash.copy();
    return hash.update(this.idsText(this.settled.count, end)).digest('hex');
  }

  private idsText(first: number, end: number): string {
    return this.keys.slice(first, end).map(idOf).join('');
  }
}
