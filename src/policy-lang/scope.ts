/** What the names in a bundle stand for, while it is checked. */
import { type AssetId, symbolOf } from '#core/money.ts';
import type { AggregateNeed, GroupMember } from './compiled-policy.ts';
import type { Span } from './diagnostics.ts';
import type { AddressList } from './list-file.ts';
import { didYouMean } from './nearest-name.ts';
import type { Report } from './report.ts';
import type { Written } from './syntax.ts';
import type { World } from './world.ts';

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
  /** Definitions that are recognised but not supported: using them is not a second mistake. */
  readonly lets: ReadonlySet<string>;
  /** Totals that conditions compare, by key; filled while conditions are checked. */
  readonly needs: Map<string, AggregateNeed>;
  /** Names of lists and groups that something uses; filled while rules are checked. */
  readonly used: Set<string>;
  /** False where syntax errors hid parts of the bundle: an unknown name may be defined there. */
  readonly complete: boolean;
};

/** Reports a name that nothing defines, unless its definition may stand in an unreadable part. */
export function unknownName(
  scope: Scope,
  written: Written,
  what: string,
  candidates: Iterable<string>,
): void {
  if (!scope.complete) return;
  scope.report.add('UNKNOWN_NAME', written.span, `There is no ${what} "${written.text}".`, () =>
    didYouMean(written.text, candidates),
  );
}

export function unsupported(scope: Scope, span: Span, construct: string, hint?: string): void {
  const message = `This version does not support ${construct}.`;
  scope.report.add('UNSUPPORTED', span, message, hint);
}

export function findAsset(scope: Scope, written: Written): AssetId | undefined {
  const id = written.text as AssetId;
  if (scope.world.assets.has(id)) return id;
  scope.report.add('UNKNOWN_NAME', written.span, `There is no asset "${written.text}".`, () =>
    didYouMean(written.text, scope.world.assets.keys()),
  );
  return undefined;
}

/** Every asset that carries a symbol, e.g. USDC on several networks. */
export const assetsOfSymbol = (world: World, symbol: string): readonly AssetId[] =>
  [...world.assets.keys()].filter((asset) => symbolOf(asset) === symbol);

export const symbolsOf = (world: World): readonly string[] => [
  ...new Set([...world.assets.keys()].map(symbolOf)),
];
