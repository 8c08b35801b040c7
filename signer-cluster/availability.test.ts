/**
 * The mode `availability` and its price: 2 of 4 nodes sign, so that two of them that have not heard of the other
 * two spend a limit a second time.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { MINUTE_MS, instant } from '#core/time.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import type { NodeFile } from './config.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';

let team: SignerTeam;
let cluster: SignerCluster;
let acme: PayingCompany;

beforeAll(async () => {
  team = await signerTeam(4, 2, {}, { mode: 'availability' });
  cluster = clusterOver(team.links(), { info: () => undefined, warn: () => undefined });
  acme = await PayingCompany.open('available', instant(Date.now() - MINUTE_MS));
  acme.notaries = team.house.trusted.notaries.keys;
  const { receipts } = await cluster.bringAuthority({
    organization: acme.state.organization,
    head: acme.authority.state.head,
    entries: async (from, max) =>
      acme.authority.entries.slice(from, from + max).map(({ content }) => contentText(content)),
  });
  expect(receipts).toHaveLength(4);
  const wallet = acme.wallets.operations;
  await createWallet(cluster, { keyId: keyId(), wallet, organization: acme.state.organization });
});

afterAll(async () => {
  cluster?.close();
  await team?.close();
});

const keyId = () => acme.own('operations').key.keyId;

async function pay(dollars: bigint, approvers?: []) {
  const voted = approvers === undefined ? {} : { approvers };
  const { mandate } = await acme.pay({ units: usdc(dollars), ...voted });
  const authority = acme.authority.state.head.sequence;
  const agreement = await cluster.agree({
    keyId: keyId(),
    mandate,
    authority,
    mandatesOf: async () => [],
  });
  return cluster.sign({ keyId: keyId(), mandate, agreement });
}

async function among(parties: readonly number[], change: (party: number) => Promise<void>) {
  await Promise.all(parties.map(change));
}

async function answering(): Promise<number[]> {
  const health = await cluster.health();
  return health.filter(({ ok }) => ok).map(({ party }) => party);
}

async function untilAnswering(parties: readonly number[]): Promise<void> {
  await expect.poll(answering, { timeout: 30_000 }).toEqual(parties);
}

test('each node says at its start what the mode costs', () => {
  for (const party of [1, 2, 3, 4]) {
    expect(team.signer(party).logs()).toContain(
      'a limit can be spent, and an intent signed, up to 3 times',
    );
  }
});

test('two nodes pay without the others, and those two spend the limit once more; then it is spent', async () => {
  await among([3, 4], (party) => team.kill(party));
  await untilAnswering([1, 2]);
  expect((await pay(240_000n)).signers).toEqual([1, 2]);
  await among([3, 4], (party) => team.revive(party));
  await among([1, 2], (party) => team.kill(party));
  await untilAnswering([3, 4]);
  expect((await pay(240_000n)).signers).toEqual([3, 4]);
  await among([1, 2], (party) => team.revive(party));
  await untilAnswering([1, 2, 3, 4]);
  await expect(pay(240_000n)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
});

test('a node in the mode safety signs with none of the others, who sign on', async () => {
  await among([1, 2, 3, 4], (party) => team.kill(party));
  const path = team.house.config(1);
  const file = JSON.parse(await readFile(path, 'utf8')) as NodeFile;
  await writeFile(path, JSON.stringify({ ...file, mode: 'safety' }));
  await among([1, 2, 3, 4], (party) => team.revive(party));
  await untilAnswering([1, 2, 3, 4]);
  // The sets take turns, so that one with the first node is among the first four.
  for (let turn = 0; turn < 4; turn += 1) {
    expect((await pay(1n, [])).signers).not.toContain(1);
  }
  expect(team.signer(1).logs()).toContain('is in another mode (MODES_DIFFER)');
});
