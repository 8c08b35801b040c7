/**
 * The walkthrough: Alice pays Vendor XYZ, Bob approves, three signer processes sign together, the chain
 * confirms - and three payments that must fail do; then a payment on another chain. Every claim is checked against what the API, or the
 * chain itself, answers.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { formatDecimal } from '#core/money.ts';
import { LaunchError } from '#launcher/launch-error.ts';
import { CHECKOUT } from '#launcher/programs.ts';
import { parseIntent } from '#mandate/intent.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { parseAmount } from '#sdk/amount.ts';
import { isCountersignError } from '#sdk/error.ts';
import type { Approval, PolicyDecision, Transfer, Wallet } from '#sdk/types.ts';
import { type Person, activeWallet, foundAcme, hire } from './cast.ts';
import { followTransfer, nextOf } from './follow.ts';
import type { Narrator } from './narrator.ts';
import { payOnSolana } from './second-chain.ts';
import type { Stage } from './stage.ts';
import { VENDOR_XYZ, vendorBalanceAt } from './vendor.ts';

const BUNDLE = path.join(CHECKOUT, 'examples', 'acme-vendor-payments');
const NETWORK = findNetwork('local-evm');
const USDC = findAsset('USDC@local-evm');
const STRANGER = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
const TREASURY_UNITS = BigInt(parseAmount('1,000,000 USDC', USDC));
const GAS_WEI = 10n ** 18n;
/** Created, then one entry for each state that the payment passes through. */
const STEPS = 6;

type People = Record<'ada' | 'alice' | 'bob' | 'carol', Person>;

/** Far more than all acts take; a payment that cannot go on waits for ever. */
const PATIENCE_MS = 180_000;

/** @throws LaunchError when it takes too long; whatever happens, nobody's connection stays open */
export async function perform(
  stage: Stage,
  say: Narrator,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const people = await gather(stage, say);
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const seconds = patienceMs / 1000;
  const reason = `the demo has waited for ${seconds} s; its last lines, and the logs, say what for`;
  const patience = setTimeout(() => reject(new LaunchError(reason)), patienceMs);
  try {
    await Promise.race([play(stage, people, say), tooLong]);
  } finally {
    clearTimeout(patience);
    for (const { client } of Object.values(people)) client.close();
  }
}

async function play(stage: Stage, people: People, say: Narrator): Promise<void> {
  await publish(people.carol, say);
  const wallet = await openTreasury(stage, people, say);
  const { transfer, approval } = await order(people, wallet, say);
  await approve(people, transfer, approval, say);
  await confirm(stage, people, transfer, say);
  await failures(people, wallet, say);
  await payOnSolana(stage, people, say);
  await records(people.carol, transfer, say);
}

async function gather(stage: Stage, say: Narrator): Promise<People> {
  say.act('Acme and its people');
  const ada = await foundAcme(stage, stage.operatorToken);
  const alice = await hire(stage, ada, { name: 'Alice', role: 'finance-operator' });
  const bob = await hire(stage, ada, { name: 'Bob', role: 'treasury-manager' });
  const carol = await hire(stage, ada, { name: 'Carol', role: 'compliance', approver: bob });
  say.tell('Ada could not appoint Carol alone: Bob has approved of it.');
  for (const person of [alice, bob, carol]) {
    const { viewer } = await person.client.login();
    const roles = viewer.roles.map(({ title }) => title).join(', ');
    say.claim(viewer.user.name === person.name, `${person.name} signs in with a passkey: ${roles}`);
  }
  return { ada, alice, bob, carol };
}

async function publish(carol: Person, say: Narrator): Promise<void> {
  say.act('Carol publishes the policy, from files');
  const { files } = await readBundle(BUNDLE);
  for (const file of files) say.tell(file.path);
  const { state, policyBundle } = await carol.client.publishPolicy({ files });
  const name = `"${policyBundle?.title}" version ${policyBundle?.version}`;
  say.claim(state === 'APPLIED', `${name} is in force (${policyBundle?.hash.slice(0, 16)}...)`);
}

async function openTreasury(stage: Stage, { ada, alice }: People, say: Narrator): Promise<Wallet> {
  say.act('A treasury wallet, whose key no process holds');
  const signers = await ada.client.signers();
  const healthy = signers.filter((signer) => signer.healthy);
  const addresses = healthy.map(({ party, address }) => `${party} at ${address}`).join(', ');
  say.claim(healthy.length === signers.length && healthy.length > 1, `signers: ${addresses}`);
  const created = await ada.client.createWallet({
    network: NETWORK.id,
    name: 'Acme treasury',
    tags: ['payments'],
    externalId: randomUUID(),
  });
  const wallet = await activeWallet(ada, created);
  say.claim(wallet.state === 'ACTIVE', `the signers made its key together: ${wallet.address}`);
  await fundNative(stage.rpc, wallet.address as string, GAS_WEI);
  await mintTestUsdc(stage.rpc, wallet.address as string, TREASURY_UNITS);
  const balances = await alice.client.balances(wallet.id);
  const held = balances.find(({ asset }) => asset.id === USDC.id);
  say.claim(held?.amount === TREASURY_UNITS.toString(), `it holds ${held?.display}`);
  return wallet;
}

const payment = (wallet: Wallet, amount: string, to: string) => ({
  walletId: wallet.id,
  asset: USDC.id,
  amount: parseAmount(amount, USDC),
  to,
  externalId: randomUUID(),
});

async function order({ alice, bob }: People, wallet: Wallet, say: Narrator) {
  say.act('Alice sends 50,000 USDC to Vendor XYZ');
  const requests = bob.client.approvalRequested();
  const notified = nextOf(requests);
  const transfer = await alice.client.createTransfer({
    ...payment(wallet, '50,000 USDC', VENDOR_XYZ),
    memo: 'Invoice 2026-117',
  });
  tellDecision(transfer.decision, say);
  const isWaiting = transfer.state === 'PENDING_APPROVAL';
  say.claim(isWaiting, `a manager must approve: the payment is ${transfer.state}`);
  const approval = await notified;
  await requests.return?.();
  say.claim(approval.transfer?.id === transfer.id, 'Bob is notified');
  return { transfer, approval };
}

function tellDecision(decision: PolicyDecision | null, say: Narrator): void {
  for (const { id, outcome, sentence } of decision?.rules ?? []) {
    say.tell(`${id} (${outcome.toLowerCase().replace('_', ' ')}): ${sentence}`);
  }
  for (const { message } of decision?.reasons ?? []) say.tell(message);
}

async function approve(
  { alice, bob }: People,
  transfer: Transfer,
  approval: Approval,
  say: Narrator,
): Promise<void> {
  say.act('Bob reviews what he is to sign, and approves');
  // Read from the very text whose hash is signed, not from what the server says about it.
  const intent = parseIntent(approval.intent);
  say.tell(
    `pay        ${inUsdc(BigInt(intent.units))} (${intent.asset})\nto         ${intent.recipient}\nmemo       ${intent.memo}`,
  );
  say.tell(`until      ${intent.expires}\nintent     ${approval.intentHash}`);
  const followed = [alice, bob].map((person) => followTransfer(person, transfer.id, say));
  const decided = await bob.client.decideApproval(
    { approvalId: approval.id, decision: 'APPROVE', reason: 'Invoice checked' },
    approval,
  );
  say.claim(decided.state === 'APPROVED', `Bob's passkey signed; the approval is ${decided.state}`);
  for (const { name, final } of await Promise.all(followed)) {
    say.claim(final.state === 'CONFIRMED', `${name} sees: Payment complete`);
  }
}

const inUsdc = (units: bigint): string => `${formatDecimal(units, USDC.decimals)} USDC`;

async function confirm(
  { rpc }: Stage,
  { alice }: People,
  { id, amount }: Transfer,
  say: Narrator,
): Promise<void> {
  say.act('On the chain');
  const { transaction } = await alice.client.transfer(id);
  say.claim(Boolean(transaction?.hash), `transaction ${transaction?.hash}`);
  say.claim(Boolean(transaction?.blockNumber), `in block ${transaction?.blockNumber}`);
  const block = BigInt(transaction?.blockNumber ?? 1);
  const before = await vendorBalanceAt(rpc, block - 1n);
  const after = await vendorBalanceAt(rpc, block);
  const paid = after - before === BigInt(amount);
  say.claim(paid, `the vendor's balance went from ${inUsdc(before)} to ${inUsdc(after)}`);
}

async function failures({ alice }: People, wallet: Wallet, say: Narrator): Promise<void> {
  say.act('Three payments that must fail');
  const { client } = alice;
  const unknown = await client.createTransfer(payment(wallet, '5 USDC', STRANGER));
  sayRejected('5 USDC to an unknown vendor', unknown, 'POLICY_DENIED', say);
  const large = await client.createTransfer(payment(wallet, '200,000.01 USDC', VENDOR_XYZ));
  sayRejected('200,000.01 USDC more today', large, 'LIMIT_EXCEEDED', say);
  const own = await client.createTransfer(payment(wallet, '20,000 USDC', VENDOR_XYZ));
  const approval = await client.approval(own.approvals[0]?.id ?? '');
  const input = { approvalId: approval.id, decision: 'APPROVE' } as const;
  const refusal: unknown = await client.decideApproval(input, approval).catch((e: unknown) => e);
  const isRefused = isCountersignError(refusal, 'APPROVAL_NOT_ELIGIBLE');
  say.claim(isRefused, 'Alice approves her own 20,000 USDC: refused');
  say.tell(String(refusal instanceof Error ? refusal.message : refusal));
  const { state } = await client.cancelTransfer({ transferId: own.id });
  say.claim(state === 'CANCELLED', `she withdraws it: ${state}`);
}

function sayRejected(what: string, transfer: Transfer, code: string, say: Narrator): void {
  const isBlocked = transfer.decision?.reasons.some((reason) => reason.code === code) ?? false;
  say.claim(transfer.state === 'REJECTED' && isBlocked, `${what}: ${transfer.state}, ${code}`);
  tellDecision(transfer.decision, say);
}

async function records({ client }: Person, { id }: Transfer, say: Narrator): Promise<void> {
  say.act('The audit log of the first payment');
  const { items } = await client.auditEvents({ filter: { subject: id }, first: 50 });
  for (const { sequence, at, action, actor } of items.toReversed()) {
    say.tell(
      `${String(sequence).padStart(4)}  ${at}  ${action.padEnd(26)} ${actor?.name ?? 'system'}`,
    );
  }
  const actions = new Set(items.map(({ action }) => action));
  say.claim(actions.size === STEPS && items.length === STEPS, 'each step stands there once');
}
