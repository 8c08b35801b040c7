/** The Solana chain stopped, and killed, under payments. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '#chains/connect.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import type { Wallet } from '#sdk/types.ts';
import { dollars } from '#testing/acme.ts';
import { VENDOR_ON_SOLANA } from '#testing/acme-policy.ts';
import type { Company } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

const USDC = findAsset('USDC@local-solana');

export function solanaAway(system: () => System, company: () => Company): void {
  let wallet: Wallet;
  let diary: Diary;
  beforeAll(async () => {
    wallet = await company().openSolanaWallet('Solana away');
    diary = openDiary(company().alice.client);
  });
  afterAll(async () => {
    await diary?.close();
    await system().platform.ensureRunning('solana');
  });

  const pay = (externalId: string) =>
    company().alice.client.createTransfer({
      walletId: wallet.id,
      asset: USDC.id,
      amount: dollars(1),
      to: VENDOR_ON_SOLANA,
      externalId,
    });

  async function held(): Promise<bigint> {
    const chain = connect(findNetwork('local-solana'), system().platform.rpcSolana);
    const [money] = await chain.balances(VENDOR_ON_SOLANA, [USDC]);
    chain.close();
    return money?.units ?? 0n;
  }

  test('payments wait while the chain is away, and its death by kill -9 loses none', async () => {
    const { platform } = system();
    const before = await held();
    await platform.halt('solana');
    const { id } = await pay('solana-away');
    await diary.told(id, ({ waiting }) => waiting?.code === 'CHAIN_UNAVAILABLE');
    await platform.ensureRunning('solana');
    expect(await diary.ended(id)).toBe('CONFIRMED');
    for (const number of [1, 2]) {
      const killed = await pay(`solana-killed-${number}`);
      await platform.kill('solana');
      await platform.ensureRunning('solana');
      expect(await diary.ended(killed.id)).toBe('CONFIRMED');
    }
    expect((await held()) - before).toBe(3_000_000n);
  });
}
