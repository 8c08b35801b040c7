import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Transaction } from '@solana/web3.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL, SOL_PAYMENT, USDC_PAYMENT } from '#chains/solana/fixtures.ts';
import type { Payment } from '#chains/solana/payment.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Bytes } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { decodePoint } from '#signing/curve.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import { type SignerTeam, signerTeam, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { subsetsOf } from './choice.ts';
import type { SignerCluster } from './signer-cluster.ts';
import type { SigningRequest } from './request.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const taprootKeyId = idOf('key', 2);

let team: SignerTeam;
let cluster: SignerCluster;
let publicKey: Bytes;
let taprootKey: Bytes;

beforeAll(async () => {
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  await cluster.createKey({ keyId, organization, scheme: 'frost-ed25519' });
  ({ publicKey } = await cluster.registerWallet({ wallet, keyId, organization, path: 'm' }));
  const taproot = { keyId: taprootKeyId, organization, scheme: 'frost-secp256k1' } as const;
  ({ publicKey: taprootKey } = await cluster.createKey(taproot));
});

afterAll(() => team.close());

let requests = 0;

const paymentOf = (payment: Payment = SOL_PAYMENT, owner: WalletId = wallet): SigningRequest =>
  solanaRequest(publicKey, (requests += 1), payment, { wallet: owner });

const reaching = (parties: readonly number[]): SignerCluster =>
  clusterOver(
    team.links().filter(({ party }) => parties.includes(party)),
    LOG,
  );

/** Signs with these parties, and has the SDK of the chain judge the transaction. */
async function expectSigned(parties: readonly number[], mandate: SigningRequest): Promise<void> {
  const { signatures, signers } = await reaching(parties).sign({ keyId, mandate });
  expect(signers).toEqual(parties);
  const verbs = verbsOf(LOCAL);
  const from = verbs.address(publicKey);
  const { raw } = verbs.seal(LOCAL, mandate.unsigned, signatures, from);
  const transaction = Transaction.from(raw);
  expect(transaction.verifySignatures()).toBe(true);
  expect(transaction.feePayer?.toBase58()).toBe(from);
}

test.each([...subsetsOf([1, 2, 3], 2)].map((parties) => ({ parties })))(
  'parties $parties sign payments of SOL and of a token with an Ed25519 key',
  async ({ parties }) => {
    await expectSigned(parties, paymentOf());
    await expectSigned(parties, paymentOf(USDC_PAYMENT));
  },
);

test('keys of FROST take no set-up of pairs', async () => {
  expect(publicKey).toHaveLength(32);
  expect(decodePoint(taprootKey)).toBeDefined();
  for (const party of [1, 2, 3]) {
    expect(await readdir(join(team.house.data(party), 'store/pairs'))).toEqual([]);
    expect(await readdir(join(team.house.data(party), 'store/keys'))).toHaveLength(2);
  }
});

test('an Ed25519 key has one wallet, and a Taproot key none while no network takes it', async () => {
  const unordered = {
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringContaining('NOT_ORDERED') },
  };
  const child = { wallet: idOf('wallet', 2), keyId, organization, path: 'm/0' };
  await expect(cluster.registerWallet(child)).rejects.toMatchObject(unordered);
  const root = { keyId: taprootKeyId, organization, wallet: idOf('wallet', 3), path: 'm' };
  await expect(cluster.registerWallet(root)).rejects.toMatchObject(unordered);
});

test('a key signs only on networks of its scheme', async () => {
  const rejected = { code: 'EVIDENCE_REJECTED', context: { field: 'network' } };
  const onEvm = requestFor(paymentIntent({ externalId: 'ed25519-on-evm' }));
  await expect(cluster.sign({ keyId, mandate: onEvm })).rejects.toMatchObject(rejected);
  const signing = cluster.sign({ keyId: taprootKeyId, mandate: paymentOf() });
  await expect(signing).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
});

test('a transaction that pays somebody else than the intent says is not signed', async () => {
  const { intent } = paymentOf();
  const { unsigned } = paymentOf({ ...SOL_PAYMENT, units: SOL_PAYMENT.units + 1n });
  const signing = cluster.sign({ keyId, mandate: { ...paymentOf(), intent, unsigned } });
  await expect(signing).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
});

test.each([
  ['R', 0],
  ['S', 127],
])('a result with another %s is not released', async (_, at) => {
  const links = team.links().map((link) =>
    tapped(link, {
      fromNode(frame) {
        if (frame.type !== 'result') return frame;
        const signatures = frame.content.signatures.map((one) => {
          const digits = [...('bytes' in one ? one.bytes : '')];
          digits[at] = digits[at] === '0' ? '1' : '0';
          return { bytes: digits.join('') };
        });
        return { type: 'result', content: { ...frame.content, signatures } };
      },
    }),
  );
  const lying = clusterOver(links, LOG);
  await expect(lying.sign({ keyId, mandate: paymentOf() })).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
});

test('after kill -9 and a refresh the same keys sign', async () => {
  for (const party of [1, 2, 3]) await team.kill(party);
  for (const party of [1, 2, 3]) await team.revive(party);
  const fresh = clusterOver(team.links(), LOG);
  await expectSigned([2, 3], paymentOf());
  expect((await fresh.refreshKey({ keyId })).publicKey).toEqual(publicKey);
  expect((await fresh.refreshKey({ keyId: taprootKeyId })).publicKey).toEqual(taprootKey);
  await expectSigned([1, 3], paymentOf());
});
