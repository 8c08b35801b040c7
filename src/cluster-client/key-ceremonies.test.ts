import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { readConfig } from '#signer-cluster/config.ts';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import type { PartyId } from '#signing/kernel.ts';
import { combineExport } from '#signing/lifecycle/export.ts';
import { dealingText, sealDealing } from '#signing/lifecycle/dealing-text.ts';
import { parseExportedText } from '#signing/lifecycle/exported-text.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { splitKey } from '#signing/lifecycle/import.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { seededRandom } from '#signing/simulator.ts';
import { restoreNode } from '#testing/restored.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam, tapped } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization } = PAYMENT;
const scheme = 'ecdsa-secp256k1';
const random = seededRandom('key-ceremonies.test');
const FAILURE = { code: 'AUDIT_UNAVAILABLE', reason: 'no disk', field: '', parties: [] } as const;
const WITHOUT_WORD = { code: 'OPERATOR_APPROVAL_REQUIRED' };

let team: SignerTeam;
let cluster: SignerCluster;

beforeAll(async () => {
  team = await signerTeam(3, 2);
  cluster = clusterOver(team.links(), LOG);
});

afterAll(() => team.close());

const over = (...parties: readonly PartyId[]): SignerCluster =>
  clusterOver(
    team.links().filter(({ party }) => parties.includes(party)),
    LOG,
  );

let requests = 0;
const sign = (keyId: KeyId, number: number, through = cluster) =>
  through.sign({
    keyId,
    mandate: requestFor(
      paymentIntent({
        wallet: idOf('wallet', number),
        externalId: `ceremony-${(requests += 1)}`,
      }),
    ),
  });

const approve = async (parties: readonly PartyId[], operation: object): Promise<void> => {
  for (const party of parties) {
    const request = { command: 'approve', ...operation };
    expect(await askNode(team.house.data(party), request)).toMatchObject({ ok: true });
  }
};

const makeKey = async (number: number): Promise<[KeyId, string]> => {
  const keyId = idOf('key', number);
  const request = { keyId, organization, wallet: idOf('wallet', number) };
  return [keyId, hex((await createWallet(cluster, request)).publicKey)];
};

const isFile = (path: string): boolean => !path.endsWith('.sock');

const recovered = (): Promise<void> =>
  expect
    .poll(() => cluster.health(), { timeout: 30_000 })
    .toEqual([1, 2, 3].map(() => expect.objectContaining({ ok: true })));

const statusOf = async (party: PartyId, keyId: KeyId): Promise<unknown> => {
  const { keys } = (await askNode(team.house.data(party), { command: 'status' })) as unknown as {
    keys: readonly { keyId: string }[];
  };
  return keys.find((one) => one.keyId === keyId);
};

test('a key leaves to its recipient only with the word of every exporter, and then signs no more', async () => {
  const [keyId, publicKey] = await makeKey(1);
  const secret = random(32);
  const recipient = recipientOf(secret);
  const request = { keyId, recipient, exporters: [1, 2] };
  const operation = { operation: 'export', key: keyId, recipient: hex(recipient) };
  for (const exporters of [[1], [1, 2, 3]]) {
    const other = cluster.exportKey({ ...request, exporters });
    await expect(other).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
  await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await approve([1], operation);
  await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await approve([2], { ...operation, recipient: hex(random(32)) });
  await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await sign(keyId, 1);

  await approve([2], operation);
  const { shares } = await cluster.exportKey(request);
  const exported = shares.map((text) => parseExportedText(text).share);
  const { secret: key } = combineExport(SECP256K1, exported, secret);
  expect(hex(encodePoint(multiplyBase(key)))).toBe(publicKey);
  for (const set of [
    [1, 2],
    [1, 3],
    [2, 3],
  ]) {
    await expect(sign(keyId, 1, over(...set))).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  }
  await expect(cluster.refreshKey({ keyId })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await team.kill(1);
  await team.revive(1);
  expect(await statusOf(1, keyId)).toMatchObject({ state: 'EXPORTED' });
});

test('an export that fails after the words were used is repeated by the same words, until it succeeds', async () => {
  const [keyId, publicKey] = await makeKey(7);
  const secret = random(32);
  const recipient = recipientOf(secret);
  const request = { keyId, recipient, exporters: [1, 2] };
  await approve([1, 2], { operation: 'export', key: keyId, recipient: hex(recipient) });
  const dying = team.links().map((link) =>
    tapped(link, {
      fromNode(frame) {
        if (frame.type === 'document') team.signer(1).child.kill('SIGKILL');
        return frame.type === 'document' ? undefined : frame;
      },
    }),
  );
  await expect(clusterOver(dying, LOG).exportKey(request)).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
  await team.revive(1);
  await recovered();
  await expect(sign(keyId, 7, over(1, 2))).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  const elsewhere = { ...request, recipient: recipientOf(random(32)) };
  await expect(cluster.exportKey(elsewhere)).rejects.toMatchObject(WITHOUT_WORD);
  const { shares } = await cluster.exportKey(request);
  const exported = shares.map((text) => parseExportedText(text).share);
  const { secret: key } = combineExport(SECP256K1, exported, secret);
  expect(hex(encodePoint(multiplyBase(key)))).toBe(publicKey);
  await expect(cluster.exportKey(request)).rejects.toMatchObject(WITHOUT_WORD);
});

test('whoever has every box of an export keeps them, though a node then fails', async () => {
  const [keyId, publicKey] = await makeKey(8);
  const secret = random(32);
  const recipient = recipientOf(secret);
  await approve([1, 2], { operation: 'export', key: keyId, recipient: hex(recipient) });
  const failing = team.links().map((link) =>
    tapped(link, {
      fromNode: (frame) =>
        frame.type === 'result' ? { type: 'refused', content: FAILURE } : frame,
    }),
  );
  const request = { keyId, recipient, exporters: [1, 2] };
  const { shares } = await clusterOver(failing, LOG).exportKey(request);
  const exported = shares.map((text) => parseExportedText(text).share);
  const { secret: key } = combineExport(SECP256K1, exported, secret);
  expect(hex(encodePoint(multiplyBase(key)))).toBe(publicKey);
});

test('a key is taken in with the word of t operators, is the same key, and says where it is from', async () => {
  const keyId = idOf('key', 2);
  const secret = 0xfeedn;
  const publicKey = hex(encodePoint(multiplyBase(secret)));
  const { committee } = await readConfig(team.house.config(1));
  const parties = committee.members.map(({ party }) => party);
  const dealt = { group: SECP256K1, secret, parties, threshold: 2, chainCode: random(32), random };
  const recipients = new Map(committee.members.map((one) => [one.party, one.encryption]));
  const dealing = dealingText(sealDealing(SECP256K1, splitKey(dealt), recipients, random));
  const request = { keyId, organization, scheme, dealing } as const;
  const operation = { operation: 'import', key: keyId, organization, scheme, publicKey };

  const short = splitKey({ ...dealt, chainCode: random(31) });
  const other = dealingText(sealDealing(SECP256K1, short, recipients, random));
  const malformed = { ...request, keyId: idOf('key', 12), dealing: other };
  await expect(cluster.importKey(malformed)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  await expect(cluster.importKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await approve([1], operation);
  await expect(cluster.importKey(request)).rejects.toMatchObject(WITHOUT_WORD);
  await approve([3], operation);
  expect(hex((await cluster.importKey(request)).publicKey)).toBe(publicKey);
  for (const party of parties) {
    expect(await statusOf(party, keyId)).toMatchObject({ provenance: 'imported', state: 'ACTIVE' });
  }
  const wallet = idOf('wallet', 2);
  await cluster.registerWallet({ wallet, keyId, organization, path: 'm/44/60/0/0/0' });
  for (const set of [
    [1, 2],
    [2, 3],
  ]) {
    await sign(keyId, 2, over(...set));
  }
  await expect(cluster.createKey({ keyId, organization, scheme })).rejects.toMatchObject({
    context: { reason: expect.stringContaining('NOT_ORDERED') },
  });
  // Asking again is no second import: the word was used.
  expect(hex((await cluster.importKey(request)).publicKey)).toBe(publicKey);
});

test('the threshold of a key is raised, and t - 1 of before do not sign any more', async () => {
  const [keyId, publicKey] = await makeKey(3);
  const change = { dealers: [1, 2], receivers: [1, 2, 3], threshold: 3 };
  const request = { keyId, organization, scheme, ...change } as const;
  const operation = { operation: 'reshare', key: keyId, receivers: [1, 2, 3], threshold: 3 };
  await approve([1, 2], operation);
  await expect(cluster.reshareKey({ ...request, dealers: [1, 3] })).rejects.toMatchObject(
    WITHOUT_WORD,
  );
  const elsewhere = { ...request, organization: idOf('organization', 9) };
  await expect(cluster.reshareKey(elsewhere)).rejects.toMatchObject({ code: 'EVIDENCE_REJECTED' });
  expect(hex((await cluster.reshareKey(request)).publicKey)).toBe(publicKey);
  for (const party of [1, 2, 3]) {
    expect(await statusOf(party, keyId)).toMatchObject({ threshold: 3, epoch: 2 });
  }
  const again = { ...request, dealers: [1, 2, 3] };
  await expect(cluster.reshareKey(again)).rejects.toMatchObject(WITHOUT_WORD);
  await cluster.refreshKey({ keyId });
  const { signers } = await sign(keyId, 3);
  expect(signers).toEqual([1, 2, 3]);
  await expect(sign(keyId, 3, over(1, 2))).rejects.toThrow();
});

test('a node that comes back from an older disk signs with nobody, and a reshare takes it in', async () => {
  const [keyId] = await makeKey(6);
  const backup = `${team.house.dir}/older`;
  await team.kill(3);
  await cp(team.house.data(3), backup, { recursive: true, filter: isFile });
  await team.revive(3);
  await recovered();
  await cluster.refreshKey({ keyId });
  await team.kill(3);
  await rm(team.house.data(3), { recursive: true });
  await cp(backup, team.house.data(3), { recursive: true });
  await team.revive(3);
  await recovered();
  await expect(sign(keyId, 6, over(1, 3))).rejects.toMatchObject({
    code: 'KEY_LOCKED',
    context: { reason: expect.stringContaining('NOT_STANDING') },
  });
  await expect(cluster.refreshKey({ keyId })).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  await sign(keyId, 6, over(1, 2));

  const sets = { dealers: [1, 2], receivers: [1, 2, 3], threshold: 2 };
  await approve([1, 2], { operation: 'reshare', key: keyId, receivers: [1, 2, 3], threshold: 2 });
  const again = { keyId, organization, scheme, ...sets } as const;
  await expect(cluster.reshareKey(again)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  await approve([1, 2], { operation: 'accept', party: 3 });
  await expect(cluster.reshareKey(again)).rejects.toMatchObject({
    code: 'KEY_LOCKED',
    context: { reason: expect.stringContaining('NOT_RESTORED') },
  });
  await restoreNode(team.house, organization, 3, [1, 2]);
  await cluster.reshareKey(again);
  await sign(keyId, 6, over(1, 3));
  await cluster.refreshKey({ keyId });
});

test('a node leaves the holders, signs no more, and comes back', async () => {
  const [keyId] = await makeKey(4);
  const about = { keyId, organization, scheme } as const;
  const without = { dealers: [1, 2], receivers: [1, 2], threshold: 2 };
  await approve([1, 2], { operation: 'reshare', key: keyId, receivers: [1, 2], threshold: 2 });
  await over(1, 2).reshareKey({ ...about, ...without });
  await sign(keyId, 4, over(1, 2));
  await expect(sign(keyId, 4, over(2, 3))).rejects.toThrow();
  await over(1, 2).refreshKey({ keyId });

  await approve([1, 2], { operation: 'reshare', key: keyId, receivers: [1, 2, 3], threshold: 2 });
  await cluster.reshareKey({ ...about, dealers: [1, 2], receivers: [1, 2, 3], threshold: 2 });
  await sign(keyId, 4, over(2, 3));
  await approve([1, 3], { operation: 'reshare', key: keyId, receivers: [2, 3], threshold: 2 });
  await cluster.reshareKey({ ...about, dealers: [1, 3], receivers: [2, 3], threshold: 2 });
  await expect(sign(keyId, 4, over(1, 2))).rejects.toThrow();
  expect(await statusOf(1, keyId)).toMatchObject({ holders: [2, 3] });
  await cluster.refreshKey({ keyId });
  for (let attempt = 0; attempt < 3; attempt++) {
    expect((await sign(keyId, 4)).signers).toEqual([2, 3]);
  }
  const wallet = idOf('wallet', 5);
  await cluster.registerWallet({ wallet, keyId, organization, path: 'm/44/60/0/0/1' });
  await sign(keyId, 4, over(2, 3));
});
