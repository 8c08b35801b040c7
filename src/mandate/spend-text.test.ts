import { beforeAll, expect, test } from 'vitest';
import { PayingCompany } from '#testing/paying-company.ts';
import type { Spend } from './ledger.ts';
import { readSpend, spendText } from './spend-text.ts';
import { verifyMandate } from './verify-mandate.ts';

let spends: readonly Spend[];

beforeAll(async () => {
  const company = await PayingCompany.open();
  const made: Spend[] = [];
  for (const wallet of ['operations', 'solana'] as const) {
    const { mandate } = await company.pay({ wallet });
    const { spend } = verifyMandate(mandate, company.own(wallet));
    if (spend !== undefined) made.push(spend, { ...spend, quotes: [], transactions: [] });
  }
  const { mandate } = await company.pay({ kind: 'allowance' });
  const { spend } = verifyMandate(mandate, company.own('operations'));
  if (spend !== undefined) made.push(spend, { ...spend, activity: 'unlimited-allowance' });
  spends = made;
});

test('a spend is read as it was written', () => {
  expect(spends).toHaveLength(6);
  for (const spend of spends) expect(readSpend(spendText(spend))).toEqual(spend);
});

test('any other text is refused', () => {
  const [spend] = spends;
  const text = spend === undefined ? '' : spendText(spend);
  const others = [
    '',
    '{}',
    ` ${text}`,
    text.replace('"nonce":"7"', '"nonce":"07"'),
    text.replace('"nonce":"7"', '"nonce":7'),
    text.replace('"feeMax":', '"fee":'),
    text.replace('transactions":[', 'transactions":[null,'),
    text.replace('"digests":["', '"digests":[["'),
    text.replace('spend/v1', 'spend/v2'),
    text.replace('\\"activity\\":\\"transfer\\"', '\\"activity\\":\\"contract-call\\"'),
  ];
  expect(new Set([...others, text]).size).toBe(others.length + 1);
  for (const other of others) {
    expect(() => readSpend(other), other).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  }
});
