/** A higher fee that the platform asks for by itself. */
import { expect, test } from 'vitest';
import { type Acme, auditOf, carryOut, pay } from '#testing/acme.ts';
import {
  GWEI,
  paymentOf,
  SENT,
  SPED_UP,
  speedUp,
  stuckTransfer,
  work,
  onSlowChain,
  type SlowChain,
} from '#testing/slow-chain.ts';
import type { WorkflowStage } from '#testing/workflow-stage.ts';
import { RAISES_MAX, STUCK_AFTER_MS } from './stuck-transfer.ts';

let stage: WorkflowStage;
let chain: SlowChain;
let acme: Acme;

onSlowChain((each) => ({ stage, chain, acme } = each));

const untilStuck = () => stage.pass(STUCK_AFTER_MS);

test('a payment that others outbid is sped up by the platform itself, and people see it', async () => {
  const before = await chain.paid();
  const transfer = await stuckTransfer(acme);
  await chain.setBaseFee(20n * GWEI);
  await carryOut(acme, transfer);
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
  untilStuck();
  await work(acme, transfer);
  expect((await paymentOf(acme, transfer)).raises).toMatchObject([
    { requestedBy: 'system', externalId: null, hash: expect.any(String) as string },
  ]);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await chain.paid()) - before).toBe(transfer.units);
  expect(await auditOf(acme, transfer.id)).toEqual([...SENT, ...SPED_UP, 'transfer.confirmed']);
});

test(`the platform raises a fee ${RAISES_MAX} times by itself, and leaves the rest to people`, async () => {
  const transfer = await stuckTransfer(acme);
  for (let raise = 1; raise <= RAISES_MAX + 1; raise++) {
    await chain.setBaseFee(20n * 3n ** BigInt(raise - 1) * GWEI);
    // Not before the newest one has waited, too.
    await carryOut(acme, transfer);
    expect((await paymentOf(acme, transfer)).raises).toHaveLength(raise - 1);
    untilStuck();
    await work(acme, transfer);
    expect((await paymentOf(acme, transfer)).raises).toHaveLength(Math.min(raise, RAISES_MAX));
  }
  await speedUp(acme, transfer);
  await work(acme, transfer);
  await chain.mine();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('the platform raises nothing where that would not help', async () => {
  // The market asks for no more: the chain only needs its time.
  const calm = await stuckTransfer(acme);
  untilStuck();
  await carryOut(acme, calm);
  expect((await paymentOf(acme, calm)).raises).toEqual([]);
  // An earlier payment of the wallet goes first.
  const next = await pay(acme);
  await carryOut(acme, next);
  await chain.setBaseFee(20n * GWEI);
  untilStuck();
  await carryOut(acme, next);
  expect((await paymentOf(acme, next)).raises).toEqual([]);
  await work(acme, calm);
  expect((await paymentOf(acme, calm)).raises).toHaveLength(1);
});

test('above the cap the platform leaves a payment as it is', async () => {
  const [free] = (await paymentOf(acme, await stuckTransfer(acme))).versions;
  const transfer = await pay(acme, { maxFee: (free.feeMax * 2n).toString() });
  await carryOut(acme, transfer);
  await chain.command('anvil_dropAllTransactions');
  await chain.setBaseFee(500n * GWEI);
  untilStuck();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'BROADCAST' });
  expect((await paymentOf(acme, transfer)).raises).toEqual([]);
});
