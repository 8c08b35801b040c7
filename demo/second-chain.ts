/**
 * The act on Solana: another family of chains, another kind of key, the same people, policy and signer
 * processes.
 */
import { randomUUID } from 'node:crypto';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { fundNative, mintTestUsdc } from '#chains/solana/local.ts';
import { formatDecimal } from '#core/money.ts';
import { parseAmount } from '#sdk/amount.ts';
import type { Transfer } from '#sdk/types.ts';
import { type Person, activeWallet } from './cast.ts';
import { followTransfer } from './follow.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import { VENDOR_ON_SOLANA, vendorBalanceOnSolana } from './vendor.ts';

const NETWORK = findNetwork('local-solana');
const USDC = findAsset('USDC@local-solana');
const TREASURY_UNITS = BigInt(parseAmount('100,000 USDC', USDC));
const FEES_LAMPORTS = 10n ** 9n;
const AMOUNT = '5,000 USDC';
const MEMO = 'Invoice 2026-118';

type People = { readonly ada: Person; readonly alice: Person };

export async function payOnSolana(stage: Stage, people: People, say: Narrator): Promise<void> {
  say.act(`Alice sends ${AMOUNT} to the same vendor on Solana`);
  const { client } = people.alice;
  const walletId = await openTreasury(stage, people, say);
  const ordered = await client.createTransfer({
    walletId,
    asset: USDC.id,
    amount: parseAmount(AMOUNT, USDC),
    to: VENDOR_ON_SOLANA,
    memo: MEMO,
    externalId: randomUUID(),
  });
  say.claim(ordered.approvals.length === 0, 'it is small enough to need no manager');
  const { final } = await followTransfer(people.alice, ordered.id, say);
  say.claim(final.state === 'CONFIRMED', 'Alice sees: Payment complete');
  await confirm(stage, await client.transfer(final.id), say);
}

async function openTreasury(stage: Stage, { ada, alice }: People, say: Narrator): Promise<string> {
  const created = await ada.client.createWallet({
    network: NETWORK.id,
    name: 'Acme treasury on Solana',
    tags: ['payments'],
    externalId: randomUUID(),
  });
  const { id, state, address } = await activeWallet(ada, created);
  say.claim(state === 'ACTIVE', `the signers made an Ed25519 key together: ${address}`);
  await fundNative(stage.rpcSolana, address as string, FEES_LAMPORTS);
  await mintTestUsdc(stage.rpcSolana, address as string, TREASURY_UNITS);
  const balances = await alice.client.balances(id);
  const held = balances.find(({ asset }) => asset.id === USDC.id);
  say.claim(held?.amount === TREASURY_UNITS.toString(), `it holds ${held?.display}`);
  return id;
}

async function confirm(
  { rpcSolana }: Stage,
  { transaction, amount }: Transfer,
  say: Narrator,
): Promise<void> {
  const signature = transaction?.hash ?? '';
  say.claim(signature !== '', `signature ${signature}`);
  say.claim(Boolean(transaction?.blockNumber), `in slot ${transaction?.blockNumber}`);
  const { before, after, logs } = await vendorBalanceOnSolana(rpcSolana, signature);
  const paid = after - before === BigInt(amount);
  say.claim(paid, `the vendor's balance went from ${inUsdc(before)} to ${inUsdc(after)}`);
  say.claim(logs.includes(MEMO), `the chain shows the memo: ${MEMO}`);
}

const inUsdc = (units: bigint): string => `${formatDecimal(units, USDC.decimals)} USDC`;
