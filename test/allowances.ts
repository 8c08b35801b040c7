/** Allowances on real signer nodes and a real chain: what they let leave counts as if it had left. */
import { Contract, JsonRpcProvider } from 'ethers';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAsset } from '#chains/registry.ts';
import type { Wallet } from '#sdk/types.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type Company, foundCompany } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

const ENDLESS = `rule endless "Vendors may take without a bound" {
  applies to unlimited-allowance
  when    recipient in approved-vendors
  then    allow with approval by 1 of managers
}
`;

export function allowances(system: () => System): void {
  let company: Company;
  let wallet: Wallet;
  let diary: Diary;
  beforeAll(async () => {
    const shape = { name: 'Lending', limit: '9,000', governs: 'transfer, allowance' };
    company = await foundCompany(system(), shape);
    wallet = await company.openWallet('Lending');
    diary = openDiary(company.alice.client);
  });
  afterAll(async () => {
    await diary?.close();
    company?.close();
  });

  const common = (externalId: string) => ({ walletId: wallet.id, asset: USDC, externalId });
  const pay = (externalId: string, dollar: number) =>
    company.alice.client.createTransfer({
      ...common(externalId),
      to: VENDOR,
      amount: dollars(dollar),
    });
  const allowed = (): Promise<bigint> => {
    const token = new Contract(
      findAsset(USDC).contract ?? '',
      ['function allowance(address, address) view returns (uint256)'],
      new JsonRpcProvider(system().chain.url),
    );
    return token.getFunction('allowance')(wallet.address, VENDOR) as Promise<bigint>;
  };

  test('an allowance reaches the chain, and leaves that much less of the limit', async () => {
    const input = { ...common('lent'), spender: VENDOR, amount: dollars(5_000) };
    const { id } = await company.alice.client.createAllowance(input);
    expect(await diary.ended(id)).toBe('CONFIRMED');
    expect(await allowed()).toBe(BigInt(dollars(5_000)));
    const refused = await pay('too-much', 4_001);
    expect(refused).toMatchObject({ state: 'REJECTED', reason: { code: 'LIMIT_EXCEEDED' } });
  });

  test('nodes refuse a payment for which a gateway has forgotten the allowance', async () => {
    const client = new pg.Client({ connectionString: system().platform.databaseUrl });
    await client.connect();
    try {
      await client.query('update reservations set released_at = at where wallet_id = $1', [
        wallet.id,
      ]);
    } finally {
      await client.end();
    }
    const { id, state } = await pay('forgotten', 4_001);
    expect(state).toBe('QUEUED');
    expect(await diary.ended(id)).toBe('FAILED');
    const { reason, transaction } = await company.alice.client.transfer(id);
    expect(reason?.code).toBe('EVIDENCE_REJECTED');
    expect(transaction?.hash ?? null).toBeNull();
  });

  test('one without a bound is refused, until the policy in force names it', async () => {
    wallet = await company.openWallet('Endless');
    const ask = (externalId: string) =>
      company.alice.client.createAllowance({
        ...common(externalId),
        spender: VENDOR,
        unlimited: true,
      });
    expect(await ask('unnamed')).toMatchObject({
      state: 'REJECTED',
      reason: { code: 'POLICY_DENIED' },
      display: 'unlimited allowance of USDC',
    });
    const managers = ['bob@acme.example'];
    const governs = 'transfer, unlimited-allowance';
    const named = policyFiles({ version: 2, governs, managers });
    const rules = /rule daily-limit [^]*$/;
    const files = named.files.map(({ path, content }) => ({
      path,
      content: path.endsWith('.policy') ? content.replace(rules, ENDLESS) : content,
    }));
    await company.carol.client.publishPolicy({ files });
    const asked = await ask('named');
    expect(asked).toMatchObject({ kind: 'ALLOWANCE', unlimited: true, state: 'PENDING_APPROVAL' });
    const { client } = company.bob;
    const shown = await client.approval(asked.approvals[0]?.id ?? '');
    expect(shown.transfer).toMatchObject({ kind: 'ALLOWANCE', unlimited: true, to: VENDOR });
    await client.decideApproval({ approvalId: shown.id, decision: 'APPROVE' }, shown);
    expect(await diary.ended(asked.id)).toBe('CONFIRMED');
    expect(await allowed()).toBe(2n ** 256n - 1n);
  });
}
