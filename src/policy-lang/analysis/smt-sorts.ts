/**
 * The values of a variable as whole numbers for a solver: values that no comparison tells apart share
 * one number, and one number more stands for everything that nobody names.
 */
import type { Comparison } from './formula.ts';
import type { Variables } from './variables.ts';

export type Codes = {
  /** By number, what stands for it; undefined: any value that is not named. */
  readonly values: readonly (string | undefined)[];
  /** The numbers of the values of a set. */
  readonly numbersOf: (values: ReadonlySet<string>) => readonly number[];
};

/** Sets that must be told apart, by variable. */
export type Sets = ReadonlyMap<string, ReadonlySet<ReadonlySet<string>>>;

/** All sets that comparisons and links name. */
export function setsOf(variables: Variables, comparisons: Iterable<Comparison>): Sets {
  const found = new Map<string, Set<ReadonlySet<string>>>();
  const add = (variable: string, values: ReadonlySet<string>): void => {
    found.set(variable, (found.get(variable) ?? new Set<ReadonlySet<string>>()).add(values));
  };
  for (const comparison of comparisons) {
    if (comparison.kind === 'in') add(comparison.variable, comparison.values);
  }
  for (const link of variables.links()) {
    if (link.kind !== 'network') continue;
    for (const [network, assets] of assetsByNetwork(link.networks)) {
      add(link.asset, assets);
      add(link.network, new Set([network]));
    }
  }
  for (const { variable, values } of variables.conditions.values()) add(variable, values);
  return found;
}

export function assetsByNetwork(
  networks: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const [asset, network] of networks) {
    found.set(network, (found.get(network) ?? new Set<string>()).add(asset));
  }
  return found;
}

/**
 * `copies`: how many different values of each kind there must be, so that as many variables can all
 * differ.
 */
export function codesOf(
  sets: Iterable<ReadonlySet<string>>,
  closed: ReadonlySet<string> | undefined,
  copies: number,
): Codes {
  const kinds = new Map<string, number[]>();
  for (const [index, set] of [...sets].entries()) {
    for (const value of set) {
      const kind = kinds.get(value);
      if (kind === undefined) kinds.set(value, [index]);
      else kind.push(index);
    }
  }
  for (const value of closed ?? []) if (!kinds.has(value)) kinds.set(value, []);
  const byKind = new Map<string, string[]>();
  for (const [value, indexes] of kinds) {
    if (closed !== undefined && !closed.has(value)) continue;
    const key = indexes.join(' ');
    const others = byKind.get(key);
    if (others === undefined) byKind.set(key, [value]);
    else if (others.length < copies) others.push(value);
  }
  const values: (string | undefined)[] = [...byKind.values()].flat();
  if (closed === undefined) for (let copy = 0; copy < copies; copy++) values.push(undefined);
  return {
    values,
    numbersOf: (set) =>
      values.flatMap((value, number) => (value !== undefined && set.has(value) ? number : [])),
  };
}
