import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Exact, compare, worth } from '#policy-lang/values/exact.ts';
import { quoteAt } from '#policy-lang/deciding/quotes.ts';

/** Values that the requests of a policy's tests have in a currency, at the prices that they give. */
export type TestedValues = { has(value: Exact): boolean };

export function valuesOfTests({ program }: CompiledPolicy, currency: string): TestedValues {
  const values = program.tests.flatMap(({ facts, prices, now }): readonly Exact[] => {
    const { asset, units } = facts;
    if (asset === undefined || units === undefined) return [];
    const quote = quoteAt(prices.get(asset), currency, now);
    const fact = program.linked.assets.get(asset);
    return quote === undefined || fact === undefined
      ? []
      : [worth(units, fact.decimals, quote.price)];
  });
  return { has: (value) => values.some((tried) => compare(tried, value) === 0) };
}
