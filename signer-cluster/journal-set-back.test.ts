import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignerLink } from '#cluster-client/link.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, askAlone, createWallet, signerTeam } from '#testing/signers.ts';
import { restorationAt, restoreNode } from '#testing/restored.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { askNode } from './operator/ask-node.ts';
import type { OpenRequest } from './proto/open-request.ts';

/**
 * Somebody writes the disk of node 3 and knows none of its secrets: what is put there is whole in
 * itself, and the node starts. Its peers have heard how far it had come.
 */
const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const LOCKED = { code: 'KEY_LOCKED' };

let team: SignerTeam;
let opened: SignerCluster[] = [];

const over = (...parties: readonly PartyId[]): SignerCluster => {
  const cluster = clusterOver(
    team.links().filter(({ party }) => parties.includes(party)),
    LOG,
  );
  opened.push(cluster);
  return cluster;
};

let requests = 0;
const signBy = (...parties: readonly PartyId[]) => {
  const externalId = `set-back-${(requests += 1)}`;
  return over(...parties).sign({ keyId, mandate: requestFor(paymentIntent({ externalId })) });
};

const journalOf = (party: PartyId): string => join(team.house.data(party), 'journal/journal.log');
const isFile = (path: string) => !path.endsWith('.sock');

const revive = (party: PartyId, options = {}): Promise<void> => team.revive(party, options);

/** Whoever asks a revived node first may find its connection still broken. */
const served = () =>
  expect
    .poll(async () => (await over(1, 2, 3).health()).map(({ ok }) => ok), { timeout: 30_000 })
    .toEqual([true, true, true]);

async function accept(parties: readonly PartyId[]): Promise<void> {
  for (const party of parties) {
    const asked = { command: 'approve', operation: 'accept', party: 3 };
    expect(await askNode(team.house.data(party), asked)).toMatchObject({ ok: true });
  }
}

const UNRESTORED = {
  code: 'KEY_LOCKED',
  context: { reason: expect.stringContaining('NOT_RESTORED') },
};
const NOTHING_LEFT = /nothing of party 3 is given up/;

/** The organisation's word, beside that of the operators of these. */
const restore = (parties: readonly PartyId[]) => restoreNode(team.house, organization, 3, parties);

/** What the peers have accepted, and only they. */
async function acceptedOnly(by: readonly PartyId[], signers: readonly PartyId[]): Promise<void> {
  await accept(by);
  for (let turn = 0; turn < 2; turn++) {
    await expect(signBy(...signers)).rejects.toMatchObject(UNRESTORED);
  }
}

const saidBy = (parties: readonly PartyId[]): string =>
  parties.map((party) => team.signer(party).logs()).join('');

beforeAll(async () => {
  team = await signerTeam();
  await createWallet(over(1, 2, 3), { keyId, organization, wallet });
});

afterAll(async () => {
  for (const cluster of opened) cluster.close();
  opened = [];
  await team.close();
});

/** Everything from the last signature on. */
async function cutLastSignature(): Promise<void> {
  const lines = (await readFile(journalOf(3), 'utf8')).trimEnd().split('\n');
  const last = lines.findLastIndex((line) => line.includes('"kind":"sign"'));
  expect(last).toBeGreaterThan(0);
  await writeFile(journalOf(3), `${lines.slice(0, last).join('\n')}\n`);
}

test('a journal that is cut at the end of a line is refused, until operators accept it', async () => {
  await signBy(1, 3);
  await team.kill(3);
  await cutLastSignature();
  await revive(3);
  await served();
  for (let turn = 0; turn < 2; turn++) {
    await expect(signBy(1, 3)).rejects.toMatchObject(LOCKED);
  }
  expect(saidBy([1, 3])).toMatch(/JOURNAL_(WENT_BACK|DIFFERS)/);
  const link = team.links().find(({ party }) => party === 3) as SignerLink;
  const intent = '00'.repeat(32);
  const asked = { purpose: 'confirm', keyId, intent, digests: [], receipts: [], untils: ['~'] };
  const [told] = await askAlone(link, asked as OpenRequest);
  expect(told).toMatchObject({ type: 'refused', content: LOCKED });
  await signBy(1, 2);
  await acceptedOnly([1, 2], [1, 3]);
  await expect(signBy(2, 3)).rejects.toMatchObject(UNRESTORED);
  // Its receipt does not count either, and a quorum is all three.
  await expect(signBy(1, 2)).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  await restore([1, 2]);
  await signBy(1, 3);
  await signBy(2, 3);
});

test('an older disk with the same epochs is refused, also when it has grown since', async () => {
  const older = join(team.house.dir, 'older');
  await cp(team.house.data(3), older, { recursive: true, filter: isFile });
  await signBy(1, 3);
  await team.kill(3);
  await rm(team.house.data(3), { recursive: true });
  await cp(older, team.house.data(3), { recursive: true });
  await revive(3);
  await served();
  await expect(signBy(1, 3)).rejects.toMatchObject(LOCKED);
  // Node 2 has heard of nothing that is missing, and gets nothing either.
  await expect(signBy(2, 3)).rejects.toMatchObject(LOCKED);
  // What the node writes from here on is another history: it takes changes, and gives its word for nothing.
  for (const number of [2, 3, 4, 5]) {
    const path = `m/44/60/0/0/${number}`;
    const request = { keyId, organization, wallet: idOf('wallet', number), path };
    await expect(over(1, 2, 3).registerWallet(request)).rejects.toThrow(/NOT_STANDING/);
  }
  await revive(3);
  await served();
  await expect(signBy(1, 3)).rejects.toMatchObject(LOCKED);
  expect(team.signer(3).logs()).toContain('JOURNAL_DIFFERS');
  await acceptedOnly([1], [1, 3]);
  // Node 2 was told of nothing; node 3 was, and says it.
  await expect(signBy(2, 3)).rejects.toMatchObject(UNRESTORED);
  await restore([1]);
  await signBy(1, 3);
  await signBy(2, 3);
});

test('a peer that was started again remembers', async () => {
  await signBy(1, 3);
  await expect
    .poll(async () => (await readFile(journalOf(1), 'utf8')).trimEnd().split('\n').at(-1))
    .toContain('"kind":"heard"');
  await team.kill(3);
  await cutLastSignature();
  await revive(1);
  await revive(3);
  await served();
  await expect(signBy(1, 3)).rejects.toMatchObject(LOCKED);
  await acceptedOnly([1, 2], [1, 3]);
  // Whoever accepted it remembers that, and so does the node that was set back.
  await revive(1);
  await revive(3);
  await served();
  await expect(signBy(1, 3)).rejects.toMatchObject(UNRESTORED);
  await restore([1, 2]);
  await signBy(1, 3);
  await signBy(2, 3);
  await expect(restorationAt([team.house.data(1)], organization, 3)).rejects.toThrow(NOTHING_LEFT);
});

test('a node that is started again in order, or killed between two sessions, is not refused', async () => {
  for (const end of ['stop', 'kill'] as const) {
    await signBy(1, 3);
    await team.signer(3)[end]();
    await revive(3);
    await served();
    await signBy(1, 3);
    await signBy(2, 3);
  }
});

test.each(['before 1', 'after 2'])(
  'a node that is killed in the middle of a write (%s) is not refused',
  async (moment) => {
    const order = join(team.house.dir, 'order');
    await writeFile(order, 'never');
    await revive(3, { dieAtSync: order });
    await served();
    await writeFile(order, moment);
    const { child } = team.signer(3);
    await Promise.allSettled([signBy(1, 3)]);
    await expect.poll(() => child.signalCode).toBe('SIGKILL');
    await writeFile(order, 'never');
    // A write that was cut off leaves a part of a line.
    await appendFile(journalOf(3), '00ff');
    await revive(3);
    await served();
    await signBy(1, 3);
    await signBy(2, 3);
  },
);
