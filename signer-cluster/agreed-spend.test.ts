import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import type { SigningRequest } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { canonicalText } from '#core/canonical.ts';
import { type KeyId, type WalletId, newId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { type TransferIntentInput, transferIntent } from '#mandate/intent.ts';
import { type Member, TestAuthority } from '#testing/authority.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { paymentIntent, paymentTransaction, requestFor } from '#testing/signing-request.ts';

let team: SignerTeam;
let cluster: SignerCluster;
let acme: TestAuthority;
let alice: Member;
let keyId: KeyId;
let wallet: WalletId;

const log = { info: () => undefined, warn: () => undefined };
const now = (): Instant => instant(Date.now());

beforeAll(async () => {
  team = await signerTeam(3, 2);
  cluster = clusterOver(team.links(), log);
  acme = await TestAuthority.found('agreed spends', now());
  alice = await acme.join('Alice', 'finance-operator');
  keyId = newId('key', now(), new Uint8Array(10));
  wallet = newId('wallet', now(), new Uint8Array(10));
  expect((await bring()).receipts).toHaveLength(3);
  await createWallet(cluster, { keyId, wallet, organization: acme.state.organization });
});

afterAll(async () => {
  cluster?.close();
  await team?.close();
});

const bring = (authority: TestAuthority = acme) =>
  cluster.bringAuthority({
    organization: authority.state.organization,
    head: authority.state.head,
    receipts: [],
    entries: async (from, max) =>
      authority.entries.slice(from, from + max).map(({ content }) => contentText(content)),
  });

/** Alice pays; each number is another payment. */
async function payment(
  number: number,
  change: Partial<TransferIntentInput> = {},
  nonce = 0n,
): Promise<SigningRequest> {
  const { organization } = acme.state;
  const own = { organization, wallet, initiator: alice.id, externalId: `payment-${number}` };
  const intent = paymentIntent({ ...own, ...change });
  const initiator = await alice.sign(transferIntent(intent));
  const request = requestFor(intent, { ...paymentTransaction(intent), nonce });
  return { ...request, intent: canonicalText(transferIntent(intent)), initiator };
}

const agree = (mandate: SigningRequest, authority = acme.state.head.sequence) =>
  cluster.agree({ keyId, mandate, authority, mandatesOf: async () => [] });

/** A link takes a moment to find a node that was started again. */
async function untilAllAnswer(): Promise<void> {
  while (!(await cluster.health()).every(({ ok }) => ok));
}

const rejected = (reason: RegExp) =>
  expect.objectContaining({
    code: 'EVIDENCE_REJECTED',
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });
const waiting = (reason: RegExp) =>
  expect.objectContaining({
    code: 'SIGNERS_UNAVAILABLE',
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });

test('a payment that all three nodes have in writing is signed by two of them', async () => {
  const mandate = await payment(1);
  const agreement = await agree(mandate);
  expect(agreement.receipts).toHaveLength(3);
  expect(agreement.confirmations).toEqual([]);
  const { signatures, signers } = await cluster.sign({ keyId, mandate, agreement });
  expect(signatures).toHaveLength(1);
  expect(signers).toHaveLength(2);
});

test('no share leaves without the receipts, with those of two, or with those of another payment', async () => {
  const mandate = await payment(2);
  await expect(cluster.sign({ keyId, mandate })).rejects.toEqual(
    rejected(/0 receipts, and 3 of 3/),
  );
  const agreement = await agree(mandate);
  const two = { ...agreement, receipts: agreement.receipts.slice(1) };
  await expect(cluster.sign({ keyId, mandate, agreement: two })).rejects.toEqual(
    rejected(/2 receipts, and 3 of 3/),
  );
  const other = await payment(3);
  await expect(cluster.sign({ keyId, mandate: other, agreement })).rejects.toEqual(
    rejected(/about something else/),
  );
});

test('once it is in writing an intent stands for its bytes, also after a restart', async () => {
  const mandate = await payment(4);
  await agree(mandate);
  const other = {
    ...(await payment(4, {}, 1n)),
    intent: mandate.intent,
    initiator: mandate.initiator,
  };
  await expect(agree(other)).rejects.toEqual(rejected(/signed before as another transaction/));
  await Promise.all([1, 2, 3].map((party) => team.revive(party)));
  await untilAllAnswer();
  await expect(agree(other)).rejects.toEqual(rejected(/signed before as another transaction/));
  const agreement = await agree(mandate);
  expect((await cluster.sign({ keyId, mandate, agreement })).signatures).toHaveLength(1);
});

test('a node that lacks a change of authority says so, and signs once it has it', async () => {
  await acme.join('Carol', 'finance-operator');
  const mandate = await payment(5);
  await expect(agree(mandate)).rejects.toEqual(waiting(/AUTHORITY_BEHIND/));
  expect((await bring()).receipts).toHaveLength(3);
  const agreement = await agree(mandate);
  expect((await cluster.sign({ keyId, mandate, agreement })).signatures).toHaveLength(1);
});

test('another beginning of the same organisation is taken by no node, nor a changed entry', async () => {
  const pretender = await TestAuthority.found('agreed spends, by another', now());
  const forged = { ...pretender.genesis, organization: acme.state.organization };
  const { receipts, behind } = await cluster.bringAuthority({
    organization: acme.state.organization,
    head: { sequence: 99, hash: '00'.repeat(32) },
    receipts: [],
    entries: async (from) => (from > 90 ? [] : [contentText(forged)]),
  });
  expect(receipts).toEqual([]);
  expect([...behind.values()].join()).toMatch(/sequence|genesis|standing|entry/);
});

test('with a node away a payment waits and says for what', async () => {
  await team.kill(3);
  const mandate = await payment(6);
  await expect(agree(mandate)).rejects.toEqual(waiting(/2 of 3 nodes have it in writing, 3 must/));
  await team.revive(3);
  await untilAllAnswer();
  const agreement = await agree(mandate);
  expect((await cluster.sign({ keyId, mandate, agreement })).signatures).toHaveLength(1);
});
