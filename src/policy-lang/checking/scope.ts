/** What the names in a bundle stand for, while it is checked. */
import { type AssetId, symbolOf } from '#core/money.ts';
import type { ContractSet } from '#policy-lang/imports/contract-file.ts';
import type { Definitions } from './check-lets.ts';
import type { AggregateNeed, GroupMember } from '#policy-lang/compiled-policy.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import type { AddressList } from '#policy-lang/imports/list-file.ts';
import { interned } from '#policy-lang/deciding/interned.ts';
import { reportUnknown } from '#policy-lang/checks/known-names.ts';
import type { Report } from './report.ts';
import type { Registry } from '#policy-lang/registry.ts';
import type { Activity } from '#policy-lang/snapshot.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';
import type { World } from '#policy-lang/world.ts';

/** Currencies that a value can be compared in; each has two decimals. */
export const CURRENCIES: readonly string[] = ['USD', 'EUR', 'GBP', 'CHF', 'CAD', 'AUD', 'SGD'];

export type Imported<T> = {
  readonly span: Span;
  readonly name: string;
  readonly content: T;
};

export type Scope = {
  readonly world: World;
  readonly report: Report;
  readonly lists: ReadonlyMap<string, Imported<AddressList>>;
  readonly groups: ReadonlyMap<string, Imported<readonly GroupMember[]>>;
  readonly contracts: ReadonlyMap<string, Imported<ContractSet>>;
  /** The lists and groups of these that come from the registry, as it has them. */
  readonly registry: Registry;
  readonly lets: Definitions;
  /** Of the header; every activity where it does not say. */
  readonly governs: readonly Activity[];
  /** In which calendar windows begin: the header's, or UTC. */
  readonly zone: string;
  /** Totals that conditions compare, by key; filled while conditions are checked. */
  readonly needs: Map<string, AggregateNeed>;
  /** `list banned`, `let stable`: names that something uses; filled while rules are checked. */
  readonly used: Set<string>;
  /** False where syntax errors hid parts of the bundle: an unknown name may be defined there. */
  readonly complete: boolean;
};

/** Reports a name that nothing in the bundle defines. */
export const unknownName = (
  scope: Scope,
  written: Written,
  what: string,
  candidates: Iterable<string>,
): void => reportUnknown(scope, written, `There is no ${what} "${written.text}".`, candidates);

export function findAsset({ world, report }: Scope, written: Written): AssetId | undefined {
  const id = written.text as AssetId;
  if (world.assets.has(id)) return interned(id);
  reportUnknown({ report }, written, `There is no asset "${written.text}".`, world.assets.keys());
  return undefined;
}

/** Every asset that carries a symbol, e.g. USDC on several networks. */
export const assetsOfSymbol = (world: World, symbol: string): readonly AssetId[] =>
  [...world.assets.keys()].filter((asset) => symbolOf(asset) === symbol);

export const symbolsOf = (world: World): readonly string[] => [
  ...new Set([...world.assets.keys()].map(symbolOf)),
];
