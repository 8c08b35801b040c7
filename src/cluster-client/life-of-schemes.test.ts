import { ed25519 } from '@noble/curves/ed25519.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { readCommitteeKeys } from '#signer-cluster/operator/committee-keys.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { dealingText, sealDealing } from '#signing/lifecycle/dealing-text.ts';
import { combineExport } from '#signing/lifecycle/export.ts';
import { parseExportedText } from '#signing/lifecycle/exported-text.ts';
import { ed25519Scalar, splitKey } from '#signing/lifecycle/import.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { ED25519 } from '#signing/prime-group.ts';
import { seededRandom } from '#signing/simulator.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { attendedCluster } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization } = PAYMENT;
const TARGET = 4;
const random = seededRandom('life-of-schemes.test');

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(2, 2, { presignatures: { target: TARGET, batch: TARGET } });
  cluster = attendedCluster(team.links(), LOG);
});

afterAll(async () => {
  cluster.close();
  await team.close();
});

const approve = async (operation: object): Promise<void> => {
  for (const party of [1, 2]) {
    const request = { command: 'approve', ...operation };
    expect(await askNode(team.house.data(party), request)).toMatchObject({ ok: true });
  }
};

test.each<[Scheme, number]>([
  ['frost-ed25519', 1],
  ['frost-secp256k1', 2],
])(
  'a key of %s is refreshed and reshared, and its test signatures verify',
  async (scheme, number) => {
    const keyId = idOf('key', number);
    const about = { keyId, organization, scheme };
    const publicKey = hex((await cluster.createKey(about)).publicKey);
    expect(hex((await cluster.refreshKey({ keyId })).publicKey)).toBe(publicKey);
    const sets = { receivers: [1, 2], threshold: 2 };
    await approve({ operation: 'reshare', key: keyId, ...sets });
    const reshared = await cluster.reshareKey({ ...about, dealers: [1, 2], ...sets });
    expect(hex(reshared.publicKey)).toBe(publicKey);
  },
);

test('an Ed25519 seed goes in, pays on Solana, and its scalar comes out', async () => {
  const keyId = idOf('key', 3);
  const scheme = 'frost-ed25519';
  const seed = random(32);
  const publicKey = ed25519.getPublicKey(seed);
  const { threshold, recipients } = await readCommitteeKeys(team.house.data(1));
  const parties = [...recipients.keys()];
  const secret = ed25519Scalar(seed);
  const chainCode = random(32);
  const split = splitKey({ group: ED25519, secret, parties, threshold, chainCode, random });
  const dealing = dealingText(sealDealing(ED25519, split, recipients, random));
  const named = { key: keyId, organization, scheme, publicKey: hex(publicKey) };
  await approve({ operation: 'import', ...named });
  expect((await cluster.importKey({ keyId, organization, scheme, dealing })).publicKey).toEqual(
    publicKey,
  );
  const owner = idOf('wallet', 3);
  await cluster.registerWallet({ wallet: owner, keyId, organization, path: 'm' });
  const mandate = solanaRequest(publicKey, 1, undefined, { wallet: owner });
  expect((await cluster.sign({ keyId, mandate })).signatures).toHaveLength(1);

  const opener = random(32);
  const recipient = recipientOf(opener);
  await approve({ operation: 'export', key: keyId, recipient: hex(recipient) });
  const { shares } = await cluster.exportKey({ keyId, recipient, exporters: parties });
  const exported = shares.map((text) => parseExportedText(text).share);
  expect(combineExport(ED25519, exported, opener).secret).toBe(secret);
});

const fresh = async (): Promise<readonly number[]> =>
  (await cluster.health()).map(({ presignatures }) => presignatures?.fresh ?? 0);

test('presignatures of before a refresh are burnt with it', async () => {
  const keyId = idOf('key', 4);
  const wallet = idOf('wallet', 4);
  await createWallet(cluster, { keyId, organization, wallet });
  const sign = (externalId: string) =>
    cluster.sign({ keyId, mandate: requestFor(paymentIntent({ wallet, externalId })) });
  await sign('before-the-pool');
  await expect.poll(fresh, { timeout: 30_000 }).toEqual([TARGET, TARGET]);
  const burnt = (await cluster.health()).map(({ presignatures }) => presignatures?.burnt ?? 0);
  await cluster.refreshKey({ keyId });
  for (const [at, { presignatures }] of (await cluster.health()).entries()) {
    expect(presignatures?.burnt).toBe((burnt[at] as number) + TARGET);
  }
  await sign('after-the-refresh');
});
