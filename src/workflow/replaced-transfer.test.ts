import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ChainConnection, SealedTransaction, TransactionStatus } from '#chains/adapter.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { reader } from '#persistence/database.ts';
import { ChainTransaction } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  releasedAt,
  silent,
  USDC,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { NETWORK, openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { provenMandateOf } from './sign-transfer.ts';

let stage: WorkflowStage;
let acme: Acme;

beforeAll(async () => {
  stage = await openWorkflowStage();
});

afterAll(async () => {
  await stage.close();
});

beforeEach(async () => {
  acme = await openAcme(stage);
  await fundWallet(stage, acme.wallet);
});

const address = () => acme.wallet.address ?? '';
const sentOf = ({ id }: TransferRow) =>
  reader(acme.services.db).findOneOrFail(ChainTransaction, { transfer: id });

const command = (method: string, ...params: readonly unknown[]) =>
  rpc(stage.anvil.url, method, ...params);

/** A transfer whose signed bytes, with the number 0, have not reached the chain. */
async function unsentTransfer(): Promise<TransferRow> {
  const transfer = await pay(acme);
  const unsent = await carryOut(withChain(acme, { broadcast: silent }), transfer);
  expect(unsent.state).toBe('BROADCAST');
  return transfer;
}

/** Another payment that the same nodes signed with the same number, for another installation. */
async function signOther(): Promise<SealedTransaction> {
  // Two drafts of equal payments would be the same bytes.
  const transfer = await pay(acme, { amount: dollars(4_000) });
  const { units } = transfer;
  const network = findNetwork(NETWORK);
  const unsigned = await stage.connection.draft({
    from: address(),
    to: VENDOR,
    asset: findAsset(USDC),
    units,
    nonce: 0n,
  });
  const { signatures } = await stage.cluster.sign({
    keyId: acme.wallet.key,
    mandate: await provenMandateOf(stage.services, transfer, unsigned),
  });
  return verbsOf(network).seal(network, unsigned, signatures, address());
}

async function include(other: SealedTransaction): Promise<void> {
  await stage.connection.broadcast(other);
  while ((await stage.connection.status(other.hash)).state !== 'included') {
    await stage.services.clock.sleep(5);
  }
}

const waiting = { state: 'BROADCAST', waiting: { code: 'VERSION_CONFLICT' } };

test('a transfer whose number another transaction took is REPLACED, and its value released', async () => {
  const transfer = await unsentTransfer();
  const other = await signOther();
  await include(other);
  const replaced = await carryOut(acme, transfer);
  expect(replaced).toMatchObject({ state: 'REPLACED', waiting: null, dueAt: null });
  expect(replaced.reason).toMatchObject({
    code: 'REPLACED',
    message: expect.stringContaining(other.hash) as string,
  });
  const at = await releasedAt(acme, transfer);
  expect(at).not.toBeNull();
  expect(await auditOf(acme, transfer.id)).toEqual([
    'transfer.created',
    'transfer.queued',
    'transfer.signing',
    'transfer.broadcast',
    'transfer.replaced',
  ]);
  await carryOut(acme, transfer);
  expect(await releasedAt(acme, transfer)).toBe(at);

  const next = await pay(acme);
  expect(await carryOut(acme, next)).toMatchObject({ state: 'CONFIRMED' });
  expect((await sentOf(next)).nonce).toBe(1n);
  expect(await stage.connection.nextNonce(address())).toBe(2n);
});

test('while the other transaction is not deep enough in the chain the transfer waits', async () => {
  const transfer = await unsentTransfer();
  const other = await signOther();
  await include(other);
  const shallow = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' ? { ...status, confirmations: 0 } : status;
    },
  });
  expect(await carryOut(shallow, transfer)).toMatchObject(waiting);
  expect(await releasedAt(acme, transfer)).toBeNull();
  // By now an endpoint may have forgotten which block the number was used in.
  const forgetful = withChain(acme, { transactionWith: silent });
  expect(await carryOut(forgetful, transfer)).toMatchObject({ state: 'REPLACED' });
});

test('a transfer confirms after all when the chain takes the other transaction back', async () => {
  const transfer = await unsentTransfer();
  const other = await signOther();
  const before = await command('evm_snapshot');
  await include(other);
  let isDeep = false;
  const unsettled = withChain(acme, {
    status: async (hash) => {
      const status = await stage.connection.status(hash);
      return status.state === 'included' && !isDeep ? { ...status, confirmations: 0 } : status;
    },
  });
  expect(await carryOut(unsettled, transfer)).toMatchObject(waiting);
  expect((await sentOf(transfer)).replacedBy).toBe(other.hash);
  await command('evm_revert', before);
  isDeep = true;
  expect(await carryOut(unsettled, transfer)).toMatchObject({ state: 'CONFIRMED', reason: null });
});

test('another transaction that no block holds yet replaces nothing', async () => {
  const transfer = await unsentTransfer();
  const other = await signOther();
  await command('evm_setAutomine', false);
  try {
    await stage.connection.broadcast(other);
    expect(await carryOut(acme, transfer)).toMatchObject(waiting);
    await command('evm_mine');
  } finally {
    await command('evm_setAutomine', true);
  }
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'REPLACED' });
});

const stored = async (transfer: TransferRow) => {
  const { raw, unsigned } = await sentOf(transfer);
  return { raw: raw ?? new Uint8Array(), unsigned };
};
const sealedHash = async (transfer: TransferRow) => (await sentOf(transfer)).hash ?? '';

test.each<[string, (transfer: TransferRow) => Promise<Partial<ChainConnection>>]>([
  ['does not show the other transaction', async () => ({ transactionWith: async () => undefined })],
  [
    'shows the transfer itself once, and then no more',
    async (transfer) => {
      const own = await sealedHash(transfer);
      const height = await stage.connection.height();
      const included = {
        state: 'included',
        block: height,
        blockHash: (await stage.connection.blockHash(height)) ?? '',
        confirmations: 1,
        succeeded: true,
        feePaid: 1n,
      } as const;
      const answers: TransactionStatus[] = [included];
      return {
        transactionWith: async () => ({ ...(await stored(transfer)), hash: own }),
        status: async () => answers.pop() ?? { state: 'unknown' },
      };
    },
  ],
  [
    'knows nothing of the transaction that it named',
    async () => ({
      transactionWith: async () => ({
        hash: `0x${'ab'.repeat(32)}`,
        raw: Uint8Array.of(2),
        unsigned: Uint8Array.of(2),
      }),
    }),
  ],
  [
    'still knows the transfer too',
    async (transfer) => {
      const own = await sealedHash(transfer);
      return {
        status: async (hash) =>
          hash === own ? { state: 'pending' } : stage.connection.status(hash),
      };
    },
  ],
])('a chain that %s leaves the transfer waiting', async (_, change) => {
  const transfer = await unsentTransfer();
  const other = await signOther();
  await include(other);
  expect(await carryOut(withChain(acme, await change(transfer)), transfer)).toMatchObject(waiting);
  expect(await releasedAt(acme, transfer)).toBeNull();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'REPLACED' });
});

test('a chain that falls silent at any of the questions leaves the transfer waiting', async () => {
  const transfer = await unsentTransfer();
  await include(await signOther());
  for (const verb of ['transactionWith', 'status', 'blockHash'] as const) {
    expect(await carryOut(withChain(acme, { [verb]: silent }), transfer)).toMatchObject({
      state: 'BROADCAST',
      waiting: { code: 'CHAIN_UNAVAILABLE' },
    });
  }
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'REPLACED' });
});

test('a chain whose history changes while it is asked replaces nothing', async () => {
  const transfer = await unsentTransfer();
  await include(await signOther());
  let isOther = false;
  const reset = withChain(acme, {
    transactionWith: async (account, nonce) => {
      isOther = true;
      return stage.connection.transactionWith(account, nonce);
    },
    blockHash: async (height) =>
      isOther ? `0x${'00'.repeat(32)}` : stage.connection.blockHash(height),
  });
  const stuck = await carryOut(reset, transfer);
  expect(stuck).toMatchObject({ state: 'BROADCAST', waiting: { code: 'CHAIN_UNAVAILABLE' } });
  expect(stuck.waiting?.message).toContain('lost its history');
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'REPLACED' });
});
