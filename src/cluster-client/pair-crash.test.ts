import { afterAll, beforeAll, expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, signerTeam, type SignerTeam, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  cluster = clusterOver(team.links(), LOG);
});

afterAll(() => team.close());

/** Hello, seven rounds and the confirmation, then the key's own. */
const PAIR_ENVELOPES = 9;

test.each(Array.from({ length: PAIR_ENVELOPES }, (_, number) => [number]))(
  'a node that dies at envelope %i of the first key: pairs and key are made by asking again',
  async (number) => {
    const victim = (number % 2) + 1;
    const organization = idOf('organization', 10 + number);
    const wallet = idOf('wallet', 10 + number);
    const request = { keyId: idOf('key', 10 + number), organization, wallet };
    let seen = -1;
    const links = team.links().map((link) =>
      tapped(link, {
        fromNode(frame) {
          if (link.party === victim && frame.type === 'post') seen += 1;
          if (seen === number) team.signer(victim).child.kill('SIGKILL');
          return frame;
        },
      }),
    );
    const making = createWallet(clusterOver(links, LOG), request);
    await expect(making).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
    await team.revive(victim);
    await expect
      .poll(() => cluster.health(), { timeout: 30_000 })
      .toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })]);
    await createWallet(cluster, request);
    const intent = paymentIntent({ organization, wallet, externalId: `pair-crash-${number}` });
    await cluster.sign({ keyId: request.keyId, mandate: requestFor(intent) });
  },
);
