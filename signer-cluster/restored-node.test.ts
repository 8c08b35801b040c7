import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver as over } from '#cluster-client/cluster.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { hex } from '#core/bytes.ts';
import type { JournalPlace } from '#mandate/change-input.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { TestOrganization } from '#testing/organizations.ts';
import { restorationAt } from '#testing/restored.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { askNode } from './operator/ask-node.ts';

/**
 * The disk of node 3 is put back, time and again. It works for an organisation once the operators of its peers
 * have accepted it and two people of the organisation have signed exactly that.
 */
const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const other = {
  organization: idOf('organization', 2),
  keyId: idOf('key', 9),
  wallet: idOf('wallet', 9),
};
const UNRESTORED = {
  code: 'KEY_LOCKED',
  context: { reason: expect.stringContaining('NOT_RESTORED') },
};
const SET_BACK = { code: 'KEY_LOCKED', context: { reason: expect.stringContaining('JOURNAL_') } };

let team: SignerTeam;
let cluster: SignerCluster | undefined;
let acme: TestOrganization;
let requests = 0;

/** By nodes 1 and 3. */
const sign = () => {
  const externalId = `restored-${(requests += 1)}`;
  return (cluster as SignerCluster).sign({
    keyId,
    mandate: requestFor(paymentIntent({ externalId })),
  });
};

const older = (): string => join(team.house.dir, 'older');
const isFile = (path: string) => !path.endsWith('.sock');
const folders = (): readonly string[] => [1, 2].map((party) => team.house.data(party));

async function open(): Promise<void> {
  cluster?.close();
  cluster = clusterOver(
    team.links().filter(({ party }) => party !== 2),
    LOG,
  );
  const all = over(team.links(), LOG);
  await expect
    .poll(async () => (await all.health()).map(({ ok }) => ok), { timeout: 30_000 })
    .toEqual([true, true, true]);
  all.close();
}

async function backUp(): Promise<void> {
  await open();
  await sign();
  await team.kill(3);
  await cp(team.house.data(3), older(), { recursive: true, filter: isFile });
  await team.revive(3);
  await open();
}

/** Back to the backup, with a signature that its peers have heard of since. */
async function setBack(): Promise<void> {
  await sign();
  await team.kill(3);
  await rm(team.house.data(3), { recursive: true });
  await cp(older(), team.house.data(3), { recursive: true, filter: isFile });
  await team.revive(3);
  await open();
  await expect(sign()).rejects.toMatchObject(SET_BACK);
}

async function accept(): Promise<void> {
  const asked = { command: 'approve', operation: 'accept', party: 3 };
  for (const folder of folders()) {
    expect(await askNode(folder, asked)).toMatchObject({ ok: true });
  }
}

type Heard = { readonly party: number; readonly entries: number; readonly head: string };

/** What the peers have heard of node 3, before anybody has accepted anything. */
async function heard(): Promise<readonly JournalPlace[]> {
  const all = await Promise.all(folders().map((folder) => askNode(folder, { command: 'status' })));
  return all.flatMap((status) =>
    (status as unknown as { readonly heard: readonly Heard[] }).heard
      .filter(({ party }) => party === 3)
      .map(({ entries, head }) => ({ count: entries, head })),
  );
}

beforeAll(async () => {
  team = await signerTeam();
  const all = clusterOver(team.links(), LOG);
  await createWallet(all, { keyId, organization, wallet });
  await createWallet(all, other);
  all.close();
  acme = await team.house.trusted.organization(organization);
});

afterAll(async () => {
  cluster?.close();
  await team.close();
});

test("the organisation's change alone lets no node back, and with the operators' word it does", async () => {
  await backUp();
  await setBack();
  const { committee } = team.house.trusted.notaries;
  await acme.restore({ committee, party: 3, lost: await heard() });
  await expect(sign()).rejects.toMatchObject(SET_BACK);
  await accept();
  await sign();
});

test('a change is about one setback of one node, and counts once the nodes have it', async () => {
  await setBack();
  await accept();
  // The one before gave up other places.
  await expect(sign()).rejects.toMatchObject(UNRESTORED);
  const restoration = await restorationAt(folders(), organization, 3);
  const { lost } = restoration;
  const wrong = [
    { ...restoration, party: 2 },
    { ...restoration, committee: 'ab'.repeat(32) },
    { ...restoration, lost: lost.map(({ count, head }) => ({ count: count + 1, head })) },
    { ...restoration, lost: lost.map(({ count }) => ({ count, head: 'cd'.repeat(32) })) },
  ];
  for (const one of wrong) {
    await acme.restore(one);
    await expect(sign()).rejects.toMatchObject(UNRESTORED);
  }
  const { trusted } = team.house;
  const bring = trusted.bring.bind(trusted);
  trusted.bring = async () => undefined;
  await acme.restore(restoration);
  await expect(sign()).rejects.toMatchObject(UNRESTORED);
  trusted.bring = bring;
  await sign();
});

test('what one organisation restores stays refused for another', async () => {
  const all = clusterOver(team.links(), LOG);
  // Its nodes were set back twice, and it has said nothing yet.
  await expect(all.refreshKey(other)).rejects.toMatchObject(UNRESTORED);
  await all.refreshKey({ keyId });
  const elsewhere = await team.house.trusted.organization(other.organization);
  const restoration = await restorationAt(folders(), other.organization, 3);
  await elsewhere.restore({ ...restoration, lost: restoration.lost.slice(0, 1) });
  await expect(all.refreshKey(other)).rejects.toMatchObject(UNRESTORED);
  await elsewhere.restore(restoration);
  const { publicKey } = await all.createKey({ ...other, scheme: 'ecdsa-secp256k1' });
  expect(hex(publicKey)).toHaveLength(66);
  await all.refreshKey(other);
  all.close();
});
