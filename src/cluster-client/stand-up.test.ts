/** Nodes that start tell each other where they were, by themselves: nobody speaks here for one that is down. */
import { cp, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import {
  type SignerProcess,
  type SignerTeam,
  createWallet,
  signerTeam,
  spawnSigner,
} from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from './link.ts';
import type { SignerCluster } from './signer-cluster.ts';
import { askOver, standUp } from './stand-up.ts';

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(3, 2);
  cluster = clusterOver(team.links(), { info: () => undefined, warn: () => undefined });
  const { organization, wallet } = PAYMENT;
  await createWallet(cluster, { keyId: idOf('key'), organization, wallet });
});

afterAll(() => team.close());

/** The worker looks at their health all the time, and acts on what it sees. */
const untilStanding = (parties: readonly number[]) =>
  expect
    .poll(
      async () =>
        (await cluster.health())
          .filter(({ isStanding }) => isStanding === true)
          .map(({ party }) => party),
      { timeout: 30_000 },
    )
    .toEqual(parties);

test.each([[[2]], [[1, 2, 3]]])(
  'nodes %j start at the same moment: all of them stand again',
  async (parties) => {
    await untilStanding([1, 2, 3]);
    await Promise.all(parties.map((party) => team.kill(party)));
    await Promise.all(parties.map((party) => team.revive(party)));
    await untilStanding([1, 2, 3]);
  },
);

const isCopied = async (path: string) => !(await lstat(path)).isSocket();

/** Node 3 once more, over a copy of its disk, while it runs. */
async function startCopy(): Promise<SignerProcess> {
  const data = join(team.house.dir, 'copy');
  await cp(team.house.data(3), data, { recursive: true, filter: isCopied });
  return spawnSigner(join(data, 'node.json'), 3);
}

const TIMEOUTS = { openMs: 5_000, stepMs: 10_000 };

const tell = (links: readonly SignerLink[]) => standUp([1, 2, 3], askOver(links, TIMEOUTS));

/** Of which nodes this one knows two copies. */
async function doubledAt(party: number): Promise<unknown> {
  const status = await askNode(team.house.data(party), { command: 'status' });
  return (status as unknown as { readonly start: { readonly doubled: unknown } }).start.doubled;
}

test('two processes of one node that take turns are found out, and one goes on once it is accepted', async () => {
  await untilStanding([1, 2, 3]);
  const copy = await startCopy();
  const toCopy = grpcLink(3, `127.0.0.1:${copy.port}`, clientCredentials(team.house.tls));
  const [one, two, three] = team.links() as [SignerLink, SignerLink, SignerLink];
  try {
    await tell([one, two, toCopy]);
    expect((await toCopy.health(5_000)).isStanding).toBe(true);
    expect(await doubledAt(1)).toEqual([]);
    await tell([one, two, three]);
    for (const party of [1, 2]) expect(await doubledAt(party)).toEqual([3]);
    expect((await one.health(5_000)).detail).toMatch(/two copies of party 3 live .TWO_COPIES/);
    for (const links of [
      [one, two, toCopy],
      [one, two, three],
    ]) {
      await tell(links);
      for (const party of [1, 2]) expect(await doubledAt(party)).toEqual([3]);
    }
  } finally {
    toCopy.close();
    await copy.kill();
  }
  await team.revive(1);
  expect(await doubledAt(1)).toEqual([3]);
  for (const party of [1, 2]) {
    const accepted = { command: 'approve', operation: 'accept', party: 3 };
    expect(await askNode(team.house.data(party), accepted)).toMatchObject({ ok: true });
  }
  await untilStanding([1, 2, 3]);
  for (const party of [1, 2]) expect(await doubledAt(party)).toEqual([]);
});

test('whoever starts while another node is down waits for it, and stands when it is back', async () => {
  await untilStanding([1, 2, 3]);
  await team.kill(3);
  await team.revive(1);
  const detail = expect.stringMatching(/waits for that of 3$/);
  await expect
    .poll(async () => (await cluster.health())[0], { timeout: 30_000 })
    .toMatchObject({ ok: true, isStanding: false, detail });
  await untilStanding([2]);
  await team.revive(3);
  await untilStanding([1, 2, 3]);
});
