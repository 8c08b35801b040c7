import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type SigningRequest, payloadsOf } from '#cluster-client/request.ts';
import { isSignedBy } from '#signing/verify.ts';
import type { Bytes } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import { type SignerTeam, createWallet, signerTeam } from '#testing/signers.ts';
import { attendedCluster } from '#testing/trusted-cluster.ts';

/** How many sessions run at one time: `AT_ONCE=200` is the long run. */
const AT_ONCE = Number(process.env['AT_ONCE'] ?? 40);
/** One worker begins no more of them at once. */
const WORKER_LANES = 16;
/** Whoever waits for all the others waits long on a small machine; only a session that hangs fails. */
const STEP_MS = 100_000;
const TIMEOUTS = {
  health: STEP_MS,
  sign: { openMs: STEP_MS, stepMs: STEP_MS },
  createKey: { openMs: STEP_MS, stepMs: STEP_MS },
  suspicionMs: 1,
};
const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const ecdsaKey = idOf('key');
const schnorrKey = idOf('key', 2);
const schnorrWallet = idOf('wallet', 2);

let team: SignerTeam;
let workers: readonly SignerCluster[];
let cluster: SignerCluster;
let ecdsaPublic: Bytes;
let schnorrPublic: Bytes;

beforeAll(async () => {
  const limits = { idleMs: STEP_MS, presignatures: { target: 8, batch: 4 } };
  team = await signerTeam(3, 2, limits, { threads: 2 });
  workers = Array.from({ length: Math.ceil(AT_ONCE / WORKER_LANES) }, () =>
    attendedCluster(team.links(), LOG, TIMEOUTS),
  );
  cluster = workers[0] as SignerCluster;
  const ecdsa = { keyId: ecdsaKey, organization, wallet };
  ({ publicKey: ecdsaPublic } = await createWallet(cluster, ecdsa));
  const schnorr = { keyId: schnorrKey, organization, wallet: schnorrWallet } as const;
  ({ publicKey: schnorrPublic } = await createWallet(cluster, {
    ...schnorr,
    scheme: 'frost-ed25519',
  }));
});

afterAll(async () => {
  for (const worker of workers) worker.close();
  await team.close();
});

let requests = 0;

async function requireSigned(
  worker: SignerCluster,
  keyId: KeyId,
  publicKey: Bytes,
  mandate: SigningRequest,
): Promise<void> {
  const { signatures } = await worker.sign({ keyId, mandate });
  const [payload] = payloadsOf(mandate);
  const [signature] = signatures;
  if (payload === undefined || signature === undefined)
    throw new Error('one payload, one signature');
  expect(isSignedBy(publicKey, payload, signature)).toBe(true);
}

function pay(worker = cluster): Promise<void> {
  const intent = paymentIntent({ externalId: `threaded-${(requests += 1)}` });
  return requireSigned(worker, ecdsaKey, ecdsaPublic, requestFor(intent));
}

function payOnSolana(worker = cluster): Promise<void> {
  const mandate = solanaRequest(schnorrPublic, (requests += 1), undefined, {
    wallet: schnorrWallet,
  });
  return requireSigned(worker, schnorrKey, schnorrPublic, mandate);
}

const figures = async () =>
  (await cluster.health()).map(({ presignatures }) => {
    if (presignatures === undefined) throw new Error('a node does not answer');
    return presignatures;
  });

/** What each node's pools did, when none of its sessions holds a presignature any more. */
async function settledFigures() {
  const reserved = async () => (await figures()).map((node) => node.reserved);
  await expect.poll(reserved).toEqual([0, 0, 0]);
  return figures();
}

const burntOf = (of: readonly { readonly burnt: number }[]): number =>
  of.reduce((sum, { burnt }) => sum + burnt, 0);

test('every node says how many threads compute for it', () => {
  for (const party of [1, 2, 3]) expect(team.signer(party).logs()).toMatch(/"threads":2/);
});

test(`${AT_ONCE} sessions at one time: each ends with a signature that verifies`, async () => {
  const sessions = Array.from({ length: AT_ONCE }, (_, at) => {
    const worker = workers[at % workers.length];
    return at % 4 === 3 ? payOnSolana(worker) : pay(worker);
  });
  await Promise.all(sessions);
}, 600_000);

test('pools are filled, used and accounted for', async () => {
  // Each worker knows the presignatures that were made through it: from here on, one has them all.
  for (const worker of workers.slice(1)) worker.close();
  const before = burntOf(await settledFigures());
  await expect.poll(() => pay().then(settledFigures).then(burntOf)).toBeGreaterThan(before);
  for (const { made, burnt, fresh } of await settledFigures()) expect(made - burnt).toBe(fresh);
});

test('keys of both kinds are refreshed, with test signatures, and sign on', async () => {
  for (const keyId of [ecdsaKey, schnorrKey]) await cluster.refreshKey({ keyId });
  await pay();
  await payOnSolana();
});

test('nobody was accused, and nothing failed', () => {
  for (const party of [1, 2, 3]) {
    const logs = team.signer(party).logs();
    expect(logs).not.toMatch(/thread lost|session failed/);
    expect(logs).not.toContain('KEY_LOCKED');
  }
});
