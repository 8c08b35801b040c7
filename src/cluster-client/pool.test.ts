import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam, tapped } from '#testing/signers.ts';
import { attendedCluster } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';
import { payloadsOf } from './request.ts';
import { isSignedBy } from '#signing/verify.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const TARGET = 6;
/** A pool is filled up when half of it is gone. */
const FULL_MIN = TARGET / 2 + 1;
/** Both rounds of both signers. */
const POSTS_FROM_POOL = 4;

let team: SignerTeam;
let cluster: SignerCluster;
let publicKey: Bytes;
/** What the nodes have sent each other in signings. */
let posts = 0;

function attended(): SignerCluster {
  const counting = team.links().map((link) => ({
    ...link,
    open: (listener: Parameters<typeof link.open>[0]) => {
      let isSigning = false;
      return tapped(link, {
        fromNode(frame) {
          if (frame.type === 'post' && isSigning) posts += 1;
          return frame;
        },
        toNode(frame) {
          if (frame.type === 'open') isSigning = frame.content.purpose === 'sign';
          return frame;
        },
      }).open(listener);
    },
  }));
  return attendedCluster(counting, LOG);
}

beforeAll(async () => {
  team = await signerTeam(3, 2, { presignatures: { target: TARGET, batch: 3 } });
  cluster = attended();
  ({ publicKey } = await createWallet(cluster, { keyId, organization, wallet }));
});

afterAll(async () => {
  cluster.close();
  await team.close();
});

let requests = 0;

async function sign(of: WalletId = wallet, key = publicKey, through = cluster): Promise<void> {
  const intent = paymentIntent({ wallet: of, externalId: `pool-${(requests += 1)}` });
  const mandate = requestFor(intent);
  const { signatures } = await through.sign({ keyId, mandate });
  expect(isSignedBy(key, payloadsOf(mandate)[0]!, signatures[0]!)).toBe(true);
}

const figures = async () => (await cluster.health()).map((node) => node.presignatures);

/** How much is in the emptiest of the three pools, of which each node has a part of two. */
async function emptiest(): Promise<number> {
  const fresh = (await figures()).map((node) => node?.fresh ?? 0);
  const all = fresh.reduce((sum, count) => sum + count, 0);
  return Math.min(...fresh.map((count) => all / 2 - count));
}

const full = (): Promise<void> =>
  expect.poll(emptiest, { timeout: 30_000 }).toBeGreaterThanOrEqual(FULL_MIN);

test('a key that signs has pools, and its signatures take two rounds', async () => {
  for (let turn = 0; turn < 3; turn++) await sign();
  await full();
  posts = 0;
  for (let turn = 0; turn < 6; turn++) await sign();
  expect(posts).toBe(6 * POSTS_FROM_POOL);
});

test('one pool serves all wallets of the key', async () => {
  await full();
  const child = idOf('wallet', 2);
  const path = 'm/44/60/0/0/7';
  const own = await cluster.registerWallet({ wallet: child, keyId, organization, path });
  posts = 0;
  for (let turn = 0; turn < 3; turn++) await sign(child, own.publicKey);
  expect(posts).toBe(3 * POSTS_FROM_POOL);
});

test('what is spent is made again, and nothing spent is held', async () => {
  for (let turn = 0; turn < 18; turn++) await sign();
  await full();
  for (const node of await figures()) {
    expect(node?.reserved).toBe(0);
    expect((node?.made ?? 0) - (node?.burnt ?? 0)).toBe(node?.fresh);
  }
});

test('another worker signs too, and comes to know the pools', async () => {
  const second = attended();
  for (let turn = 0; turn < 3; turn++) await sign(wallet, publicKey, second);
  await expect
    .poll(async () => {
      posts = 0;
      for (let turn = 0; turn < 3; turn++) await sign(wallet, publicKey, second);
      return posts;
    })
    .toBe(3 * POSTS_FROM_POOL);
  second.close();
});

test('a node that is started again has no presignature, signs, and gets new ones', async () => {
  await full();
  await team.revive(2);
  await expect.poll(async () => (await cluster.health())[1]?.ok).toBe(true);
  expect((await figures())[1]?.fresh).toBe(0);
  // The sets with it fill their pools when they sign; it is tried last for a while.
  await expect
    .poll(
      async () => {
        await sign();
        return (await figures())[1]?.fresh;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(0);
}, 70_000);
