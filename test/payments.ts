/** Payments that a test makes, and what must be true of each, whatever happened on its way. */
import { expect } from 'vitest';
import type { CreateTransferInput, Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { paymentsOf, pendingOf, sentBy } from './chain-record.ts';
import type { Company } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

export type Payment = {
  readonly input: CreateTransferInput;
  readonly wallet: Wallet;
  readonly transfer: string;
  /** The approval that it needed. */
  readonly approval: string | undefined;
};

export type Books = {
  readonly system: System;
  readonly company: Company;
  readonly diary: Diary;
  /** How many payments each wallet has made so far, by its address. */
  readonly made: Map<string, number>;
};

export const openBooks = (system: System, company: Company): Books => ({
  system,
  company,
  diary: openDiary(company.alice.client),
  made: new Map(),
});

/** One USDC. */
export const SMALL = 1_000_000n;
/** Above the 10,000 USD from which a manager must approve. */
export const LARGE = 20_000_000_000n;

let count = 0;

/** Each payment has an amount of its own, by which it is found on the chain. */
export function order(
  { made }: Books,
  { id, address }: Wallet,
  least: bigint,
): CreateTransferInput {
  const number = ++count;
  made.set(address ?? '', (made.get(address ?? '') ?? 0) + 1);
  const amount = (least + BigInt(number)).toString();
  return { walletId: id, asset: USDC, amount, to: VENDOR, externalId: `payment-${number}` };
}

export async function send(
  { company }: Books,
  wallet: Wallet,
  input: CreateTransferInput,
): Promise<Payment> {
  const { id, approvals } = await company.alice.client.createTransfer(input);
  return { input, wallet, transfer: id, approval: approvals[0]?.id };
}

export async function approve({ company }: Books, { approval = '' }: Payment): Promise<void> {
  const { client } = company.bob;
  const shown = await client.approval(approval);
  await client.decideApproval({ approvalId: approval, decision: 'APPROVE' }, shown);
}

const AFTER_APPROVAL = ['QUEUED', 'SIGNING', 'BROADCAST', 'CONFIRMED'];

/** One payment, one entry and one event for each step, whatever happened in between. */
export async function requireOnePayment(books: Books, payment: Payment): Promise<void> {
  const { company, diary, system } = books;
  const { transfer, approval, wallet, input } = payment;
  expect(await diary.ended(transfer)).toBe('CONFIRMED');

  const { transaction } = await company.alice.client.transfer(transfer);
  const units = BigInt(input.amount);
  const moved = { from: wallet.address ?? '', to: VENDOR, units };
  expect(await paymentsOf(system.chain.url, moved)).toEqual([transaction?.hash]);

  const states = approval === undefined ? AFTER_APPROVAL : ['PENDING_APPROVAL', ...AFTER_APPROVAL];
  const entries = states.map((state) => `transfer.${state.toLowerCase()}`);
  expect(await actionsOn(company, transfer)).toEqual(['transfer.created', ...entries]);
  if (approval !== undefined) {
    expect(await actionsOn(company, approval)).toEqual(['approval.voted']);
  }

  const news = diary.newsOf(transfer);
  const changes = news.filter(({ state }, index) => state !== news[index - 1]?.state);
  expect(changes.map(({ state }) => state)).toEqual(states);
  const versions = news.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
}

/** No account has sent anything but its payments, and nothing waits for a block. */
export async function requireNothingElse({ system, made }: Books): Promise<void> {
  const { url } = system.chain;
  for (const [address, expected] of made) {
    const sent = [await sentBy(url, address), await pendingOf(url, address)];
    expect([address, ...sent]).toEqual([address, expected, 0]);
  }
}

/** The audit entries and the events count 1, 2, 3, ..., and a second reader sees the same events. */
export async function requireNoGap({ company, diary }: Books): Promise<void> {
  const sequence = await auditSequence(company);
  expect(sequence.toReversed()).toEqual(numbersUpTo(sequence.length));
  const seen = [...diary.events];
  expect(seen.map(({ cursor }) => Number(cursor))).toEqual(numbersUpTo(seen.length));
  const again = openDiary(company.bob.client);
  await again.reached(seen.length);
  expect(again.events.slice(0, seen.length)).toEqual(seen);
  await again.close();
}

/** The actions of an object's audit entries, oldest first. */
export async function actionsOn({ carol }: Company, subject: string): Promise<readonly string[]> {
  const { items } = await carol.client.auditEvents({ filter: { subject }, first: 100 });
  return items.map(({ action }) => action).toReversed();
}

/** The sequence numbers of the whole audit log, newest first. */
async function auditSequence({ carol }: Company): Promise<readonly number[]> {
  const sequence: number[] = [];
  let after: string | null = null;
  do {
    const page = await carol.client.auditEvents({ first: 100, ...(after ? { after } : {}) });
    sequence.push(...page.items.map((item) => item.sequence));
    after = page.hasNextPage ? page.endCursor : null;
  } while (after !== null);
  return sequence;
}

/** 1, 2, 3, ... up to the length. */
const numbersUpTo = (length: number): readonly number[] =>
  Array.from({ length }, (_, index) => index + 1);
