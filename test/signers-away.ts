/** Two of three signer nodes are enough, and one is not. */
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

  test('with one of three nodes stopped payments go on', async () => {
    await system().platform.halt('signer-1');
    expect(await wellNodes()).not.toContain(1);
    // More than one, because the worker takes the nodes in turns.
    for (const number of [1, 2, 3]) {
      const { id } = await pay(`one-away-${number}`);
      expect(await diary.ended(id)).toBe('CONFIRMED');
    }
  });

  test('with two stopped a payment waits and says so, and completes when one returns', async () => {
    const { platform } = system();
    await platform.halt('signer-1');
    await platform.halt('signer-2');
    const { id } = await pay('two-away');
    await diary.told(id, ({ waiting }) => waiting?.code === 'SIGNERS_UNAVAILABLE');
    const { client } = company().alice;
    expect(await client.transfer(id)).toMatchObject({
      state: 'SIGNING',
      waiting: { code: 'SIGNERS_UNAVAILABLE', message: expect.stringMatching(/signer/i) as string },
    });
    await platform.ensureRunning('signer-2');
    expect(await diary.ended(id)).toBe('CONFIRMED');
    expect(await client.transfer(id)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  });
}
