/** Tokens of an organisation's own, paid on a real chain. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fundNative } from '#chains/evm/local.ts';
import { Reservation } from '#persistence/ledger.ts';
import { reader } from '#persistence/database.ts';
import {
  type Acme,
  beginAndSign,
  carryOut,
  openAcme,
  pay,
  publish,
  releasedAt,
  silent,
  transferInput,
  withChain,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { deploySecondToken, type SecondToken } from '#testing/second-token.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { advanceTransfer } from './advance-transfer.ts';
import { registerAsset, retireAsset } from './assets.ts';
import { listAssets } from './networks.ts';
import { simulateTransfer } from './simulate-transfer.ts';
import { readBalances } from './wallet.ts';

const TEUR = 'TEUR@local-evm';
const EURO = 1_000_000n;
/** 5,000 euro are worth as much in dollars here. */
const NAMING = `rule euro "Small amounts in euro to anybody" {
  when    asset is ${TEUR} and amount <= 10 TEUR
  then    allow
}
`;

let stage: WorkflowStage;
let acme: Acme;
let token: SecondToken;

beforeAll(async () => {
  stage = await openWorkflowStage();
  token = await deploySecondToken(stage.anvil.url);
});
afterAll(async () => {
  token.close();
  await stage.close();
});
beforeEach(async () => {
  acme = await openAcme(stage);
  stage.cluster.running.add(1).add(2).add(3);
});

const input = () => ({
  network: 'local-evm',
  contract: token.contract,
  symbol: 'TEUR',
  name: 'Test euro',
  decimals: 6,
});

async function register(by = acme.carol, of = acme): Promise<void> {
  const { services } = of;
  const signed = await beginAndSign(services, by, { operation: 'registerAsset', input: input() });
  await registerAsset(services, by.actor, input(), signed);
}

async function retire(): Promise<void> {
  const { services, carol } = acme;
  const choice = { asset: TEUR };
  const signed = await beginAndSign(services, carol, { operation: 'retireAsset', input: choice });
  await retireAsset(services, carol.actor, choice, signed);
}

async function fund(): Promise<void> {
  const address = acme.wallet.address ?? '';
  await fundNative(stage.anvil.url, address, 10n ** 18n);
  await token.mint(address, 100_000n * EURO);
}

const payEuro = (amount = 5_000n * EURO, to = VENDOR) =>
  pay(acme, { asset: TEUR, amount: amount.toString(), to });

test('a token that was registered is paid, under rules that name it and rules that do not', async () => {
  await register();
  await publish(acme.services, acme.carol, { version: 2, more: NAMING });
  await fund();
  const before = await token.balanceOf(VENDOR);
  expect(await carryOut(acme, await payEuro())).toMatchObject({ state: 'CONFIRMED', asset: TEUR });
  expect((await token.balanceOf(VENDOR)) - before).toBe(5_000n * EURO);
  const own = acme.wallet.address ?? '';
  const other = await payEuro(10n * EURO, own);
  expect(await carryOut(acme, other)).toMatchObject({ state: 'CONFIRMED' });
  expect(await payEuro(10n * EURO + 1n, own)).toMatchObject({ state: 'REJECTED' });
  const { values } = await reader(acme.services.db).findOneOrFail(Reservation, {
    transfer: other.id,
  });
  expect(values).toEqual({ USD: '1000' });
  const balances = await readBalances(acme.services, acme.alice.actor, acme.wallet);
  expect(balances).toContainEqual({ asset: TEUR, units: 95_000n * EURO });
});

test('a token is paid once a policy is published that knows it, and not before', async () => {
  await expect(payEuro()).rejects.toMatchObject({ code: 'NOT_FOUND', context: { field: 'asset' } });
  await register();
  const older = {
    code: 'INVALID_INPUT',
    context: { field: 'asset', reason: expect.stringMatching(/^version 1 of the policy is older/) },
  };
  await expect(payEuro()).rejects.toMatchObject(older);
  const draft = transferInput(acme, { asset: TEUR });
  await expect(simulateTransfer(acme.services, acme.alice.actor, draft)).rejects.toMatchObject(
    older,
  );
  await publish(acme.services, acme.carol, { version: 2 });
  expect((await payEuro()).state).toBe('QUEUED');
  const { decided } = await simulateTransfer(acme.services, acme.alice.actor, draft);
  expect(decided.trace.outcome).toBe('ALLOW');
});

test('without a price the token is not paid', async () => {
  await register();
  await publish(acme.services, acme.carol, { version: 2 });
  const quotes = stage.quotes.splice(0);
  const refused = await payEuro();
  stage.quotes.push(...quotes);
  expect(refused).toMatchObject({ state: 'REJECTED', reason: { code: 'DATA_MISSING' } });
});

test('once it is retired nothing new is paid with it, nor what is still queued', async () => {
  await register();
  await publish(acme.services, acme.carol, { version: 2 });
  await fund();
  const queued = await payEuro();
  const cut = withChain(acme, { draft: silent });
  await advanceTransfer(cut.services, queued.id);
  await retire();
  await expect(payEuro()).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'asset', reason: 'it is retired' },
  });
  expect(await carryOut(acme, queued)).toMatchObject({
    state: 'FAILED',
    reason: { code: 'INVALID_INPUT' },
  });
});

test('what waits for the signers when its token is retired is not signed', async () => {
  await register();
  await publish(acme.services, acme.carol, { version: 2 });
  await fund();
  stage.cluster.running.clear();
  const waiting = await payEuro();
  await carryOut(acme, waiting);
  const { signed } = stage.cluster;
  await retire();
  stage.cluster.running.add(1).add(2).add(3);
  expect(await carryOut(acme, waiting)).toMatchObject({ state: 'FAILED' });
  expect(stage.cluster.signed).toBe(signed);
  // The nodes may have signed before: until its sequence number is used it counts as paid.
  expect(await releasedAt(acme, waiting)).toBeNull();
});

const idsOf = async ({ services, alice }: Acme) =>
  (await listAssets(services, alice.actor)).map(({ id }) => id);

test('the token of one organisation is unknown to another', async () => {
  await register();
  const other = await openAcme(stage);
  const elsewhere = pay(other, { asset: TEUR });
  await expect(elsewhere).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await idsOf(acme)).toContain(TEUR);
  expect(await idsOf(other)).not.toContain(TEUR);
  await register(other.carol, other);
  expect(await idsOf(other)).toContain(TEUR);
});
