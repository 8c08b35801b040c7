/** The README's story, as `npm run demo` tells it, on the platform of the test. */
import { expect, test } from 'vitest';
import { mintTestUsdc } from '#chains/evm/local.ts';
import { createNarrator } from '#demo/narrator.ts';
import { perform } from '#demo/walkthrough.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { System } from './system.ts';

export function userStory(system: () => System): void {
  test('50,000 USDC reach the vendor, and three other payments fail: every line is true', async () => {
    const { platform, chain } = system();
    const { url, origin, operatorToken, rpcSolana } = platform;
    const told: string[] = [];
    let other: Promise<unknown> | undefined;
    const narrator = createNarrator((line) => {
      told.push(line);
      // Somebody else pays the same vendor meanwhile, and the demo's lines are true all the same.
      if (line.includes('Bob is notified')) other = mintTestUsdc(chain.url, VENDOR, 7n);
    }, false);
    const stage = { url, origin, operatorToken, rpc: chain.url, rpcSolana, isOwn: true };
    await perform({ ...stage, leave: async () => undefined }, narrator);
    await other;
    expect(other).toBeDefined();
    const { claims, broken } = narrator.summary();
    expect(broken).toEqual([]);
    expect(claims).toBeGreaterThanOrEqual(28);
    expect(told.join('')).toContain('Alice sees: Payment complete');
  });
}
