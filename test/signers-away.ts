/** All three signer nodes must have a payment in writing, two of which sign it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wallet } from '#sdk/types.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { Company } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

export function signersAway(system: () => System, company: () => Company): void {
  let wallet: Wallet;
  let diary: Diary;
  beforeAll(async () => {
    wallet = await company().openWallet('Signers away');
    diary = openDiary(company().alice.client);
  });
  afterAll(async () => {
    await diary?.close();
    const { platform } = system();
    for (const party of [1, 2, 3]) await platform.ensureRunning(`signer-${party}`);
  });

  const pay = (externalId: string) =>
    company().alice.client.createTransfer({
      walletId: wallet.id,
      asset: USDC,
      amount: dollars(1),
      to: VENDOR,
      externalId,
    });

  const wellNodes = async () =>
    (await company().ada.client.signers()).flatMap(({ healthy, party }) => (healthy ? party : []));

  test('with a node stopped a payment waits and says so, and completes when it returns', async () => {
    const { platform } = system();
    await platform.halt('signer-1');
    expect(await wellNodes()).not.toContain(1);
    const { id } = await pay('one-away');
    await diary.told(id, ({ waiting }) => waiting?.code === 'SIGNERS_UNAVAILABLE');
    const { client } = company().alice;
    expect(await client.transfer(id)).toMatchObject({
      state: 'SIGNING',
      waiting: {
        code: 'SIGNERS_UNAVAILABLE',
        // It waits for the proof of its request or, where that was there before, for receipts.
        message: expect.stringMatching(
          /2 of 3 nodes (?:cosigned the audit log|have it in writing), 3 must/,
        ) as string,
      },
    });
    await platform.ensureRunning('signer-1');
    expect(await diary.ended(id)).toBe('CONFIRMED');
    expect(await client.transfer(id)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  });
}
