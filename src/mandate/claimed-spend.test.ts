/** A spend that one member of the record before tells of counts if its initiator asked for it, and never else. */
import { sha256 } from '@noble/hashes/sha2.js';
import { beforeAll, expect, test } from 'vitest';
import { hex, utf8 } from '#core/bytes.ts';
import { instant, MINUTE_MS, parseInstant } from '#core/time.ts';
import { PayingCompany, type Payment } from '#testing/paying-company.ts';
import type { SignedStatement } from './assertion.ts';
import { applyEntry } from './authority/entry.ts';
import { type Initiators, initiators } from './authority/initiators.ts';
import type { AuthorityState } from './authority/state.ts';
import { judgeClaim } from './claimed-spend.ts';
import type { Claim } from './handover.ts';
import { readSpend, spendText } from './spend-text.ts';
import { verifyMandate } from './verify-mandate.ts';

let company: PayingCompany;

beforeAll(async () => {
  company = await PayingCompany.open('claimed spends');
});

/** A node's log up to this entry, and who could ask for transfers by then. */
function logTo(sequence = Number.POSITIVE_INFINITY) {
  const noted: Initiators = initiators();
  let state: AuthorityState | undefined;
  for (const entry of company.authority.entries) {
    if (entry.sequence > sequence) break;
    state = applyEntry(state, entry);
    noted.note(state);
  }
  if (state === undefined) throw new Error('a log has a genesis');
  return { state, couldInitiate: (id: string) => noted.has(id), now: company.now };
}

/** What an honest member tells of a payment that it has in writing. */
function claimOf({ mandate, intent, wallet }: Payment, sequence = 0): Claim {
  const { spend } = verifyMandate(mandate, company.own(wallet));
  if (spend === undefined) throw new Error('a payment spends');
  return {
    id: spend.id,
    organization: intent.organization,
    key: '',
    created: parseInstant(intent.created),
    expires: parseInstant(intent.expires),
    counted: spendText({ ...spend, transactions: [] }),
    initiators: [mandate.initiator],
    tellers: [{ party: 3, sequence }],
  };
}

const invented = { kind: 'invented' };

test('what its initiator has signed counts as it would have counted here', async () => {
  const payment = await company.pay();
  const { spend } = verifyMandate(payment.mandate, company.own(payment.wallet));
  const verdict = judgeClaim(claimOf(payment), logTo());
  if (verdict.kind !== 'counts') throw new Error(verdict.kind);
  expect(readSpend(verdict.spend.counted ?? '')).toEqual({ ...spend, transactions: [] });
  const { key } = company.state.wallets.get(payment.intent.wallet) ?? {};
  expect(verdict.spend).toMatchObject({ key, organization: payment.intent.organization });
});

test('nothing of what is told about it counts but the time and the price', async () => {
  const payment = await company.pay();
  const claim = claimOf(payment);
  const told = readSpend(claim.counted ?? '');
  const request = {
    ...told.request,
    units: 1n,
    recipient: 'another',
    wallet: { id: 'w', tags: [] },
  };
  const at = instant(parseInstant(payment.intent.created) - 60 * MINUTE_MS);
  const lie = { ...claim, counted: spendText({ ...told, request, at }) };
  const verdict = judgeClaim(lie, logTo());
  if (verdict.kind !== 'counts') throw new Error(verdict.kind);
  const counted = readSpend(verdict.spend.counted ?? '');
  const { units, recipient, wallet } = payment.intent;
  expect(counted.request).toMatchObject({
    units: BigInt(units),
    recipient,
    wallet: { id: wallet },
  });
  expect(counted.at).toBe(parseInstant(payment.intent.created));
});

const idOf = ({ statement }: SignedStatement): string => hex(sha256(utf8(statement)));

test.each<[string, (payment: Payment) => Promise<SignedStatement>]>([
  ['nobody signed', async ({ mandate }) => ({ ...mandate.initiator, signature: '' })],
  ['somebody else signed', async ({ intent }) => company.people.bob.sign(intent)],
  [
    'a stranger signed',
    async ({ intent }) => (await company.stranger(company.people.alice)).sign(intent),
  ],
  [
    'the liar wrote over',
    async ({ mandate, intent }) => {
      const dearer = { ...intent, units: `${intent.units}0` };
      const { statement } = await company.people.alice.sign(dearer);
      return { ...mandate.initiator, statement };
    },
  ],
])('a payment that %s is invented', async (_, change) => {
  const payment = await company.pay();
  const initiator = await change(payment);
  const claim = { ...claimOf(payment), id: idOf(initiator), initiators: [initiator] };
  expect(judgeClaim(claim, logTo())).toEqual(invented);
});

test('a forged signature beside the true one takes nothing from it', async () => {
  const payment = await company.pay();
  const claim = claimOf(payment);
  const forged = { ...payment.mandate.initiator, signature: '' };
  const both = { ...claim, initiators: [forged, payment.mandate.initiator] };
  expect(judgeClaim(both, logTo()).kind).toBe('counts');
});

test('by a log that does not know who asked it is invented, but of a member that says to know more', async () => {
  const payment = await company.pay();
  const { sequence } = company.state.head;
  expect(judgeClaim(claimOf(payment), logTo(0))).toEqual(invented);
  const behind = { kind: 'behind', party: 3, sequence };
  expect(judgeClaim(claimOf(payment, sequence), logTo(0))).toEqual(behind);
  expect(judgeClaim(claimOf(payment, sequence), logTo()).kind).toBe('counts');
  // Whoever is known here, and has not signed, is shown by no longer log.
  const forged = { ...payment.mandate.initiator, signature: '' };
  const lie = { ...claimOf(payment, sequence + 100), initiators: [forged] };
  expect(judgeClaim(lie, logTo())).toEqual(invented);
});
