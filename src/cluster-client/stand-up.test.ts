/** Nodes that start tell each other where they were, by themselves: nobody speaks here for one that is down. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

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
