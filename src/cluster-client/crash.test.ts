import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import {
  type WalletKeyRequest,
  askAlone,
  createWallet,
  type SignerTeam,
  signerTeam,
  type Tap,
  tapped,
} from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { wallet } = PAYMENT;
const organization = PAYMENT.organization;
const keyId = idOf('key');

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  await createWallet(cluster, { keyId, organization, wallet });
});

afterAll(() => team.close());

let requests = 0;
const newRequest = (of: WalletId = wallet) =>
  requestFor(paymentIntent({ wallet: of, externalId: `crash-${(requests += 1)}` }));

/** Waits until every node that runs answers again after a restart. */
async function recovered(): Promise<void> {
  await expect
    .poll(() => cluster.health(), { timeout: 30_000 })
    .toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ ok: true })));
}

/** A relay that kills a node with SIGKILL the moment its envelope of this number has come through. */
function killingAt(
  victim: PartyId,
  number: number,
): { through: SignerCluster; fell: () => boolean } {
  let seen = -1;
  let fell = false;
  const tap: Tap = {
    fromNode(frame) {
      if (frame.type !== 'post') return frame;
      seen += 1;
      if (seen === number) {
        fell = true;
        team.signer(victim).child.kill('SIGKILL');
      }
      return frame;
    },
  };
  const links = team.links().map((link) => (link.party === victim ? tapped(link, tap) : link));
  return { through: clusterOver(links, LOG), fell: () => fell };
}

/** Hello and five rounds, to one peer. */
const SIGN_ENVELOPES = 6;
/** Six rounds and the confirmation; each is an envelope to either peer, after one hello to both. */
const KEY_ROUNDS = 7;
const KEY_ENVELOPES = 1 + 2 * KEY_ROUNDS;
/** The hello, and the first envelope of each round: one peer has it, the other never gets it. */
const KEY_MOMENTS = [0, ...Array.from({ length: KEY_ROUNDS }, (_, round) => 1 + 2 * round)];
/** All of them by `npm run matrix`; otherwise the hello, a round in the middle, and the confirmation. */
const KEY_CRASHES =
  process.env['MATRIX'] === 'full'
    ? KEY_MOMENTS
    : KEY_MOMENTS.filter((_, at) => [0, 4, KEY_ROUNDS].includes(at));

test('with any one node gone transfers are signed, with two gone they wait for one to return', async () => {
  for (const gone of [1, 2, 3]) {
    await team.kill(gone);
    const { signers } = await cluster.sign({ keyId, mandate: newRequest() });
    expect(signers).not.toContain(gone);
    await team.revive(gone);
    await recovered();
  }
  await team.kill(1);
  await team.kill(2);
  const mandate = newRequest();
  await expect(cluster.sign({ keyId, mandate })).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
  await team.revive(2);
  await expect.poll(async () => (await cluster.health())[1]?.ok, { timeout: 30_000 }).toBe(true);
  const { signers } = await cluster.sign({ keyId, mandate });
  expect(signers).toEqual([2, 3]);
  await team.revive(1);
  await recovered();
});

test('a node that is stopped, not dead, delays a transfer and does not hold it up', async () => {
  const impatient = { openMs: 1_000, stepMs: 20_000 };
  const patient = { openMs: 20_000, stepMs: 20_000 };
  const timeouts = { health: 5_000, sign: impatient, createKey: patient, suspicionMs: 60_000 };
  const through = clusterOver(team.links(), LOG, timeouts);
  await through.sign({ keyId, mandate: newRequest() });
  team.signer(2).child.kill('SIGSTOP');
  for (let request = 0; request < 4; request++) {
    const { signers } = await through.sign({ keyId, mandate: newRequest() });
    expect(signers).toEqual([1, 3]);
  }
  team.signer(2).child.kill('SIGCONT');
  await recovered();
});

test.each(Array.from({ length: SIGN_ENVELOPES }, (_, number) => [number]))(
  'a node that dies at envelope %i of a signing costs no transfer',
  async (number) => {
    const victim = (number % 3) + 1;
    const { through, fell } = killingAt(victim, number);
    // The first set may not contain the victim: the load moves around.
    for (let attempt = 0; attempt < 3 && !fell(); attempt++) {
      const { signatures } = await through.sign({ keyId, mandate: newRequest() });
      expect(signatures).toHaveLength(1);
    }
    expect(fell()).toBe(true);
    await team.revive(victim);
    await recovered();
    await cluster.sign({ keyId, mandate: newRequest() });
  },
);

async function expectAllSign(key: WalletKeyRequest): Promise<void> {
  for (const parties of [
    [1, 2],
    [1, 3],
    [2, 3],
  ]) {
    const links = team.links().filter(({ party }) => parties.includes(party));
    await clusterOver(links, LOG).sign({ keyId: key.keyId, mandate: newRequest(key.wallet) });
  }
}

test.each(KEY_CRASHES.map((number) => [number]))(
  'a node that dies at envelope %i of a key generation: the key exists on all nodes or on none',
  async (number) => {
    const victim = (number % 3) + 1;
    const request = {
      keyId: idOf('key', 10 + number),
      organization,
      wallet: idOf('wallet', 10 + number),
    };
    const { through, fell } = killingAt(victim, number);
    await expect(createWallet(through, request)).rejects.toMatchObject({
      code: 'SIGNERS_UNAVAILABLE',
    });
    expect(fell()).toBe(true);
    await team.revive(victim);
    await recovered();
    const { publicKey } = await createWallet(cluster, request);
    expect(hex((await createWallet(cluster, request)).publicKey)).toBe(hex(publicKey));
    await expectAllSign(request);
  },
);

/** The keys that nodes 1 and 2 give the wallet: of those that have committed one. */
async function committedKeys(request: WalletKeyRequest): Promise<readonly string[]> {
  const open: OpenRequest = { purpose: 'registerWallet', ...request, path: 'm' };
  const asked = team.links().filter(({ party }) => party !== 3);
  const answers = await Promise.all(asked.map((link) => askAlone(link, open)));
  return answers
    .flat()
    .flatMap((frame) => (frame.type === 'accepted' ? [frame.content.publicKey] : []));
}

test('a node that dies while the others commit finds the same key when it returns', async () => {
  const request = { keyId: idOf('key', 30), organization, wallet: idOf('wallet', 30) };
  let posted = 0;
  let dropped = 0;
  const killWhenOthersHaveAll = (): void => {
    if (posted === KEY_ENVELOPES && dropped === 2) team.signer(3).child.kill('SIGKILL');
  };
  const cutOff: Tap = {
    fromNode(frame) {
      if (frame.type === 'post') posted += 1;
      killWhenOthersHaveAll();
      return frame;
    },
    // The last message of both peers never arrives: node 3 has prepared its share and cannot commit.
    toNode(frame, count) {
      if (frame.type !== 'deliver' || count <= KEY_ENVELOPES) return frame;
      dropped += 1;
      killWhenOthersHaveAll();
      return undefined;
    },
  };
  const links = team.links().map((link) => (link.party === 3 ? tapped(link, cutOff) : link));
  await expect(createWallet(clusterOver(links, LOG), request)).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
  const committed = await committedKeys(request);
  await team.revive(3);
  await recovered();
  const publicKey = hex((await createWallet(cluster, request)).publicKey);
  for (const key of committed) expect(key).toBe(publicKey);
  await expectAllSign(request);
});

test('a restart of all nodes keeps the keys', async () => {
  for (const party of [1, 2, 3]) await team.kill(party);
  await Promise.all([1, 2, 3].map((party) => team.revive(party)));
  await recovered();
  await expectAllSign({ keyId, organization, wallet });
});
