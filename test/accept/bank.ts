/**
 * F-02, the bank: an organisation's wallets pay each other, while processes are killed and stopped, links
 * are cut and go silent, clocks are wrong and disks take nothing. At every read the accounts and the fees
 * make what they made at first, and in the end the platform's books are the chain's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isFinal, type TransferState } from '#core/transfer-state.ts';
import { isCountersignError } from '#sdk/error.ts';
import type { Wallet } from '#sdk/types.ts';
import type { Findings, Setting } from './accept-run.ts';
import { BankBooks } from './bank-books.ts';
import { type Draw, drawFrom, shuffled } from './drawn.ts';
import { FAULT_KINDS, type FaultKind, faultOf } from './faults.ts';
import { type FaultyPlatform, openFaultyPlatform } from './faulty-platform.ts';
import { type Firm, foundFirm } from './firm.ts';
import { playSlices, type Slice } from './slices.ts';

type Size = { readonly payments: number; readonly faults: number; readonly wallets: number };

/** Each slice on a platform of its own. */
const SIZES: Readonly<Record<Setting['profile'], readonly Size[]>> = {
  quick: [{ payments: 60, faults: FAULT_KINDS.length, wallets: 6 }],
  full: Array.from({ length: 10 }, () => ({ payments: 1_000, faults: 36, wallets: 20 })),
};

const ASSET = 'ETH@local-evm';
/** 0.000001 ether, or 0.0025 dollars; each payment adds its number of wei. */
const LEAST = 10n ** 12n;
const LOOK_AGAIN_MS = 150;
const READ_EVERY_MS = 400;
/** What has not ended by then, after the last fault was healed, is stuck. */
const PATIENCE_MS = 60_000;
const STANDSTILL_MS = 180_000;

type Payment = {
  readonly from: Wallet;
  readonly to: Wallet;
  readonly units: bigint;
  /** What the platform answered. */
  transfer?: string;
  state?: TransferState;
  /** Whether somebody's clock was wrong at any moment between its order and its end. */
  isExcused: boolean;
};

type Bank = Pick<Setting, 'tell' | 'sample'> & {
  readonly platform: FaultyPlatform;
  readonly firm: Firm;
  readonly wallets: readonly Wallet[];
  readonly draw: Draw;
  readonly payments: Payment[];
  readonly breaks: string[];
  /** Where a clock is wrong now, or was until a moment ago. */
  wrongClocks: number;
  unanswered: number;
  ended: number;
  lastEndAt: number;
  faultsLeft: number;
};

const isStuck = ({ lastEndAt, faultsLeft }: Bank): boolean =>
  performance.now() - lastEndAt > (faultsLeft === 0 ? PATIENCE_MS : STANDSTILL_MS);

/** Asks until there is an answer: whatever is refused meanwhile may be the fault's doing. */
async function insist<T>(bank: Bank, act: () => Promise<T>): Promise<T | undefined> {
  const { alice } = bank.firm;
  for (let isSignedIn = true; !isStuck(bank);) {
    try {
      if (!isSignedIn) await alice.client.login({ email: alice.email });
      isSignedIn = true;
      return await act();
    } catch (error) {
      bank.unanswered += 1;
      if (!(error instanceof Error) || !('code' in error)) throw error;
      isSignedIn = !ENDED.some((code) => isCountersignError(error, code));
    }
    await pause(LOOK_AGAIN_MS);
  }
  return undefined;
}

/** A session that a clock an hour late has ended is gone. */
const ENDED = ['UNAUTHENTICATED', 'SESSION_EXPIRED', 'SESSION_REVOKED'] as const;

/** One wallet pays one after the other. */
async function payFrom(bank: Bank, from: Wallet, numbers: readonly number[]): Promise<void> {
  const { client } = bank.firm.alice;
  const others = bank.wallets.filter(({ id }) => id !== from.id);
  for (const number of numbers) {
    const to = others[bank.draw(`recipient ${number}`, others.length)] as Wallet;
    const units = LEAST + BigInt(number);
    const payment: Payment = { from, to, units, isExcused: bank.wrongClocks > 0 };
    bank.payments.push(payment);
    const order = { walletId: from.id, asset: ASSET, amount: `${units}`, to: to.address ?? '' };
    const externalId = `payment-${number}`;
    const began = performance.now();
    const made = await insist(bank, () => client.createTransfer({ ...order, externalId }));
    if (made === undefined) return;
    payment.transfer = made.id;
    await follow(bank, payment, made.id);
    bank.ended += 1;
    bank.lastEndAt = performance.now();
    const { state = 'none', isExcused } = payment;
    const tookMs = Math.round(bank.lastEndAt - began);
    bank.sample('transfer', { number, state, isExcused, tookMs });
  }
}

async function follow(bank: Bank, payment: Payment, transfer: string): Promise<void> {
  for (;;) {
    payment.isExcused ||= bank.wrongClocks > 0;
    const found = await insist(bank, () => bank.firm.alice.client.transfer(transfer));
    if (found === undefined) return;
    payment.state = found.state;
    if (isFinal(found.state) || isStuck(bank)) return;
    await pause(LOOK_AGAIN_MS);
  }
}

async function troubleAll(bank: Bank, payments: number) {
  const { platform, draw, tell, sample } = bank;
  const faults = bank.faultsLeft;
  const kinds: FaultKind[] = [];
  for (let block = 0; kinds.length < faults; block += 1) {
    kinds.push(...shuffled(draw, `block ${block}`, FAULT_KINDS));
  }
  for (const [number, kind] of kinds.slice(0, faults).entries()) {
    const due = Math.floor((number * payments) / faults);
    while (bank.ended < due && !isStuck(bank)) await pause(LOOK_AGAIN_MS);
    const fault = faultOf(kind, number, draw);
    if (fault.isClock) bank.wrongClocks += 1;
    const heal = await fault.begin(platform);
    await pause(fault.lastsMs);
    await heal();
    await platform.stage.ready();
    if (fault.isClock) await soundClocks(bank);
    bank.faultsLeft -= 1;
    bank.lastEndAt = Math.max(bank.lastEndAt, performance.now());
    const { target, lastsMs } = fault;
    sample('fault', { number: number + 1, fault: kind, target, lastsMs, ended: bank.ended });
    tell(
      `${kind} at ${fault.target} (${number + 1} of ${faults}), ${bank.ended} of ${payments} paid`,
    );
  }
}

/** What was signed by a wrong clock is asked for a little longer; the host itself is told within a moment. */
async function soundClocks(bank: Bank): Promise<void> {
  await pause(LOOK_AGAIN_MS * 2);
  bank.wrongClocks -= 1;
}

/** A payment that was confirmed is on the chain once; any other one is not there at all. */
function reckon({ payments, breaks }: Bank, books: BankBooks) {
  const onChain = Map.groupBy(books.payments, ({ from, units }) => `${from} ${units}`);
  const count = { confirmed: 0, refused: 0, lost: 0, double: 0, stuck: 0 };
  for (const { from, units, transfer, state, isExcused } of payments) {
    const found = onChain.get(`${from.address?.toLowerCase()} ${units}`) ?? [];
    const name = `payment of ${units} (${transfer ?? 'never answered'}, ${state ?? 'no state'})`;
    if (found.length > 1) {
      count.double += 1;
      breaks.push(`${name} is on the chain ${found.length} times`);
    }
    if (state === 'CONFIRMED') {
      count.confirmed += 1;
      if (found.length === 0) {
        count.lost += 1;
        breaks.push(`${name} is not on the chain`);
      }
    } else if (state === undefined || !isFinal(state)) {
      count.stuck += 1;
      breaks.push(`${name} came to no end`);
    } else {
      count.refused += 1;
      if (!isExcused) breaks.push(`${name} was refused while all clocks were right`);
      if (found.length > 0) breaks.push(`${name} was refused, and is on the chain`);
    }
  }
  if (books.payments.length !== count.confirmed) {
    breaks.push(`${books.payments.length} on the chain, ${count.confirmed} confirmed`);
  }
  return count;
}

async function readWhile(books: BankBooks, { breaks, sample }: Bank, isOver: () => boolean) {
  while (!isOver()) {
    const found = await books.read();
    sample('read', { payments: books.payments.length, isConstant: found.length === 0 });
    breaks.push(...found);
    await pause(READ_EVERY_MS);
  }
}

export async function bank(setting: Setting): Promise<Findings> {
  const slices = SIZES[setting.profile];
  const { counts, breaks } = await playSlices(setting, slices.length, (slice) =>
    playBank(setting, slice, slices[slice] as Size),
  );
  return { figures: { ...counts, kinds: FAULT_KINDS.length }, breaks };
}

async function playBank(
  { seed, tell, sample }: Setting,
  slice: number,
  size: Size,
): Promise<Slice> {
  const { payments, faults, wallets: count } = size;
  const platform = await openFaultyPlatform('bank', tell);
  try {
    const policy = { limit: '1,000,000,000', approvalAbove: '1,000,000' };
    const firm = await foundFirm(platform.stage, 'local-evm', policy);
    try {
      const wallets: Wallet[] = [];
      for (let each = 1; each <= count; each += 1) {
        wallets.push(await firm.openWallet(`Wallet ${each}`));
      }
      const addresses = wallets.map(({ address }) => address ?? '');
      const books = await BankBooks.open(platform.stage.chain.url, addresses);
      const run: Bank = {
        tell,
        sample,
        platform,
        firm,
        wallets,
        draw: drawFrom(`${seed}/${slice}`),
        payments: [],
        breaks: [],
        wrongClocks: 0,
        unanswered: 0,
        ended: 0,
        lastEndAt: performance.now(),
        faultsLeft: faults,
      };
      const numbers = Array.from({ length: payments }, (_, index) => index + 1);
      const paying = wallets.map((wallet, index) => {
        const own = numbers.filter((number) => number % count === index);
        return payFrom(run, wallet, own);
      });
      let isOver = false;
      const reading = readWhile(books, run, () => isOver);
      await Promise.all([troubleAll(run, payments), ...paying]).finally(() => {
        isOver = true;
      });
      await reading;
      run.breaks.push(...(await books.read()), ...(await books.audit()));
      const found = reckon(run, books);
      const { unanswered, breaks } = run;
      if (run.payments.length < payments) breaks.push('it stood still before all were ordered');
      const { reads } = books;
      const transfers = run.payments.length;
      return { counts: { transfers, faults, reads, ...found, unanswered }, breaks };
    } finally {
      firm.close();
    }
  } finally {
    await platform.close();
  }
}
