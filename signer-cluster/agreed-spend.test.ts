import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { readFile } from 'node:fs/promises';
import { parseHex } from '#core/bytes.ts';
import { DAY_MS, MINUTE_MS, formatInstant, instant } from '#core/time.ts';
import { requireEffective } from '#mandate/effective-change.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import type { NodeFile } from './config.ts';
import { contentText } from '#mandate/authority/entry.ts';
import type { Mandate } from '#mandate/mandate.ts';
import { TestAuthority } from '#testing/authority.ts';
import { Draw } from '#testing/forged-mandates/forgery.ts';
import { FORGERIES } from '#testing/forged-mandates/stream.ts';
import { PayingCompany, usdc } from '#testing/paying-company.ts';
import { randomOf } from '#testing/authority.ts';
import type { Wallet } from '#testing/paying-company-log.ts';
import { type SignerTeam, askAlone, createWallet, signerTeam } from '#testing/signers.ts';

let team: SignerTeam;
let cluster: SignerCluster;
let acme: PayingCompany;

const log = { info: () => undefined, warn: () => undefined };
const WALLETS: readonly Wallet[] = ['operations', 'spent', 'untagged', 'frozen'];

beforeAll(async () => {
  team = await signerTeam(3, 2);
  cluster = clusterOver(team.links(), log);
  acme = await PayingCompany.open('agreed spends', instant(Date.now() - MINUTE_MS));
  acme.notaries = team.house.trusted.notaries.keys;
  expect((await bring()).receipts).toHaveLength(3);
  const { organization } = acme.state;
  for (const name of WALLETS) {
    const wallet = acme.wallets[name];
    await createWallet(cluster, { keyId: keyOf(name), wallet, organization });
  }
});

afterAll(async () => {
  cluster?.close();
  await team?.close();
});

const keyOf = (name: Wallet) => acme.own(name).key.keyId;

const bring = ({ state, entries }: Pick<TestAuthority, 'state' | 'entries'> = acme.authority) =>
  cluster.bringAuthority({
    organization: state.organization,
    head: state.head,
    entries: async (from, max) =>
      entries.slice(from, from + max).map(({ content }) => contentText(content)),
  });

const agree = (mandate: Mandate, wallet: Wallet = 'operations') =>
  cluster.agree({
    keyId: keyOf(wallet),
    mandate,
    authority: acme.authority.state.head.sequence,
    mandatesOf: async () => [],
  });

const rejected = (reason: RegExp) =>
  expect.objectContaining({
    code: 'EVIDENCE_REJECTED',
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });
const waiting = (code: string, reason: RegExp) =>
  expect.objectContaining({
    code,
    context: expect.objectContaining({ reason: expect.stringMatching(reason) }),
  });

/** A link takes a moment to find a node that was started again. */
async function untilAllAnswer(): Promise<void> {
  while (!(await cluster.health()).every(({ ok }) => ok));
}

test('a payment that all three nodes have in writing is signed by two of them', async () => {
  const keyId = keyOf('operations');
  const { mandate } = await acme.pay();
  const agreement = await agree(mandate);
  expect(agreement.receipts).toHaveLength(3);
  expect(agreement.confirmations).toEqual([]);
  const { signatures, signers } = await cluster.sign({ keyId, mandate, agreement });
  expect(signatures).toHaveLength(1);
  expect(signers).toHaveLength(2);
});

test('no share leaves without receipts, with those of two, or of another payment', async () => {
  const keyId = keyOf('operations');
  const { mandate } = await acme.pay({ units: usdc(10n), approvers: [] });
  await expect(cluster.sign({ keyId, mandate })).rejects.toEqual(
    waiting('SIGNERS_UNAVAILABLE', /0 receipts, and 3 of 3/),
  );
  const agreement = await agree(mandate);
  const two = { ...agreement, receipts: agreement.receipts.slice(1) };
  await expect(cluster.sign({ keyId, mandate, agreement: two })).rejects.toEqual(
    waiting('SIGNERS_UNAVAILABLE', /2 receipts, and 3 of 3/),
  );
  const { mandate: other } = await acme.pay({ units: usdc(11n), approvers: [] });
  await expect(cluster.sign({ keyId, mandate: other, agreement })).rejects.toEqual(
    waiting('SIGNERS_UNAVAILABLE', /0 receipts, and 3 of 3/),
  );
});

test('once in writing, an intent stands for its bytes and counts, also after a restart', async () => {
  const wallet = 'spent';
  const { mandate } = await acme.pay({ wallet, units: usdc(240_000n) });
  await agree(mandate, wallet);
  const { intent } = await acme.pay({ wallet, units: usdc(240_000n) });
  const other = { ...mandate, unsigned: acme.bytesOf(intent, { nonce: 8n }) };
  const { mandate: more } = await acme.pay({ wallet, units: usdc(20_000n) });
  for (const isRestarted of [false, true]) {
    if (isRestarted) {
      await Promise.all([1, 2, 3].map((party) => team.revive(party)));
      await untilAllAnswer();
    }
    await expect(agree(other, wallet)).rejects.toEqual(rejected(/another sequence number/));
    await expect(agree(more, wallet)).rejects.toEqual(rejected(/LIMIT_EXCEEDED/));
  }
  const agreement = await agree(mandate, wallet);
  const signed = await cluster.sign({ keyId: keyOf(wallet), mandate, agreement });
  expect(signed.signatures).toHaveLength(1);
});

const GOVERNED = {
  governs: 'transfer, permission-change',
  more: `rule people "Managers look at changes of permissions" {
  applies to permission-change
  when    always
  then    allow with approval by 2 of managers, not by initiator
}
`,
};

test('nodes take a change with the approvals that it waited for, and their receipts make it effective', async () => {
  const own = await TestAuthority.found('a change that waited', instant(Date.now() - MINUTE_MS));
  const bob = await own.join('Bob', 'treasury-manager');
  const ben = await own.join('Ben', 'treasury-manager');
  const carol = await own.join('Carol', 'compliance');
  await own.publish(carol, policyFiles({ version: 1, ...GOVERNED }).files);
  const { head: before, organization } = own.state;
  const operation = 'deactivateUser';
  // It was asked for three days ago; the last vote is of now.
  const statement = own.statement(operation, carol.id, { userId: carol.id }, own.administrator.id, {
    created: formatInstant(instant(own.now - 3 * DAY_MS)),
    expires: formatInstant(instant(own.now + 4 * DAY_MS)),
  });
  const change = await own.administrator.sign(statement);
  const votes = [await own.approve(statement, bob), await own.approve(statement, ben)];
  const content = { change, approvals: votes };
  own.append(content);
  const few = { change, approvals: votes.slice(1) };
  const short = [...own.entries.slice(0, -1), { sequence: own.state.head.sequence, content: few }];
  const early = await bring({ state: own.state, entries: short });
  expect(early.receipts).toEqual([]);
  expect([...early.behind.values()]).toEqual(Array(3).fill(expect.stringMatching(/2 of managers/)));
  const { receipts } = await bring(own);
  const file = JSON.parse(await readFile(team.house.config(1), 'utf8')) as NodeFile;
  const keys = new Map(file.committee?.map(({ party, identity }) => [party, parseHex(identity)]));
  const told = { organization, operation, subject: carol.id, statement: change.statement };
  const entry = contentText(content);
  const proof = {
    sequence: before.sequence + 1,
    previous: before.hash,
    entry,
    links: [],
    receipts,
  };
  requireEffective(told, proof, { threshold: 2, members: 3, keys });
});

test('a raised fee takes the place of a stuck transaction: signed like it, and counted once', async () => {
  const wallet = 'operations';
  const keyId = keyOf(wallet);
  const { intent, mandate } = await acme.pay({ wallet, units: usdc(15n), approvers: [] });
  const raisedTo = (gwei: bigint) => ({
    ...mandate,
    unsigned: acme.bytesOf(intent, { bytes: { maxFeePerGas: gwei * 1_000_000_000n } }),
  });
  const sign = async (one: Mandate) => {
    const agreement = await agree(one);
    return cluster.sign({ keyId, mandate: one, agreement });
  };
  await sign(mandate);
  await expect(agree(raisedTo(19n))).rejects.toEqual(rejected(/must pay more in fees/));
  // Whatever a gateway says: above what the initiator signed there is nothing.
  await expect(agree(raisedTo(10_000n))).rejects.toEqual(rejected(/the intent at most/));
  expect((await sign(raisedTo(21n))).signatures).toHaveLength(1);
  for (const gwei of [22n, 23n, 24n, 25n]) await agree(raisedTo(gwei));
  await expect(agree(raisedTo(26n))).rejects.toEqual(rejected(/raised 5 times already/));
  // The receipts are about the bytes: those of one transaction are none of another.
  const agreement = await agree(raisedTo(25n));
  await expect(cluster.sign({ keyId, mandate: raisedTo(21n), agreement })).rejects.toEqual(
    waiting('SIGNERS_UNAVAILABLE', /0 receipts, and 3 of 3/),
  );
  expect((await sign(raisedTo(21n))).signatures).toHaveLength(1);
});

test('nobody can tell a node that an intent stands for other bytes than it has in writing', async () => {
  const [link] = team.links();
  const { mandate } = await acme.pay({ units: usdc(14n), approvers: [] });
  await agree(mandate);
  const { intent } = await acme.pay({ units: usdc(14n), approvers: [] });
  const other = { ...mandate, unsigned: acme.bytesOf(intent, { nonce: 9n }) };
  const told = (one: Mandate) => {
    const mandates = [mandateFields(one)];
    const open = { purpose: 'learn', keyId: keyOf('operations'), mandates } as const;
    return askAlone(link as NonNullable<typeof link>, open);
  };
  const refused = { type: 'refused', content: { code: 'EVIDENCE_REJECTED', field: 'nonce' } };
  expect(await told(other)).toMatchObject([refused]);
  expect(await told(mandate)).toMatchObject([{ type: 'result' }]);
});

/** What these lean on is not in the log's entries: the company keeps it beside them. */
const BESIDE_THE_LOG = [
  'another sequence number than the intent stands for',
  'another transaction of the intent with the same fee',
  // The company's clock stands still.
  'an intent from the future',
  'an approval from the future',
  'a revoked passkey',
  'an initiator who has lost the role',
  'a limit that is spent, whatever a database says',
];

test('no node gives a receipt for a forged or altered mandate of any kind', async () => {
  const [link] = team.links();
  const draw = new Draw(randomOf('agreed spends'));
  const taken: string[] = [];
  let refused = 0;
  for (const { kind, make } of FORGERIES) {
    if (BESIDE_THE_LOG.includes(kind)) continue;
    const { mandate, wallet } = await make(acme, draw);
    if (!WALLETS.includes(wallet)) continue;
    const open = {
      purpose: 'reserve',
      keyId: keyOf(wallet),
      mandate: mandateFields(mandate),
      authority: 0,
    } as const;
    const [answer] = await askAlone(link as NonNullable<typeof link>, open);
    if (answer?.type !== 'refused') taken.push(kind);
    else refused += 1;
  }
  expect(taken).toEqual([]);
  expect(refused).toBeGreaterThanOrEqual(80);
});

test('a node that lacks a change of authority says so, and signs once it has it', async () => {
  const { authority } = acme;
  await authority.join('Erin', 'finance-operator');
  const { mandate } = await acme.pay({ units: usdc(12n), approvers: [] });
  await expect(agree(mandate)).rejects.toEqual(waiting('SIGNERS_UNAVAILABLE', /AUTHORITY_BEHIND/));
  expect((await bring()).receipts).toHaveLength(3);
  expect((await agree(mandate)).receipts).toHaveLength(3);
});

test('another beginning of the organisation is taken by no node', async () => {
  const pretender = await TestAuthority.found('agreed spends, by another');
  const forged = { ...pretender.genesis, organization: acme.state.organization };
  const { receipts, behind } = await cluster.bringAuthority({
    organization: acme.state.organization,
    head: { sequence: 99, hash: '00'.repeat(32) },
    entries: async (from) => (from > 90 ? [] : [contentText(forged)]),
  });
  expect(receipts).toEqual([]);
  expect([...behind.values()].join()).toMatch(/genesis|signed change/);
});

test('with a node away a payment waits and says for what; nobody signs without it', async () => {
  await team.kill(3);
  const { mandate } = await acme.pay({ units: usdc(13n), approvers: [] });
  await expect(agree(mandate)).rejects.toEqual(
    waiting('SIGNERS_UNAVAILABLE', /2 of 3 nodes have it in writing, 3 must/),
  );
  await team.revive(3);
  await untilAllAnswer();
  const agreement = await agree(mandate);
  const signed = await cluster.sign({ keyId: keyOf('operations'), mandate, agreement });
  expect(signed.signatures).toHaveLength(1);
});
