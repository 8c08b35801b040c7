import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, signerTeam, type SignerTeam, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  cluster = clusterOver(team.links(), LOG);
  await createWallet(cluster, { keyId, organization, wallet });
});

afterAll(() => team.close());

const served = () =>
  vi.waitFor(async () => expect((await cluster.health())[0]?.ok).toBe(true), 30_000);

let requests = 0;
const newRequest = () => requestFor(paymentIntent({ externalId: `full-${(requests += 1)}` }));

test('a node that cannot write its journal says nothing of a signature, and recovers with space', async () => {
  const { size } = await stat(join(team.house.data(1), 'journal/journal.log'));
  await team.revive(1, { fileBlocks: Math.ceil(size / 512) });
  await served();
  let posts = 0;
  const links = team.links().map((link) =>
    tapped(link, {
      fromNode(frame) {
        if (link.party === 1 && frame.type === 'post') posts += 1;
        return frame;
      },
    }),
  );
  const watched = clusterOver(links, LOG);
  await expect(watched.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
  });
  // Not even a hello: the spend is in its journal before. Nor when it is asked again.
  expect(posts).toBe(0);
  expect((await watched.health())[0]).toMatchObject({
    ok: false,
    detail: expect.stringContaining('journal'),
  });
  await expect(watched.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
  });
  expect(posts).toBe(0);

  await team.revive(1);
  await served();
  await cluster.sign({ keyId, mandate: newRequest() });
});

test('a key whose share does not fit on the disk comes to be nowhere', async () => {
  await team.revive(1, { fileBlocks: 8 });
  await served();
  const request = { keyId: idOf('key', 2), organization: idOf('organization', 2) };
  await expect(
    createWallet(cluster, { ...request, wallet: idOf('wallet', 2) }),
  ).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
  await team.revive(1);
  await served();
  await createWallet(cluster, { ...request, wallet: idOf('wallet', 2) });
});
