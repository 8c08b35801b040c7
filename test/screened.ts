/** Payments under a policy that reads a screening, by a provider that may dawdle, warn and lie. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { paymentsOf } from './chain-record.ts';
import { type Company, foundCompany } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { Saying } from './screening-provider.ts';
import type { System } from './system.ts';

const SCREENED = `rule screened "Nothing goes to whom the provider warns of" {
  when    screening.alert-level >= HIGH
  then    block "Screening found a high risk"
}
`;

export function screened(system: () => System): void {
  let company: Company;
  let wallet: Wallet;
  let diary: Diary;
  beforeAll(async () => {
    const shape = { name: 'Screened', limit: '1,000,000,000', more: SCREENED };
    company = await foundCompany(system(), shape);
    wallet = await company.openWallet('Screened');
    diary = openDiary(company.alice.client);
  });
  afterAll(async () => {
    await diary?.close();
    company?.close();
  });

  /** Each payment has an amount of its own, by which provider and chain know it. */
  const pay = async (amount: string, saying: Saying): Promise<string> => {
    system().screening.say(amount, saying);
    const input = { walletId: wallet.id, asset: USDC, amount, to: VENDOR, externalId: amount };
    return (await company.alice.client.createTransfer(input)).id;
  };
  const onChain = async (amount: string): Promise<number> => {
    const moved = { from: wallet.address ?? '', to: VENDOR, units: BigInt(amount) };
    return (await paymentsOf(system().chain.url, moved)).length;
  };

  test('a payment waits while the provider works, and goes once it has cleared it', async () => {
    const amount = '1000001';
    const id = await pay(amount, 'pending');
    const waits = await diary.told(id, ({ waiting }) => waiting?.code === 'SCREENING_UNAVAILABLE');
    expect(waits.state).toBe('PENDING_POLICY');
    system().screening.say(amount, 'clear');
    expect(await diary.ended(id)).toBe('CONFIRMED');
    expect(await onChain(amount)).toBe(1);
  });

  test('a payment of which the provider warns is denied before any node is asked', async () => {
    const amount = '1000002';
    const id = await pay(amount, 'hit');
    expect(await diary.ended(id)).toBe('REJECTED');
    const { decision } = await company.alice.client.transfer(id);
    expect(decision?.reasons).toMatchObject([{ rule: 'screened' }]);
    expect(await onChain(amount)).toBe(0);
  });

  test('what no trusted provider has signed of a payment never passes the nodes', async () => {
    const lies: readonly Saying[] = ['unsigned', 'forged', 'of another'];
    const [key] = (await company.ada.client.keys()).items;
    const payments: { readonly amount: string; readonly id: string }[] = [];
    for (const [index, lie] of lies.entries()) {
      // A payment that waits keeps later ones of its wallet waiting.
      wallet = await company.openWallet(lie, key?.id);
      const amount = `${1_000_003 + index}`;
      payments.push({ amount, id: await pay(amount, lie) });
    }
    for (const { id, amount } of payments) {
      const refused = await diary.told(id, ({ waiting }) => NO_NODE.test(waiting?.message ?? ''));
      expect(refused.state).toBe('SIGNING');
      expect(system().screening.asked(amount)).toBeGreaterThan(1);
    }
    // The platform itself had let all of them pass; the provider's own word lets them go.
    for (const { amount } of payments) system().screening.say(amount, 'clear');
    for (const { id } of payments) expect(await diary.ended(id)).toBe('CONFIRMED');
  });

  test('the nodes deny what the provider has signed a warning of, whatever the platform was told', async () => {
    const amount = '1000006';
    const id = await pay(amount, 'two-faced');
    expect(await diary.ended(id)).toBe('FAILED');
    const { decision, reason } = await company.alice.client.transfer(id);
    expect(decision?.outcome).toBe('ALLOW');
    expect(reason?.message).toMatch(/nodes refuse.*POLICY_DENIED: Screening found a high risk/);
    expect(await onChain(amount)).toBe(0);
  });
}

const NO_NODE = /0 of 3 nodes have it in writing, 3 must: version 1 blocks it/;
