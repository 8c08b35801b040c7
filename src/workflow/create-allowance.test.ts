/** Allowances from the signed request to the chain, and what they take from limits. */
import { Contract, JsonRpcProvider } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAsset } from '#chains/registry.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import { displayOf, transferView } from '#resolvers/transfer-view.ts';
import {
  type Acme,
  beginAndSign,
  carryOut,
  dollars,
  fundWallet,
  openAcme,
  pay,
  publish,
  USDC,
} from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { openWorkflowStage, type WorkflowStage } from '#testing/workflow-stage.ts';
import { createAllowance } from './create-transfer.ts';
import type { CreateAllowanceInput } from './inputs.ts';

const LENDING = 'transfer, allowance';
const ENDLESS = `rule lent "Vendors may take without a bound" {
  applies to unlimited-allowance
  when    recipient in approved-vendors
  then    allow
}`;

let stage: WorkflowStage;
let lending: Acme;
beforeAll(async () => {
  stage = await openWorkflowStage();
  lending = await openAcme(stage, { governs: LENDING });
});
afterAll(() => stage.close());

let count = 0;
const allowanceInput = (
  acme: Acme,
  other: Partial<CreateAllowanceInput> = {},
): CreateAllowanceInput => ({
  walletId: acme.wallet.id,
  asset: USDC,
  spender: VENDOR,
  amount: dollars(5_000),
  externalId: `allowance-${++count}`,
  ...other,
});

async function allow(acme: Acme, other: Partial<CreateAllowanceInput> = {}): Promise<TransferRow> {
  const input = allowanceInput(acme, other);
  const request = { operation: 'createAllowance', input } as const;
  const signed = await beginAndSign(acme.services, acme.alice, request);
  return createAllowance(acme.services, acme.alice.actor, input, signed);
}

const UNLIMITED = { amount: null, unlimited: true } as const;

const stateOf = ({ state, decision }: TransferRow) => [
  state,
  ...((decision?.decision['reasons'] ?? []) as readonly { readonly code: string }[]).map(
    ({ code }) => code,
  ),
];

test('an allowance is signed, mined and on the chain; it moves nothing, and is shown as what it is', async () => {
  const acme = await openAcme(stage, { governs: LENDING });
  await fundWallet(stage, acme.wallet);
  const allowance = await allow(acme);
  expect(transferView(allowance)).toMatchObject({
    kind: 'ALLOWANCE',
    unlimited: false,
    to: VENDOR,
  });
  expect(displayOf(allowance, { ...findAsset(USDC), retired: false })).toBe(
    'allowance of 5,000 USDC',
  );
  const done = await carryOut(acme, allowance);
  expect(done.state).toBe('CONFIRMED');
  const token = new Contract(
    findAsset(USDC).contract ?? '',
    ['function allowance(address, address) view returns (uint256)'],
    new JsonRpcProvider(stage.anvil.url),
  );
  const read = token.getFunction('allowance');
  expect(await read(acme.wallet.address, VENDOR)).toBe(BigInt(dollars(5_000)));
  const entry = { subject: allowance.id, action: 'transfer.created' };
  const { detail } = await reader(acme.services.db).findOneOrFail(AuditEntry, entry);
  expect(detail).toMatchObject({ kind: 'allowance', intentHash: allowance.intentHash });
  const back = await allow(acme, { amount: '0' });
  expect((await carryOut(acme, back)).state).toBe('CONFIRMED');
  expect(await read(acme.wallet.address, VENDOR)).toBe(0n);
});

test('what is allowed counts against the limit as if it had left, and taking it back frees nothing', async () => {
  const acme = await openAcme(stage, { governs: LENDING, limit: '9,000' });
  expect(stateOf(await allow(acme))).toEqual(['QUEUED']);
  expect(stateOf(await pay(acme, { amount: dollars(4_001) }))).toContain('LIMIT_EXCEEDED');
  expect(stateOf(await allow(acme, { amount: dollars(4_001) }))).toContain('LIMIT_EXCEEDED');
  expect(stateOf(await allow(acme, { amount: '0' }))).toEqual(['QUEUED']);
  expect(stateOf(await pay(acme, { amount: dollars(4_001) }))).toContain('LIMIT_EXCEEDED');
  expect(stateOf(await pay(acme, { amount: dollars(4_000) }))).toEqual(['QUEUED']);
  expect(stateOf(await allow(acme, { amount: '1' }))).toContain('LIMIT_EXCEEDED');
});

test('a policy that does not speak of allowances blocks them', async () => {
  const acme = await openAcme(stage);
  expect(stateOf(await allow(acme))).toEqual(['REJECTED', 'POLICY_DENIED', 'POLICY_DENIED']);
  expect(stateOf(await allow(acme, UNLIMITED))).toContain('POLICY_DENIED');
});

test('one without a bound takes a policy that names it, and uses every limit up', async () => {
  const acme = await openAcme(stage, { governs: LENDING });
  expect(stateOf(await allow(acme, UNLIMITED))).toContain('POLICY_DENIED');
  await publish(acme.services, acme.carol, {
    version: 2,
    governs: 'transfer, unlimited-allowance',
    limit: '1,000,000',
    more: ENDLESS,
  });
  // The daily limit has no "applies to": it holds for what the policy governs.
  expect(stateOf(await allow(acme, UNLIMITED))).toContain('LIMIT_EXCEEDED');
});

test('a total of allowances counts allowances alone', async () => {
  const more = `rule few "Two allowances a day" {
  when count(allowance) over last 24h by wallet > 2
  then block "Enough for today"
}`;
  const acme = await openAcme(stage, { governs: LENDING, more });
  await pay(acme);
  expect(stateOf(await allow(acme))).toEqual(['QUEUED']);
  expect(stateOf(await allow(acme))).toEqual(['QUEUED']);
  expect(stateOf(await pay(acme))).toEqual(['QUEUED']);
  expect(stateOf(await allow(acme))).toContain('LIMIT_EXCEEDED');
});

test('the same request again is the same allowance; another one, or a transfer of the same id, conflicts', async () => {
  const acme = await openAcme(stage, { governs: LENDING });
  const input = allowanceInput(acme);
  const first = await allow(acme, input);
  expect((await allow(acme, input)).id).toBe(first.id);
  const { externalId } = input;
  const conflict = expect.objectContaining({ code: 'IDEMPOTENCY_CONFLICT' });
  await expect(allow(acme, { ...input, amount: dollars(4_999) })).rejects.toEqual(conflict);
  await expect(pay(acme, { externalId, amount: dollars(5_000) })).rejects.toEqual(conflict);
  const db = reader(acme.services.db);
  expect(await db.count(Transfer, { organization: acme.organization })).toBe(1);
  expect(await db.count(Reservation, { organization: acme.organization })).toBe(1);
});

test('a signature for a transfer gives no allowance', async () => {
  const acme = lending;
  const input = allowanceInput(acme);
  const { spender: to, amount, ...rest } = input;
  const paid = { ...rest, to, amount: amount ?? '' };
  const request = { operation: 'createTransfer', input: paid } as const;
  const signed = await beginAndSign(acme.services, acme.alice, request);
  await expect(
    createAllowance(acme.services, acme.alice.actor, input, signed),
  ).rejects.toMatchObject({ code: 'USER_ACTION_MISMATCH' });
});

test.each<[string, Partial<CreateAllowanceInput>, string]>([
  ['amount', { amount: null }, 'neither an amount nor unlimited'],
  ['amount', { unlimited: true }, 'both'],
  ['amount', { amount: '-1' }, 'a negative amount'],
  ['amount', { amount: (2n ** 96n - 1n).toString() }, 'a number without a bound'],
  ['amount', { amount: (2n ** 256n - 1n).toString() }, 'the largest number'],
  ['asset', { asset: 'ETH@local-evm' }, 'no token'],
  ['asset', { asset: 'USDC@local-solana' }, 'a family without allowances'],
  ['spender', { spender: '0x12' }, 'a bad spender'],
])('%s is refused: %j, %s', async (field, change) => {
  await expect(allow(lending, change)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field },
  });
});
