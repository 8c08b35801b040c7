import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';
import { subsetsOf } from './choice.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let team: SignerTeam;
let cluster: SignerCluster;
let publicKey: string;

beforeAll(async () => {
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  publicKey = hex((await createWallet(cluster, { keyId, organization, wallet })).publicKey);
});

afterAll(() => team.close());

let requests = 0;
const newRequest = () => requestFor(paymentIntent({ externalId: `refresh-${(requests += 1)}` }));

async function expectAllSign(): Promise<void> {
  for (const parties of subsetsOf([1, 2, 3], 2)) {
    const links = team.links().filter(({ party }) => parties.includes(party));
    await clusterOver(links, LOG).sign({ keyId, mandate: newRequest() });
  }
}

const files = async (party: number): Promise<ReadonlyMap<string, string>> => {
  const contents = new Map<string, string>();
  for (const folder of ['store/keys', 'store/pairs']) {
    for (const name of await readdir(join(team.house.data(party), folder))) {
      const content = await readFile(join(team.house.data(party), folder, name));
      contents.set(name, content.toString('base64'));
    }
  }
  return contents;
};

test('a refresh keeps the key, replaces every file of it, and leaves nothing of the old ones', async () => {
  const before = await Promise.all([1, 2, 3].map(files));
  expect(hex((await cluster.refreshKey({ keyId })).publicKey)).toBe(publicKey);
  const after = await Promise.all([1, 2, 3].map(files));
  for (const [at, contents] of after.entries()) {
    expect([...contents.keys()]).toEqual([`${keyId}.sealed`, `${organization}.sealed`]);
    for (const [name, content] of contents) expect(content).not.toBe(before[at]?.get(name));
  }
  await expectAllSign();
});
