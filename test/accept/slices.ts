/**
 * A long run in slices, each on processes of its own: what a slice has counted is written down when it
 * ends, so that a run which is cut goes on with the next one.
 */
import type { Setting } from './accept-run.ts';

export type Slice = {
  /** Summed over the slices. */
  readonly counts: Readonly<Record<string, number>>;
  /** Joined: single values, of which a figure may be made. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
  readonly breaks: readonly string[];
};

type Total = {
  readonly counts: Readonly<Record<string, number>>;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly breaks: readonly string[];
};

/** Slices that the samples of an earlier command hold are not played again. */
export async function playSlices(
  setting: Setting,
  count: number,
  play: (slice: number) => Promise<Slice>,
): Promise<Total> {
  const done = new Map(
    setting.earlier('slice').map((slice) => [Number(slice['slice']), slice as unknown as Slice]),
  );
  const kept = done.size;
  const began = performance.now();
  for (let slice = 0; slice < count; slice += 1) {
    if (done.has(slice)) continue;
    await setting.mayGoOn();
    const { counts, values = {}, breaks } = await play(slice);
    setting.sample('slice', { slice, counts, values, breaks });
    done.set(slice, { counts, values, breaks });
    const minutes = (performance.now() - began) / 60_000;
    const left = (minutes / (done.size - kept)) * (count - done.size);
    if (count > 1) {
      setting.tell(
        `slice ${done.size} of ${count} after ${minutes.toFixed(1)} minutes, ` +
          `about ${left.toFixed(1)} more`,
      );
    }
  }
  return totalOf([...done.values()]);
}

export function totalOf(slices: readonly Slice[]): Total {
  const counts: Record<string, number> = {};
  const values: Record<string, number[]> = {};
  for (const slice of slices) {
    for (const [name, count] of Object.entries(slice.counts)) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    for (const [name, more] of Object.entries(slice.values ?? {})) {
      (values[name] ??= []).push(...more);
    }
  }
  return { counts, values, breaks: slices.flatMap(({ breaks }) => breaks) };
}

/** Nearest rank; 0 of nothing. */
export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? 0;
