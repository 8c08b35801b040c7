import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DAY_MS } from '#core/time.ts';
import { isFinal } from '#core/transfer-state.ts';
import { reader } from '#persistence/database.ts';
import { openEventListener } from '#persistence/event-listener.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import { UserAction } from '#persistence/user-action.ts';
import { Wallet } from '#persistence/wallet.ts';
import {
  type Acme,
  approvalOf,
  auditOf,
  beginAndSign,
  dollars,
  fundWallet,
  openAcme,
  pay,
  reload,
  vote,
} from '#testing/acme.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { startWorker, type Worker } from './run-jobs.ts';
import { createJobRunner } from './sweep.ts';
import { LEASE_MS } from './transition.ts';
import { createWallet } from './wallet.ts';

let stage: WorkflowStage;
let acme: Acme;
let worker: Worker | undefined;

beforeAll(async () => {
  stage = await openWorkflowStage();
  acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
});

afterEach(async () => {
  await worker?.stop();
  worker = undefined;
});

afterAll(async () => {
  await stage.close();
});

/** Follows the event stream until the question is answered. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  let heard = Promise.withResolvers<void>();
  const wake = () => heard.resolve();
  const listener = await openEventListener({
    url: stage.database.url,
    onEvent: wake,
    onConnected: wake,
    onError: wake,
  });
  try {
    for (;;) {
      heard = Promise.withResolvers();
      const answer = await ask();
      if (answer !== undefined) return answer;
      await heard.promise;
    }
  } finally {
    await listener.close();
  }
}

const settled = (transfer: TransferRow) =>
  until(async () => {
    const row = await reload(acme, transfer);
    return isFinal(row.state) ? row : undefined;
  });

const forgetJobs = () => reader(stage.services.db).execute('delete from jobs.job');

test('a worker makes a wallet ready and carries an approved payment to the chain', async () => {
  worker = await startWorker(stage.services, stage.queue);
  const input = { network: 'local-evm', name: 'Second', tags: ['payments'] };
  const signed = await beginAndSign(acme.services, acme.ada, { operation: 'createWallet', input });
  const { id, state } = await createWallet(acme.services, acme.ada.actor, input, signed);
  expect(state).toBe('CREATING');
  const wallet = await until(async () => {
    const row = await reader(stage.services.db).findOneOrFail(Wallet, { id });
    return row.state === 'ACTIVE' ? row : undefined;
  });
  expect(wallet.address).toMatch(/^0x[0-9a-fA-F]{40}$/);
  await fundWallet(stage, wallet);
  const transfer = await pay(acme, { walletId: id, amount: dollars(50_000) });
  await vote(acme, acme.bob, await approvalOf(acme, transfer));
  expect(await settled(transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(stage.errors).toEqual([]);
});

test('a job that was lost is sent again once the row is due', async () => {
  const transfer = await pay(acme);
  await forgetJobs();
  stage.pass(LEASE_MS);
  worker = await startWorker(stage.services, stage.queue);
  expect(await settled(transfer)).toMatchObject({ state: 'CONFIRMED' });
});

test('what a dead worker held is finished by the next, and its late answer changes nothing', async () => {
  const transfer = await pay(acme);
  await forgetJobs();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const slow = createJobRunner({
    ...stage.services,
    cluster: {
      ...stage.cluster,
      sign: async (request) => {
        asked.resolve();
        await answer.promise;
        return stage.cluster.sign(request);
      },
    },
  });
  const job = { name: 'advance-transfer', transfer: transfer.id } as const;
  await slow.run(job);
  const hanging = slow.run(job);
  await asked.promise;
  await forgetJobs();
  stage.pass(LEASE_MS);
  worker = await startWorker(stage.services, stage.queue);
  expect(await settled(transfer)).toMatchObject({ state: 'CONFIRMED' });
  answer.resolve();
  await hanging;
  expect(await auditOf(acme, transfer.id)).toEqual([
    'transfer.created',
    'transfer.queued',
    'transfer.signing',
    'transfer.broadcast',
    'transfer.confirmed',
  ]);
});

test('a worker that is still at work keeps its row', async () => {
  const transfer = await pay(acme);
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const runner = createJobRunner({
    ...stage.services,
    cluster: {
      ...stage.cluster,
      sign: async (request) => {
        asked.resolve();
        await answer.promise;
        return stage.cluster.sign(request);
      },
    },
  });
  const job = { name: 'advance-transfer', transfer: transfer.id } as const;
  await runner.run(job);
  const running = runner.run(job);
  await asked.promise;
  await forgetJobs();
  for (let round = 0; round < 3; round++) {
    stage.pass(LEASE_MS / 2);
    await runner.sweep();
  }
  const jobs = await reader(stage.services.db).execute(
    "select 1 from jobs.job where name = 'advance-transfer'",
  );
  expect(jobs).toEqual([]);
  answer.resolve();
  await running;
  expect((await reload(acme, transfer)).state).toBe('BROADCAST');
  await runner.run(job);
  expect((await reload(acme, transfer)).state).toBe('CONFIRMED');
});

test('jobs that come while their row is at work run afterwards, not at the same time', async () => {
  const transfer = await pay(acme);
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const runner = createJobRunner({
    ...stage.services,
    cluster: {
      ...stage.cluster,
      sign: async (request) => {
        asked += 1;
        await answer.promise;
        return stage.cluster.sign(request);
      },
    },
  });
  const job = { name: 'advance-transfer', transfer: transfer.id } as const;
  await runner.run(job);
  const jobs = Array.from({ length: 8 }, () => runner.run(job));
  await Promise.all(jobs.slice(1));
  answer.resolve();
  await Promise.all(jobs);
  expect(asked).toBe(1);
  expect((await reload(acme, transfer)).state).toBe('CONFIRMED');
});

test('challenges that are too old are removed by their own chore, not by each sweep', async () => {
  const input = { network: 'local-evm', name: 'Never made', tags: [] };
  await beginAndSign(acme.services, acme.ada, { operation: 'createWallet', input });
  stage.pass(2 * DAY_MS);
  await createJobRunner(stage.services).sweep();
  expect(await reader(stage.services.db).count(UserAction)).toBeGreaterThan(0);
  worker = await startWorker(stage.services, stage.queue);
  await worker.stop();
  expect(await reader(stage.services.db).count(UserAction)).toBe(0);
});
