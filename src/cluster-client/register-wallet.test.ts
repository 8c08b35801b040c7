import { Transaction } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { requireAttested } from '#mandate/wallet-address.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, signerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization } = PAYMENT;
const keyId = idOf('key');
const otherKeyId = idOf('key', 2);
const ACCOUNT = 'm/44/60/0/0';

let team: SignerTeam;
let cluster: SignerCluster;
let root: Bytes;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  cluster = clusterOver(team.links(), LOG);
  const scheme = 'ecdsa-secp256k1';
  ({ publicKey: root } = await cluster.createKey({ keyId, organization, scheme }));
  await cluster.createKey({ keyId: otherKeyId, organization, scheme });
});

afterAll(() => team.close());

const register = (wallet: WalletId, path: string, key = keyId) =>
  cluster.registerWallet({ wallet, keyId: key, organization, path });

let requests = 0;
const requestOf = (wallet: WalletId) =>
  requestFor(paymentIntent({ wallet, externalId: `wallet-${(requests += 1)}` }));

test('one key serves many wallets, and each pays from its own address', async () => {
  const network = findNetwork('local-evm');
  const verbs = verbsOf(network);
  const addresses = new Set<string>();
  const paths = new Map([
    [idOf('wallet'), 'm'],
    [idOf('wallet', 11), `${ACCOUNT}/0`],
    [idOf('wallet', 12), `${ACCOUNT}/1`],
  ]);
  for (const [wallet, path] of paths) {
    const { publicKey } = await register(wallet, path);
    expect(hex(publicKey) === hex(root)).toBe(path === 'm');
    const mandate = requestOf(wallet);
    const { signatures } = await cluster.sign({ keyId, mandate });
    const from = verbs.address(publicKey);
    const { raw } = verbs.seal(network, mandate.unsigned, signatures, from);
    expect(Transaction.from(`0x${hex(raw)}`).from).toBe(from);
    addresses.add(from);
  }
  expect(addresses.size).toBe(3);
});

const unordered = {
  code: 'SIGNERS_UNAVAILABLE',
  context: { reason: expect.stringContaining('NOT_ORDERED') },
};

test('a wallet is registered where the log has it and nowhere else, also after kill -9', async () => {
  const wallet = idOf('wallet', 20);
  const path = `${ACCOUNT}/2`;
  const first = await register(wallet, path);
  const elsewhere = async () => {
    for (const other of [`${ACCOUNT}/1`, 'm', `${path}/0`, '', 'm/-1']) {
      await expect(register(wallet, other)).rejects.toMatchObject(unordered);
    }
    await expect(register(wallet, path, otherKeyId)).rejects.toMatchObject(unordered);
  };
  await elsewhere();
  for (const party of [1, 2]) {
    await team.kill(party);
    await team.revive(party);
  }
  await expect.poll(async () => (await cluster.health()).every(({ ok }) => ok)).toBe(true);
  await elsewhere();
  expect(await register(wallet, path)).toEqual(first);
  await cluster.sign({ keyId, mandate: requestOf(wallet) });
});

test('every node signs the address that it derives for exactly this wallet', async () => {
  const wallet = idOf('wallet', 21);
  const path = `${ACCOUNT}/3`;
  const { publicKey, attestations } = await register(wallet, path);
  const { threshold, keys } = team.house.trusted.notaries;
  const identities = new Map([...keys].map(([party, node]) => [party, node.publicKey]));
  const nodes = { threshold, members: keys.size, keys: identities };
  const network = 'local-evm';
  const address = verbsOf(findNetwork(network)).address(publicKey);
  const told = { organization, wallet, key: keyId, path, network, address };
  expect([...attestations.keys()]).toEqual([1, 2]);
  requireAttested(told, [...attestations.values()], nodes);
  const other = { ...told, wallet: idOf('wallet', 20) };
  expect(() => requireAttested(other, [...attestations.values()], nodes)).toThrow(/has not signed/);
});

test('a key of another organisation takes no wallet', async () => {
  const request = { wallet: idOf('wallet', 31), keyId, organization: idOf('organization', 2) };
  await expect(cluster.registerWallet({ ...request, path: 'm' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('a wallet that is not registered signs nothing, with the right key or another', async () => {
  const rejected = { code: 'EVIDENCE_REJECTED', context: { field: 'wallet' } };
  const unknown = requestOf(idOf('wallet', 32));
  await expect(cluster.sign({ keyId, mandate: unknown })).rejects.toMatchObject(rejected);
  const wallet = idOf('wallet', 33);
  await register(wallet, `${ACCOUNT}/4`);
  const mandate = requestOf(wallet);
  await expect(cluster.sign({ keyId: otherKeyId, mandate })).rejects.toMatchObject(rejected);
});
