import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChainConnection, SealedTransaction } from '#chains/adapter.ts';
import { connect } from '#chains/connect.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { fundNative, mintTestUsdc } from '#chains/solana/local.ts';
import { unseal } from '#chains/solana/seal.ts';
import { requireSetUp } from '#chains/solana/set-up.ts';
import { reader } from '#persistence/database.ts';
import { NetworkAccount } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import {
  type Acme,
  auditOf,
  beginAndSign,
  carryOut,
  openAcme,
  openWallet,
  pay,
  reload,
} from '#testing/acme.ts';
import { crashing } from '#testing/crashing.ts';
import { type LocalSolana, startLocalSolana } from '#testing/solana.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import type { Services } from './services.ts';
import { publishPolicy } from './publish-policy.ts';

const NETWORK = findNetwork('local-solana');
const USDC = findAsset('USDC@local-solana');
const SOL = findAsset('SOL@local-solana');
const VENDOR = '4sSeY2WTHnFooQ6pAG5BpVskzY9HznsvHiRprJtkp6WT';
const ONE_SOL = 10n ** 9n;

let stage: WorkflowStage;
let solana: LocalSolana;
let chain: ChainConnection;

beforeAll(async () => {
  [stage, solana] = await Promise.all([openWorkflowStage(), startLocalSolana()]);
  chain = connect(NETWORK, solana.url);
  company = await foundCompany();
});

afterAll(async () => {
  chain.close();
  await Promise.all([stage.close(), solana.stop()]);
});

const POLICY = `policy "Payments on Solana" {
  version    2
  effective  from 2026-01-01T00:00 UTC
  owner      "compliance@acme.example"
  governs    transfer
  otherwise  block "No rule allows this transfer"
}
import list approved-vendors from "lists/approved-vendors.csv"
rule vendor-list "Pay approved vendors only" {
  when    wallet tagged "payments" and recipient in approved-vendors
  then    allow
}
test "the vendor is paid" {
  given transfer { wallet = "ops" tags ["payments"]; asset = USDC@local-solana; amount = 5 USDC; recipient = ${VENDOR}; }
  given list approved-vendors = [${VENDOR}]
  expect allow
}
`;
const LIST = `label,network,address\nVendor XYZ,local-solana,${VENDOR}\n`;

/** The organisation of all tests, with a wallet on the Solana chain of each test's own. */
let company: Acme;

async function foundCompany(): Promise<Acme> {
  const acme = withChain(await openAcme(stage), {});
  const { services, carol } = acme;
  const input = {
    files: [
      { path: 'payments.policy', content: POLICY },
      { path: 'lists/approved-vendors.csv', content: LIST },
    ],
  };
  const signed = await beginAndSign(services, carol, { operation: 'publishPolicy', input });
  await publishPolicy(services, carol.actor, input, signed);
  return acme;
}

async function openSolanaAcme(lamports = ONE_SOL, units = 10_000_000n): Promise<Acme> {
  const create = { network: 'local-solana', name: 'Operations', tags: ['payments'] };
  const wallet = await openWallet(company.services, company.ada, create);
  expect(wallet).toMatchObject({ state: 'ACTIVE', waiting: null });
  const address = wallet.address as string;
  await fundNative(solana.url, address, lamports);
  await mintTestUsdc(solana.url, address, units);
  return { ...company, wallet };
}

function withChain(acme: Acme, change: Partial<ChainConnection>): Acme {
  const connection = { ...chain, ...change };
  const services: Services = { ...acme.services, chains: { connection: () => connection } };
  return { ...acme, services };
}

const paying = { asset: USDC.id, amount: '250000', to: VENDOR };

function isPayment({ raw }: SealedTransaction): boolean {
  try {
    requireSetUp(unseal(raw).unsigned);
    return false;
  } catch {
    // Then it is the payment itself.
    return true;
  }
}

const vendorUnits = async (): Promise<bigint> =>
  (await chain.balances(VENDOR, [USDC]))[0]?.units ?? 0n;

test('a payment goes from its creation to the chain, by a threshold signature', async () => {
  const acme = await openSolanaAcme();
  const before = await vendorUnits();
  const transfer = await pay(acme, { ...paying, memo: 'Invoice 2026-117' });
  const done = await carryOut(acme, transfer);
  expect(done).toMatchObject({ state: 'CONFIRMED', waiting: null, reason: null });
  expect((await vendorUnits()) - before).toBe(250_000n);
  expect(await auditOf(acme, acme.wallet.id)).toContain('wallet.account-set-up');
  const last = [...solana.chain.executed()][0];
  expect(last?.logs.join('\n')).toContain('Invoice 2026-117');
  expect(stage.errors).toEqual([]);
});

test('SOL is paid too, and the account is set up once', async () => {
  const acme = await openSolanaAcme();
  for (const amount of ['100000000', '200000000']) {
    const transfer = await pay(acme, { asset: SOL.id, amount, to: VENDOR });
    expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  }
  const entries = await auditOf(acme, acme.wallet.id);
  expect(entries.filter((action) => action === 'wallet.account-set-up')).toHaveLength(1);
});

test('one payment at a time: the next is drafted when the nonce of the last was used', async () => {
  const acme = await openSolanaAcme();
  let isCut = true;
  const broken = withChain(acme, {
    broadcast: (sealed) =>
      isCut && isPayment(sealed) ? Promise.reject(new Error('cut')) : chain.broadcast(sealed),
  });
  const [first, second] = [await pay(broken, paying), await pay(broken, paying)];
  expect(await carryOut(broken, first)).toMatchObject({ state: 'BROADCAST' });
  expect(await carryOut(broken, second)).toMatchObject({ state: 'QUEUED' });
  isCut = false;
  const before = await vendorUnits();
  expect(await carryOut(broken, first)).toMatchObject({ state: 'CONFIRMED' });
  expect(await carryOut(broken, second)).toMatchObject({ state: 'CONFIRMED' });
  expect((await vendorUnits()) - before).toBe(500_000n);
  stage.errors.length = 0;
});

test('an endpoint that lags behind the last payment gives no used nonce to the next', async () => {
  const acme = await openSolanaAcme();
  const nonces: bigint[] = [];
  const noting = withChain(acme, {
    nextNonce: async (address) => {
      const nonce = await chain.nextNonce(address);
      nonces.push(nonce);
      return nonce;
    },
  });
  expect(await carryOut(noting, await pay(noting, paying))).toMatchObject({ state: 'CONFIRMED' });
  const lagging = withChain(acme, { nextNonce: async () => nonces[0] as bigint });
  const next = await pay(acme, paying);
  expect(await carryOut(lagging, next)).toMatchObject({
    state: 'QUEUED',
    waiting: { code: 'CHAIN_UNAVAILABLE' },
  });
  expect(await carryOut(acme, next)).toMatchObject({ state: 'CONFIRMED' });
});

test('a payment that the nodes refuse lets go of the account, and the next takes its nonce', async () => {
  const acme = await openSolanaAcme();
  expect(await carryOut(acme, await pay(acme, paying))).toMatchObject({ state: 'CONFIRMED' });
  const refused = await pay(acme, paying);
  stage.cluster.refusal = 'the test says so';
  expect(await carryOut(acme, refused)).toMatchObject({ state: 'FAILED' });
  stage.cluster.refusal = undefined;
  expect(await carryOut(acme, await pay(acme, paying))).toMatchObject({ state: 'CONFIRMED' });
  const where = { network: NETWORK.id, address: acme.wallet.address as string };
  const account = await reader(acme.services.db).findOneOrFail(NetworkAccount, where);
  expect(account).toMatchObject({ holder: null, nextNonce: 0n });
});

test('a wallet that cannot pay for its set-up fails the payment, and says what it takes', async () => {
  const acme = await openSolanaAcme(ONE_SOL / 1_000n, 1n);
  const failed = await carryOut(acme, await pay(acme, { ...paying, amount: '1' }));
  expect(failed).toMatchObject({ state: 'FAILED', reason: { code: 'INSUFFICIENT_FUNDS' } });
  expect(failed.reason?.message).toMatch(/set-up.*takes 0\.00234356 SOL/);
});

test('a payment after whose broadcast nothing more was heard is confirmed, not paid twice', async () => {
  const acme = await openSolanaAcme();
  const deaf = withChain(acme, {
    broadcast: async (sealed) => {
      await chain.broadcast(sealed);
      if (isPayment(sealed)) throw new Error('the line is cut');
    },
  });
  const before = await vendorUnits();
  const transfer = await pay(acme, paying);
  expect(await carryOut(deaf, transfer)).toMatchObject({ state: 'BROADCAST' });
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect((await vendorUnits()) - before).toBe(250_000n);
  expect((await reload(acme, transfer)).state).toBe('CONFIRMED');
  stage.errors.length = 0;
});

test('a set-up that was sent is sent again until it has expired, and only then is another signed', async () => {
  const acme = await openSolanaAcme();
  let isLost = true;
  const losing = withChain(acme, {
    broadcast: async (sealed) => (isLost ? undefined : chain.broadcast(sealed)),
  });
  const signed = () => stage.cluster.signed;
  const before = signed();
  const transfer = await pay(acme, paying);
  for (let attempt = 0; attempt < 3; attempt++) {
    expect(await carryOut(losing, transfer)).toMatchObject({
      state: 'QUEUED',
      waiting: { code: 'CHAIN_UNAVAILABLE' },
    });
  }
  expect(signed() - before).toBe(1);
  stage.pass(2 * 60_000);
  expect(await carryOut(losing, transfer)).toMatchObject({ state: 'QUEUED' });
  expect(signed() - before).toBe(2);
  isLost = false;
  expect(await carryOut(losing, transfer)).toMatchObject({ state: 'CONFIRMED' });
  expect(signed() - before).toBe(3);
});

/** Runs the jobs in a process that dies after the effect, and then in one that lives. */
async function outlive(acme: Acme, transfer: TransferRow, effect?: number) {
  const point = effect === undefined ? undefined : ({ effect, at: 'after' } as const);
  const dying = crashing(acme.services, point);
  const outcome = carryOut({ ...acme, services: dying.services }, transfer);
  if (point === undefined) await outcome;
  else await expect(outcome).rejects.toThrow();
  expect(await carryOut(acme, transfer)).toMatchObject({ state: 'CONFIRMED', waiting: null });
  return dying.effects;
}

/** Questions that leave nothing behind. */
const LOOKS = ['blockHash', 'height', 'nextNonce', 'status'];

test('a process that dies after any effect of a first payment leaves one set-up and one payment', async () => {
  const acme = await openSolanaAcme();
  const effects = await outlive(acme, await pay(acme, paying));
  const acts = [...effects.entries()].filter(([, name]) => !LOOKS.includes(name));
  // The first remembers the chain's newest block; the three before the first signature take a checkpoint.
  expect(acts.map(([, name]) => name).join(' ')).toBe(
    'transaction setUp transaction transaction transaction sign transaction broadcast ' +
      'draft transaction sign transaction broadcast transaction',
  );
  for (const [index] of acts) {
    const own = await openSolanaAcme();
    const before = await vendorUnits();
    await outlive(own, await pay(own, paying), index + 1);
    expect((await vendorUnits()) - before).toBe(250_000n);
    const sent = [...solana.chain.executed()].filter(
      ({ wire }) => wire.accounts[0] === own.wallet.address,
    );
    expect(sent.map(({ failure }) => failure)).toEqual([null, null]);
  }
});
