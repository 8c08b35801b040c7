import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SOL_PAYMENT } from '#chains/solana/fixtures.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type Bytes, hex } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { ORDER, encodePoint, encodeScalar, multiplyBase } from '#signing/curve.ts';
import { derive } from '#signing/derivation.ts';
import { decodeFrostKeyShare } from '#signing/frost/key-share.ts';
import { type KeyShare, decodeKeyShare } from '#signing/key-share.ts';
import { decodePairSecrets } from '#signing/pair-secrets.ts';
import { ED25519, SECP256K1, coefficientAtZero, reduce } from '#signing/prime-group.ts';
import { lookInside } from '#testing/inside.ts';
import { type Needle, Search, UNREADABLE, searchMemory } from '#testing/memory-search.ts';
import { openedStore, spellings } from '#testing/node-secrets.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { attendedCluster } from '#testing/trusted-cluster.ts';
import type { Store } from './store.ts';

/** `npm run secrecy` looks at ten moments during 1,000 signatures. */
const IS_FULL = process.env['SECRECY'] === 'full';
const MOMENTS = IS_FULL ? 10 : 2;
const SIGNATURES = IS_FULL ? 100 : 4;
const AT_ONCE = 4;
const TIMEOUT_MS = IS_FULL ? 3_600_000 : 120_000;
/** Far less than a node has in memory: a search that read nothing is none. */
const SEARCHED_MIN = 30 * 2 ** 20;

const LOG = { info: () => undefined, warn: () => undefined };
const PARTIES = [1, 2, 3];
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const child = { wallet: idOf('wallet', 3), path: 'm/44/60/0/0/5' };
const schnorr = {
  keyId: idOf('key', 2),
  organization,
  wallet: idOf('wallet', 2),
  scheme: 'frost-ed25519',
} as const;

let team: SignerTeam;
let cluster: SignerCluster;
let schnorrKey: Bytes;
let wholeKey: Bytes;
/** What may be in the memory of no node, or of nobody but its owner; by owner, 0 is nobody. */
const secrets: { readonly owner: number; readonly name: string; readonly bytes: Bytes }[] = [];

const keep = (owner: number, name: string, bytes: Bytes): void =>
  void secrets.push({ owner, name, bytes });

/** The shares are points of a line or a curve: its value at 0. */
const combine = (group: typeof SECP256K1 | typeof ED25519, shares: readonly KeyShare[]): bigint => {
  const set = shares.map(({ party }) => party);
  return reduce(
    group,
    shares.reduce(
      (sum, { party, secret }) => sum + coefficientAtZero(group, party, set) * secret,
      0n,
    ),
  );
};

const shareOf = (store: Store, key: string) => store.keys.get(key)?.record.share as Bytes;

function learnShares(stores: readonly Store[]): void {
  const shares = stores.map((store) => decodeKeyShare(shareOf(store, keyId)));
  const [any] = shares as [KeyShare];
  const whole = combine(SECP256K1, shares.slice(0, any.threshold));
  wholeKey = encodeScalar(whole);
  expect(hex(encodePoint(multiplyBase(whole)))).toBe(hex(any.publicKey));
  const { tweak } = derive(any.publicKey, any.chainCode, child.path);
  keep(0, 'the whole key', wholeKey);
  keep(0, 'the whole key of a child', encodeScalar((whole + tweak) % ORDER));
  const frost = stores.map((store) => decodeFrostKeyShare(shareOf(store, schnorr.keyId)));
  const wholeFrost = combine(ED25519, frost.slice(0, any.threshold));
  keep(0, 'the whole Ed25519 key', ED25519.encodeScalar(wholeFrost));
  for (const { party, secret } of shares) {
    keep(party, `the share of ${party}`, encodeScalar(secret));
    for (const peer of PARTIES.filter((one) => one !== party)) {
      const weight = coefficientAtZero(SECP256K1, party, [party, peer]);
      const weighted = encodeScalar(reduce(SECP256K1, weight * secret));
      keep(party, `the share of ${party}, weighted beside ${peer}`, weighted);
    }
  }
  for (const { party, secret } of frost) {
    keep(party, `the Ed25519 share of ${party}`, ED25519.encodeScalar(secret));
  }
  for (const [index, store] of stores.entries()) {
    for (const [peer, bytes] of store.pairs.get(organization)?.record.pairs ?? []) {
      const { delta } = decodePairSecrets(bytes).asSender;
      keep(index + 1, `the correlation of ${index + 1} with ${peer}`, delta);
    }
  }
}

const needlesFor = (isWanted: (owner: number) => boolean): readonly Needle[] =>
  secrets
    .filter(({ owner }) => isWanted(owner))
    .flatMap(({ name, bytes }) => spellings(bytes).map((spelt) => ({ name, bytes: spelt })));

const search = (party: number, needles: readonly Needle[]) =>
  searchMemory(team.signer(party).child.pid as number, needles);

async function searchSnapshot(
  party: number,
  needles: readonly Needle[],
): Promise<readonly string[]> {
  const path = join(team.house.dir, `${party}.heapsnapshot`);
  await lookInside(team.signer(party).child, 'snapshot', path);
  const found = new Search(needles);
  await found.look(await readFile(path));
  await rm(path);
  return found.result().names;
}

beforeAll(async () => {
  const limits = { presignatures: { target: 8, batch: 4 } };
  // A thread that computes has copies of its own, in a heap of its own.
  team = await signerTeam(3, 2, limits, { isTransparent: true, threads: IS_FULL ? 2 : 0 });
  cluster = attendedCluster(team.links(), LOG);
  await createWallet(cluster, { keyId, organization, wallet });
  await cluster.registerWallet({ ...child, keyId, organization });
  schnorrKey = (await createWallet(cluster, schnorr)).publicKey;
  const paths = PARTIES.map((party) => team.house.config(party));
  learnShares(await Promise.all(paths.map(openedStore)));
});

afterAll(async () => {
  cluster.close();
  await team.close();
});

let requests = 0;

/** By the key itself, by a child of it, and now and then by the Ed25519 key. */
async function signOne(): Promise<void> {
  const number = (requests += 1);
  if (number % 4 === 0) {
    const mandate = solanaRequest(schnorrKey, number % 256, SOL_PAYMENT, {
      wallet: schnorr.wallet,
      externalId: `memory-${number}`,
    });
    await cluster.sign({ keyId: schnorr.keyId, mandate });
    return;
  }
  const payer = number % 2 === 0 ? wallet : child.wallet;
  const intent = paymentIntent({ wallet: payer, externalId: `memory-${number}` });
  await cluster.sign({ keyId, mandate: requestFor(intent) });
}

async function signMany(count: number): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while ((left -= 1) >= 0) await signOne();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

test.skipIf(UNREADABLE !== undefined)(
  'no node ever has the whole key in its memory, or a share of another node',
  { timeout: TIMEOUT_MS },
  async () => {
    for (let moment = 0; moment < MOMENTS; moment++) {
      const signing = signMany(SIGNATURES);
      for (const party of PARTIES) {
        const { names, searched } = await search(
          party,
          needlesFor((owner) => owner !== party),
        );
        expect({ moment, party, names }).toEqual({ moment, party, names: [] });
        expect(searched).toBeGreaterThan(SEARCHED_MIN);
      }
      await signing;
    }
    expect(requests).toBe(MOMENTS * SIGNATURES);
  },
);

test('no disk and no log has any of it, whoever owns it', { timeout: TIMEOUT_MS }, async () => {
  const everything = new Search(needlesFor(() => true));
  for (const party of PARTIES) {
    await everything.look(Buffer.from(team.signer(party).logs()));
    const files = await readdir(team.house.data(party), { recursive: true, withFileTypes: true });
    for (const file of files.filter((one) => one.isFile())) {
      await everything.look(await readFile(join(file.parentPath, file.name)));
    }
  }
  expect(everything.result().names).toEqual([]);
});

test('a snapshot of a heap shows no text of them either', { timeout: TIMEOUT_MS }, async () => {
  for (const party of PARTIES) {
    const names = await searchSnapshot(
      party,
      needlesFor((owner) => owner !== party),
    );
    expect({ party, names }).toEqual({ party, names: [] });
  }
});

test.skipIf(UNREADABLE !== undefined)(
  'the search finds what is there: a node has its share',
  async () => {
    for (const party of PARTIES) {
      const { names } = await search(
        party,
        needlesFor((owner) => owner === party),
      );
      expect(names).toContain(`the share of ${party}`);
    }
  },
);

test.skipIf(UNREADABLE !== undefined)(
  'the search finds a whole key that a node keeps, by its digits and by its text',
  async () => {
    await lookInside(team.signer(3).child, 'plant', hex(wholeKey));
    const names = ['digits', 'bytes', 'text'];
    const [bytes, digits, text] = spellings(wholeKey);
    const needles = [digits, bytes, text].map((spelt, at) => ({
      name: names[at] as string,
      bytes: spelt as Buffer,
    }));
    expect((await search(3, needles)).names).toEqual(names);
    expect(await searchSnapshot(3, needles)).toEqual(['text']);
  },
);
