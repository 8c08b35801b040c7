/** Many requests at the same moment, through the API of a running platform. */
import { beforeAll, expect, test } from 'vitest';
import type { Transfer, Wallet } from '#sdk/types.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { type Company, foundCompany } from './company.ts';
import { begin, sign, submit } from './signed-request.ts';
import type { System } from './system.ts';

/** Above the 10,000 USD from which a manager must approve, so that nothing is signed here. */
const EACH = 20_000;
const ADMITTED = 40;

export function atOnce(system: () => System): void {
  let company: Company;
  let wallet: Wallet;
  beforeAll(async () => {
    const limit = (EACH * ADMITTED).toString();
    company = await foundCompany(system(), { name: 'Limited', limit });
    wallet = await company.openWallet('Limited');
    return () => company.close();
  });

  const payment = (externalId: string, amount = dollars(EACH)) => ({
    walletId: wallet.id,
    asset: USDC,
    amount,
    to: VENDOR,
    externalId,
  });

  test('50 identical calls of createTransfer make one transfer, and all get it', async () => {
    const { alice } = company;
    const input = payment('once');
    const userAction = await sign(alice.authenticator, await begin(alice, 'createTransfer', input));
    const calls = Array.from({ length: 50 }, () =>
      submit(alice, 'createTransfer', input, userAction),
    );
    const answers = (await Promise.all(calls)) as readonly { readonly transfer: Transfer }[];
    expect(new Set(answers.map(({ transfer }) => transfer.id)).size).toBe(1);
    const { items } = await alice.client.transfers({ first: 100 });
    expect(items.map(({ externalId }) => externalId)).toEqual(['once']);
    const other = alice.client.createTransfer(payment('once', dollars(EACH + 1)));
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await alice.client.cancelTransfer({ transferId: items[0]?.id ?? '' });
  });

  test('of 100 transfers at once against a daily limit for 40, exactly 40 pass', async () => {
    const { client } = company.alice;
    const calls = Array.from({ length: 100 }, (_, index) =>
      client.createTransfer(payment(`at-once-${index}`)),
    );
    const transfers = await Promise.all(calls);
    const { PENDING_APPROVAL = [], REJECTED = [] } = Object.groupBy(
      transfers,
      (each) => each.state,
    );
    expect([PENDING_APPROVAL.length, REJECTED.length]).toEqual([ADMITTED, 100 - ADMITTED]);
    expect(new Set(REJECTED.map(({ reason }) => reason?.code))).toEqual(
      new Set(['LIMIT_EXCEEDED']),
    );
  });
}
