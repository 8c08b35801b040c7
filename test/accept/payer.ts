/**
 * One who pays and asks again, as a client does that got no answer: each payment has an amount of its
 * own, by which the chain tells it from every other one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isFinal, type TransferState } from '#core/transfer-state.ts';
import { isCountersignError } from '#sdk/error.ts';
import type { Transfer, Wallet } from '#sdk/types.ts';
import type { Firm } from './firm.ts';

export type Ordered = {
  readonly wallet: Wallet;
  readonly units: bigint;
  readonly externalId: string;
  /** What the platform answered: from then on the payment must not be lost. */
  readonly transfer: string;
};

/** How the calls went, as their caller saw it. */
export type Calls = { made: number; unanswered: number };

const LOOK_AGAIN_MS = 150;

/** The first of two identical requests may still be on its way. */
const PASSING = ['NO_CONNECTION', 'INTERNAL', 'IDEMPOTENCY_IN_FLIGHT'] as const;

const isPassing = (error: unknown): boolean =>
  PASSING.some((code) => isCountersignError(error, code));

/** Asks until there is an answer; one that was lost may have been given. */
export async function persist<T>(calls: Calls, act: () => Promise<T>): Promise<T> {
  for (;;) {
    calls.made += 1;
    try {
      return await act();
    } catch (error) {
      if (!isPassing(error)) throw error;
      calls.unanswered += 1;
    }
    await pause(LOOK_AGAIN_MS);
  }
}

export async function orderPayment(
  { alice }: Firm,
  calls: Calls,
  input: {
    readonly wallet: Wallet;
    readonly asset: string;
    readonly to: string;
    readonly units: bigint;
    readonly externalId: string;
  },
): Promise<{ readonly ordered: Ordered; readonly transfer: Transfer }> {
  const { wallet, asset, to, units, externalId } = input;
  const order = { walletId: wallet.id, asset, amount: units.toString(), to, externalId };
  const transfer = await persist(calls, () => alice.client.createTransfer(order));
  return { ordered: { wallet, units, externalId, transfer: transfer.id }, transfer };
}

/** Bob's vote may have counted although its answer was lost. */
export async function approve({ bob }: Firm, calls: Calls, { approvals }: Transfer): Promise<void> {
  const approvalId = approvals[0]?.id;
  if (approvalId === undefined) return;
  try {
    await persist(calls, async () => {
      const shown = await bob.client.approval(approvalId);
      await bob.client.decideApproval({ approvalId, decision: 'APPROVE' }, shown);
    });
  } catch (error) {
    if (!isCountersignError(error, 'APPROVAL_DUPLICATE')) throw error;
  }
}

/** @returns the state in which it ended, or the last one when patience did */
export async function untilEnded(
  { alice }: Firm,
  calls: Calls,
  transfer: string,
  isImpatient: () => boolean,
): Promise<TransferState> {
  for (;;) {
    const { state } = await persist(calls, () => alice.client.transfer(transfer));
    if (isFinal(state) || isImpatient()) return state;
    await pause(LOOK_AGAIN_MS);
  }
}
