import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { transferIntent } from '#mandate/intent.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, signerTeam, type SignerTeam } from '#testing/signers.ts';
import { clusterOver } from '#testing/trusted-cluster.ts';
import { dkls } from './dkls.ts';
import type { Hello } from './hello.ts';
import type { Session } from './session.ts';
import { PROTOCOLS } from './schemes.ts';
import { signTransfer } from './sign-transfer.ts';
import { performHere } from './tasks.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const request = { keyId: idOf('key'), organization, wallet };

let team: SignerTeam;
let cluster: SignerCluster;

const isFile = (path: string) => !path.endsWith('.sock');

/** Node 3's whole disk is put back to where it was before the key was made. */
beforeAll(async () => {
  team = await signerTeam();
  cluster = clusterOver(team.links(), LOG);
  const backup = `${team.house.dir}/backup`;
  await cp(team.house.data(3), backup, { recursive: true, filter: isFile });
  await createWallet(cluster, request);
  await team.kill(3);
  await rm(team.house.data(3), { recursive: true });
  await cp(backup, team.house.data(3), { recursive: true });
  await team.revive(3);
  await vi.waitFor(async () => expect((await cluster.health())[2]?.ok).toBe(true), 30_000);
});

afterAll(() => team.close());

test('a key that one node has lost is not made anew in its place', async () => {
  await expect(createWallet(cluster, request)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  const next = { ...request, keyId: idOf('key', 2) };
  await expect(createWallet(cluster, next)).rejects.toMatchObject({ code: 'KEY_LOCKED' });
});

test('the nodes that have it sign on', async () => {
  for (let attempt = 0; attempt < 3; attempt++) {
    const intent = paymentIntent({ externalId: `set-back-${attempt}` });
    const { signers } = await cluster.sign({ keyId: request.keyId, mandate: requestFor(intent) });
    expect(signers).toEqual([1, 2]);
  }
});

const never = (): Promise<never> => Promise.reject(new Error('nothing may be sent or recorded'));
const noBytes = (): Uint8Array => new Uint8Array();

const helloWith = (pairs: string): Hello => ({
  committee: new Uint8Array(32),
  nonce: new Uint8Array(32),
  ephemeral: new Uint8Array(32),
  mode: 'safety',
  pairs: { state: 'COMMITTED', epoch: 1, sid: pairs },
  key: { state: 'COMMITTED', epoch: 1, sid: 'cc'.repeat(32) },
});

test('nodes that hold secrets of two set-ups part before the protocol, and nobody is blamed', async () => {
  const hellos = new Map([
    [1, helloWith('aa'.repeat(32))],
    [2, helloWith('bb'.repeat(32))],
  ]);
  const sid = 'dd'.repeat(32);
  const nothing = { context: noBytes, sharedWith: noBytes, exchange: never, run: never };
  const session: Session = { sid, hellos, ...nothing };
  const guard = {
    requireSameBytes: noBytes,
    bind: noBytes,
    learn: noBytes,
    bar: noBytes,
    requireSameNetwork: noBytes,
    requireSetUpLeft: noBytes,
    requireNotBehind: noBytes,
    recordSession: never,
    recordSigning: never,
  };
  const made = { organization, epoch: 1, sid: 'cc'.repeat(32), scheme: 'ecdsa-secp256k1' } as const;
  const held = { parties: [1, 2], threshold: 2, provenance: 'generated' } as const;
  const secret = { publicKey: noBytes(), chainCode: noBytes(), share: noBytes() };
  const signing = {
    party: { me: 1, perform: performHere(PROTOCOLS, noBytes), guard },
    signers: [1, 2],
    scheme: dkls,
    key: { ...made, keyId: request.keyId, ...held, ...secret },
    pairs: new Map(),
  };
  const intent = transferIntent(PAYMENT);
  const own = {
    wallet,
    key: request.keyId,
    organization,
    path: 'm',
    publicKey: noBytes(),
    tweak: 0n,
  };
  const evidence = {
    intent,
    initiator: {
      statement: '',
      credentialId: '',
      authenticatorData: '',
      clientDataJSON: '',
      signature: '',
    },
    intentHash: 'ee'.repeat(32),
    isSetUp: false,
    payloads: [{ digest: noBytes() }],
    wallet: own,
  };
  await expect(signTransfer(session, signing, evidence)).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
  });
});
