/**
 * Payments that flow while one process after the other is killed at any instant: what no table of
 * states foresees. The seed decides which process, and after which pause; `MATRIX_SEED` sets it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isCountersignError } from '#sdk/error.ts';
import type { Wallet } from '#sdk/types.ts';
import type { Company } from './company.ts';
import {
  approve,
  type Books,
  LARGE,
  openBooks,
  order,
  type Payment,
  requireNoGap,
  requireNothingElse,
  requireOnePayment,
  send,
  SMALL,
} from './payments.ts';
import type { System } from './system.ts';

const PROCESSES = ['gateway', 'worker', 'signer-1', 'signer-2', 'signer-3', 'postgres'] as const;
const SEED = process.env['MATRIX_SEED'] ?? randomBytes(4).toString('hex');
const WALLETS = 4;
const PAYMENTS_EACH = 12;
const KILLS = 40;
const PAUSE_MAX_MS = 1_500;

/** A number below the bound, from the seed. */
function drawn(name: string, bound: number): number {
  const digest = createHash('sha256').update(`${SEED} ${name}`).digest();
  return digest.readUInt32BE(0) % bound;
}

/** What a client that got no answer does: it asks again, with the same externalId. */
async function persist<T>({ system }: Books, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const isPassing =
        isCountersignError(error, 'NO_CONNECTION') || isCountersignError(error, 'INTERNAL');
      if (!isPassing) throw error;
    }
    await system.ready();
  }
}

async function payAll(books: Books, wallet: Wallet): Promise<readonly Payment[]> {
  const payments: Payment[] = [];
  for (let number = 0; number < PAYMENTS_EACH; number++) {
    const input = order(books, wallet, number % 3 === 0 ? LARGE : SMALL);
    const payment = await persist(books, () => send(books, wallet, input));
    payments.push(payment);
    if (payment.approval !== undefined) await persist(books, () => approveOnce(books, payment));
  }
  return payments;
}

/** The vote may have counted although its answer was lost. */
async function approveOnce(books: Books, payment: Payment): Promise<void> {
  try {
    await approve(books, payment);
  } catch (error) {
    if (!isCountersignError(error, 'APPROVAL_DUPLICATE')) throw error;
  }
}

async function killSome({ system }: Books): Promise<void> {
  const { platform } = system;
  for (let kill = 0; kill < KILLS; kill++) {
    await pause(drawn(`pause ${kill}`, PAUSE_MAX_MS));
    const name = PROCESSES[drawn(`process ${kill}`, PROCESSES.length)] as string;
    await platform.kill(name);
    await platform.ensureRunning(name);
  }
}

const TIMEOUT_MS = 600_000;

export function killAtRandom(system: () => System, company: () => Company): void {
  test(
    `at any instant (MATRIX_SEED=${SEED}): one payment, and one entry and event a step`,
    { timeout: TIMEOUT_MS },
    async () => {
      const books = openBooks(system(), company());
      const wallets: Wallet[] = [];
      for (let number = 1; number <= WALLETS; number++) {
        wallets.push(await company().openWallet(`At random ${number}`));
      }
      const paying = Promise.all(wallets.map((wallet) => payAll(books, wallet)));
      const [paid] = await Promise.all([paying, killSome(books)]);
      await system().ready();
      const payments = paid.flat();
      expect(payments).toHaveLength(WALLETS * PAYMENTS_EACH);
      for (const payment of payments) await requireOnePayment(books, payment);
      await requireNothingElse(books);
      await requireNoGap(books);
      await books.diary.close();
    },
  );
}
