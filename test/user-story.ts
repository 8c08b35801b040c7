/** The README's story, as `npm run demo` tells it, on the platform of the test. */
import { expect, test } from 'vitest';
import { createNarrator } from '#demo/narrator.ts';
import { perform } from '#demo/walkthrough.ts';
import type { System } from './system.ts';

export function userStory(system: () => System): void {
  test('50,000 USDC reach the vendor, and three other payments fail: every line is true', async () => {
    const { platform, chain } = system();
    const { url, operatorToken } = platform;
    const told: string[] = [];
    const narrator = createNarrator((line) => void told.push(line), false);
    const stage = { url, operatorToken, rpc: chain.url, isOwn: true, leave: async () => undefined };
    await perform(stage, narrator);
    const { claims, broken } = narrator.summary();
    expect(broken).toEqual([]);
    expect(claims).toBeGreaterThanOrEqual(20);
    expect(told.join('')).toContain('Alice sees: Payment complete');
  });
}
