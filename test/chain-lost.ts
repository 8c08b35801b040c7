/** A chain that begins anew under payments. Its platform cannot go on afterwards. */
import { expect, test } from 'vitest';
import { dollars, USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { rpc } from '#testing/chain-rpc.ts';
import type { Company } from './company.ts';
import { openDiary } from './diary.ts';
import { holdBroadcast } from './obstacles.ts';
import type { System } from './system.ts';

const unavailable = {
  code: 'CHAIN_UNAVAILABLE',
  message: expect.stringContaining('lost') as string,
};

export function chainLost(system: () => System, company: () => Company): void {
  test('people are told, and no payment that it forgot is confirmed', async () => {
    const { platform, chain } = system();
    const { alice } = company();
    const wallet = await company().openWallet('Chain lost');
    const diary = openDiary(alice.client);
    const pay = (externalId: string) =>
      alice.client.createTransfer({
        walletId: wallet.id,
        asset: USDC,
        amount: dollars(1),
        to: VENDOR,
        externalId,
      });
    const before = await alice.client.networks();
    expect(before.find(({ id }) => id === 'local-evm')?.alarm).toBeNull();

    // The chain has executed this one, and the worker has not heard of it.
    const sending = await holdBroadcast(system(), wallet, 'sent, and not answered');
    const forgotten = await pay('forgotten');
    await sending.reached;
    await rpc(chain.url, 'anvil_reset');
    await platform.kill('worker');
    await sending.lift();
    await platform.ensureRunning('worker');
    const later = await pay('after-the-loss');

    for (const [{ id }, state] of [
      [forgotten, 'BROADCAST'],
      [later, 'QUEUED'],
    ] as const) {
      await diary.told(id, ({ waiting }) => waiting?.code === unavailable.code);
      expect(await alice.client.transfer(id)).toMatchObject({ state, waiting: unavailable });
    }
    const after = await alice.client.networks();
    expect(after.find(({ id }) => id === 'local-evm')?.alarm).toEqual({
      message: expect.stringContaining('lost its history') as string,
      since: expect.any(String) as string,
    });
    await diary.close();
  });
}
