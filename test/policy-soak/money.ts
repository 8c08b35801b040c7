/**
 * Money at its limits: amounts up to 2^256 - 1 base units of assets with 0 to 30 decimals, prices
 * with 18. A limit is read exactly or refused with POLICY_OVERFLOW, and a request is above, at or
 * below it exactly.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AssetId, MAX_UNITS, type NetworkId, type Price } from '#core/money.ts';
import { parseInstant } from '#core/time.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';
import { propertySoak } from './soak.ts';
import { rulebookFile } from './world.ts';

const DECIMALS = [0, 6, 18, 30];
const assetOf = (decimals: number): AssetId => `COIN${decimals}@ethereum` as AssetId;
const WORLD: World = {
  assets: new Map(
    DECIMALS.map((decimals) => [
      assetOf(decimals),
      { decimals, network: 'ethereum' as NetworkId, family: 'evm' as const },
    ]),
  ),
};
const NOW = parseInstant('2026-08-03T12:00:00Z');
const KEY = 'sum(value) over last 24h by wallet in USD';

/** `digits / 10^places` as people write it, with all zeros. */
function written(digits: bigint, places: number): string {
  const text = digits.toString().padStart(places + 1, '0');
  const whole = text.slice(0, text.length - places);
  return places === 0 ? whole : `${whole}.${text.slice(text.length - places)}`;
}

function compile(condition: string): ReturnType<typeof compileBundle> {
  const text = `policy "Money" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer
  otherwise block
}
rule limit { when ${condition} then allow because "x" }`;
  return compileBundle([rulebookFile(text)], WORLD);
}

/** Whether the rule matches. */
function allows(
  policy: CompiledPolicy,
  moved: {
    readonly asset: AssetId;
    readonly units: bigint;
    readonly price?: Price;
    readonly before?: bigint;
  },
): boolean {
  const { asset, units, price, before = 0n } = moved;
  const quotes = price === undefined ? [] : [{ price, asOf: NOW, maxAgeMs: 1, source: 'x' }];
  const snapshot: Snapshot = {
    now: NOW,
    activity: 'transfer',
    request: { wallet: { id: 'wa-1' }, asset, units },
    prices: new Map([[asset, quotes]]),
    aggregates: new Map([[KEY, { total: before }]]),
  };
  return decide(policy, snapshot).outcome === 'ALLOW';
}

/** What is left of `order` when both sides are whole numbers. */
const isAbove = (order: string, left: bigint, right: bigint): boolean =>
  order === '>'
    ? left > right
    : order === '>='
      ? left >= right
      : order === '<'
        ? left < right
        : left <= right;

const order = fc.constantFrom('>', '>=', '<', '<=');
const decimals = fc.constantFrom(...DECIMALS);
/** Dense at both ends, and beyond the upper one. */
const units = fc.oneof(
  fc.bigInt(0n, 1_000n),
  fc.bigInt(0n, MAX_UNITS),
  fc.bigInt(0n, 1_000n).map((less) => MAX_UNITS - less),
);
const limit = fc.oneof(
  units,
  fc.bigInt(1n, 1_000n).map((more) => MAX_UNITS + more),
);
const price: fc.Arbitrary<Price> = fc
  .oneof(fc.bigInt(0n, 10n ** 18n), fc.bigInt(0n, 10n ** 36n), fc.constantFrom(0n, 1n))
  .map((scaled) => ({ currency: 'USD', scaled, scale: 18 }));

/** Compiles the limit, or requires that it is refused as too large; undefined then. */
function limited(condition: string, limitUnits: bigint): CompiledPolicy | undefined {
  const { policy, diagnostics } = compile(condition);
  const codes = diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  assert.deepEqual(codes, limitUnits > MAX_UNITS ? ['POLICY_OVERFLOW'] : []);
  return policy;
}

const near = (middle: bigint): readonly bigint[] =>
  [middle - 1n, middle, middle + 1n].filter((one) => one >= 0n && one <= MAX_UNITS);

export const amountSoak = propertySoak(
  {
    id: 'amounts',
    claim: 'a limit of an amount is exact up to 2^256 - 1 base units, and refused beyond',
    runs: { short: 150, full: 50_000 },
  },
  fc.tuple(limit, decimals, order, units),
  ([most, places, sign, moved]) => {
    const asset = assetOf(places);
    const amount = `${written(most, places)} COIN${places}`;
    const policy = limited(`asset is ${asset} and amount ${sign} ${amount}`, most);
    if (policy === undefined) return;
    for (const one of [...near(most), moved]) {
      assert.equal(allows(policy, { asset, units: one }), isAbove(sign, one, most));
    }
  },
);

export const valueSoak = propertySoak(
  {
    id: 'values',
    claim: 'a value is compared exactly with prices of 18 decimals, alone and in a total',
    runs: { short: 150, full: 50_000 },
  },
  fc.tuple(
    fc.oneof(fc.bigInt(0n, 10n ** 12n), limit),
    decimals,
    order,
    units,
    price,
    fc.bigInt(0n, MAX_UNITS),
  ),
  ([cents, places, sign, moved, quoted, before]) => {
    const asset = assetOf(places);
    const one = 10n ** BigInt(places + 18);
    const amount = `${written(cents, 2)} USD`;
    const alone = limited(`value ${sign} ${amount}`, cents);
    const total = limited(`sum(value) over last 24h by wallet ${sign} ${amount}`, cents);
    if (alone === undefined || total === undefined) return;
    // The units whose worth is nearest to the limit. A price of zero is none, and allows nothing.
    const isPriced = quoted.scaled > 0n;
    const edge = isPriced ? (cents * one) / (quoted.scaled * 100n) : 0n;
    for (const each of [...near(edge), moved]) {
      const worth = each * quoted.scaled * 100n;
      const request = { asset, units: each, price: quoted, before };
      assert.equal(allows(alone, request), isPriced && isAbove(sign, worth, cents * one));
      const together = worth + before * one;
      assert.equal(allows(total, request), isPriced && isAbove(sign, together, cents * one));
    }
  },
);
