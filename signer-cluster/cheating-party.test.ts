import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import type { Bytes } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { Outgoing, PartyId, Protocol } from '#signing/kernel.ts';
import { readmissionsAt } from '#testing/restored.ts';
import { paymentIntent, requestFor, solanaRequest } from '#testing/signing-request.ts';
import {
  createWallet,
  type SignerHouse,
  signerHouse,
  type SignerProcess,
} from '#testing/signers.ts';
import { clusterOver, housed } from '#testing/trusted-cluster.ts';
import { readConfig } from './config.ts';
import { dkls } from './dkls.ts';
import { frostEd25519 } from './frost.ts';
import { askNode } from './operator/ask-node.ts';
import type { Protocols } from './protocols.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type StartedNode, startNode } from './start-node.ts';

/**
 * The last party is corrupted: it has its own genuine keys and share, and runs a changed protocol
 * inside this process. The others are real processes.
 */
const LOG = { info: () => undefined, warn: () => undefined };
const QUIET = { ...LOG, bug: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const otherKeyId = idOf('key', 2);

let house: SignerHouse;
let honest: Map<PartyId, SignerProcess>;
let corrupted: StartedNode;
let links: SignerLink[];
/** What the corrupted party does with its own messages of a round; counted from 0 in each protocol run. */
let change: (outgoing: Outgoing, round: number) => Outgoing;

function* through<T>(protocol: Protocol<T>): Protocol<T> {
  let step = protocol.next();
  for (let round = 0; step.done !== true; round++) {
    step = protocol.next(yield change(step.value, round));
  }
  return step.value;
}

const changed: Protocols = {
  setUpPairs: (ceremony) => through(PROTOCOLS.setUpPairs(ceremony)),
  schemes: {
    'ecdsa-secp256k1': {
      ...dkls,
      keygen: (ceremony) => through(dkls.keygen(ceremony)),
      sign: (ceremony) => through(dkls.sign(ceremony)),
    },
    'frost-ed25519': {
      ...frostEd25519,
      keygen: (ceremony) => through(frostEd25519.keygen(ceremony)),
      sign: (ceremony) => through(frostEd25519.sign(ceremony)),
    },
  },
};

async function startCorrupted(party: PartyId): Promise<StartedNode> {
  const config = await readConfig(house.config(party));
  const sealingKey = sealingKeySource(config);
  return startNode(config, { protocols: changed, sealingKey, log: QUIET });
}

function linkTo(party: PartyId): SignerLink {
  const credentials = clientCredentials(house.tls);
  const ports = new Map([...honest].map(([party, { port }]) => [party, port]));
  ports.set(honest.size + 1, corrupted.port);
  const link = grpcLink(party, `127.0.0.1:${ports.get(party)}`, credentials);
  links.push(link);
  return housed(link, house.trusted);
}

/** Over these; the nodes tell each other of their starts whoever is asked. */
function connect(parties: readonly PartyId[]): SignerCluster {
  const all = Array.from({ length: honest.size + 1 }, (_, index) => linkTo(index + 1));
  house.trusted.links = all;
  return clusterOver(
    all.filter(({ party }) => parties.includes(party)),
    LOG,
  );
}

/** Begins with this many parties, of which two sign; the honest ones compute in so many threads. */
async function beginWithoutKeys(count: number, threads = 0): Promise<void> {
  house = await signerHouse(count, 2, {}, threads);
  links = [];
  change = (outgoing) => outgoing;
  const parties = Array.from({ length: count }, (_, index) => index + 1);
  const started = await Promise.all(parties.slice(0, -1).map((party) => house.start(party)));
  honest = new Map(started.map((signer) => [signer.party, signer]));
  corrupted = await startCorrupted(count);
}

/** The same with two ECDSA keys of one organisation. */
async function begin(count: number, threads = 0): Promise<void> {
  await beginWithoutKeys(count, threads);
  const all = connect(Array.from({ length: count }, (_, index) => index + 1));
  await createWallet(all, { keyId, organization, wallet });
  await createWallet(all, { keyId: otherKeyId, organization, wallet: idOf('wallet', 2) });
}

/** The organisation's word about the newest ban of node 1, beside the operator's. */
async function readmit(): Promise<void> {
  const newest = (await readmissionsAt(house.data(1))).at(-1);
  if (newest === undefined) throw new Error('node 1 bans nobody');
  await (await house.trusted.organization(organization)).readmit(newest);
}

afterEach(async () => {
  for (const link of links) link.close();
  await corrupted.stop();
  await Promise.all([...honest.values()].map((signer) => signer.kill()));
  await house.remove();
});

let requests = 0;
const newRequest = (over = {}) =>
  requestFor(paymentIntent({ externalId: `cheat-${(requests += 1)}`, ...over }));

const withFlip = (bytes: Bytes, at: number): Bytes =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));

/** Flips a bit of what the corrupted party sends directly to its peers in this round, counted from the end. */
const cheatInRound =
  (cheated: number, fromEnd: number) =>
  (outgoing: Outgoing, round: number): Outgoing =>
    round !== cheated || outgoing.direct === undefined
      ? outgoing
      : {
          ...outgoing,
          direct: new Map(
            [...outgoing.direct].map(([to, bytes]) => [
              to,
              withFlip(bytes, bytes.length - fromEnd),
            ]),
          ),
        };

const locked = { code: 'KEY_LOCKED' };
const unreadmitted = {
  ...locked,
  context: { reason: expect.stringContaining('NOT_READMITTED') },
};

const expectLogged = (party: PartyId, check: string): Promise<void> =>
  expect.poll(() => honest.get(party)?.logs(), { timeout: 30_000 }).toContain(check);

test.each([
  ['where nodes compute themselves', 0],
  ['where threads compute for them', 2],
])(
  'a cheat bans the pair for every wallet of the organisation, for good; the others sign on, %s',
  async (_, threads) => {
    await begin(3, threads);
    change = cheatInRound(1, 40);
    const withCheat = connect([1, 3]);
    await expect(withCheat.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);

    change = (outgoing) => outgoing;
    const other = () => newRequest({ wallet: idOf('wallet', 2) });
    await expect(withCheat.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
    await expect(withCheat.sign({ keyId: otherKeyId, mandate: other() })).rejects.toMatchObject(
      locked,
    );
    const another = { keyId: idOf('key', 5), organization, wallet };
    await expect(createWallet(connect([1, 2, 3]), another)).rejects.toMatchObject(locked);

    const node = honest.get(1) as SignerProcess;
    await node.kill();
    honest.set(1, await house.start(1));
    await expect(connect([1, 3]).sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(
      locked,
    );

    const all = connect([1, 2, 3]);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { signers } = await all.sign({ keyId, mandate: newRequest() });
      expect(signers).not.toEqual([1, 3]);
    }
  },
);

test('a session of the pair that was open when the other one cheated goes no further', async () => {
  await begin(2);
  const held = Promise.withResolvers<() => void>();
  const [first, second] = [1, 2].map((party) => linkTo(party));
  const holding: SignerLink = {
    ...(first as SignerLink),
    open(listener) {
      const stream = (first as SignerLink).open(listener);
      let delivered = 0;
      return {
        ...stream,
        send(frame) {
          if (frame.type === 'deliver') delivered += 1;
          // The peer's first message that a check of the OT extension looks at.
          if (delivered === 3) held.resolve(() => stream.send(frame));
          else stream.send(frame);
        },
      };
    },
  };
  const open = clusterOver([holding, second as SignerLink], LOG);
  const waiting = open.sign({ keyId, mandate: newRequest() });
  const release = await held.promise;
  change = cheatInRound(1, 40);
  await expect(connect([1, 2]).sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(
    locked,
  );
  release();
  await expect(waiting).rejects.toMatchObject(locked);
});

test('an invalid signature that nobody can be blamed for locks the set that made it', async () => {
  await begin(2);
  // The last round's broadcast ends with w, of which any value in range is well-formed. The
  // corrupted party has all it needs and may hand out the right signature; the other must not trust
  // the set again.
  change = (outgoing, round) =>
    round < 4 || outgoing.broadcast === undefined
      ? outgoing
      : { broadcast: withFlip(outgoing.broadcast, outgoing.broadcast.length - 1) };
  const withCheat = connect([1, 2]);
  const codeOf = (): Promise<string> =>
    withCheat.sign({ keyId, mandate: newRequest() }).then(
      () => 'signed',
      (error: unknown) => (isPlatformError(error) ? error.code : 'another error'),
    );
  await codeOf();
  change = (outgoing) => outgoing;
  await expect.poll(codeOf, { timeout: 30_000 }).toBe('KEY_LOCKED');
  await expectLogged(1, 'SIGNATURE_INVALID');
});

test('a dealer whose share is wrong is named, and no key comes to be', async () => {
  await begin(2);
  change = cheatInRound(4, 1);
  const both = connect([1, 2]);
  const request = { keyId: idOf('key', 7), organization, wallet };
  await expect(createWallet(both, request)).rejects.toMatchObject(locked);
  await expectLogged(1, 'SHARE_MISMATCH');
  await expect(both.sign({ keyId: request.keyId, mandate: newRequest() })).rejects.toThrow(
    /no such key/,
  );
});

/** Flips the last bit of what the corrupted party says to everybody in this round. */
const lieInRound =
  (round: number) =>
  (outgoing: Outgoing, at: number): Outgoing =>
    at !== round || outgoing.broadcast === undefined
      ? outgoing
      : { ...outgoing, broadcast: withFlip(outgoing.broadcast, outgoing.broadcast.length - 32) };

test('a wrong share of a Schnorr signature bans its sender until an operator lets it in', async () => {
  await beginWithoutKeys(2);
  const request = { keyId, organization, wallet, scheme: 'frost-ed25519' } as const;
  const { publicKey } = await createWallet(connect([1, 2]), request);
  const sign = () => {
    const mandate = solanaRequest(publicKey, (requests += 1));
    return connect([1, 2]).sign({ keyId, mandate });
  };
  change = lieInRound(2);
  // The corrupted party has all it needs and may hand out the right signature.
  await sign().catch(() => undefined);
  await expectLogged(1, 'SIGNATURE_SHARE');
  change = (outgoing) => outgoing;
  await expect(sign()).rejects.toMatchObject(locked);
  const node = honest.get(1) as SignerProcess;
  await node.kill();
  honest.set(1, await house.start(1));
  await expect(sign()).rejects.toMatchObject(locked);

  const word = { command: 'approve', operation: 'readmit', organization, party: 2 };
  expect((await askNode(house.data(1), word)).ok).toBe(true);
  await readmit();
  await connect([1, 2]).refreshKey({ keyId });
  await sign();
});

test('a Schnorr key that a share of does not sign comes to nobody', async () => {
  await beginWithoutKeys(2);
  // Rounds 0 to 5 make the key, and 6 to 8 sign with it.
  change = lieInRound(8);
  const request = { keyId, organization, wallet, scheme: 'frost-ed25519' } as const;
  await expect(createWallet(connect([1, 2]), request)).rejects.toMatchObject(locked);
  await expectLogged(1, 'SIGNATURE_SHARE');
  await expect(readdir(join(house.data(1), 'store/keys'))).resolves.toEqual([]);
});

test('an operator lets a banned party back in, and only by new secrets of the pair', async () => {
  await begin(2);
  const both = connect([1, 2]);
  change = cheatInRound(1, 40);
  await expect(both.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
  change = (outgoing) => outgoing;
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(locked);

  const word = { command: 'approve', operation: 'readmit', organization, party: 2 };
  const approved = await askNode(house.data(1), word);
  expect(approved.ok).toBe(true);
  await expect(both.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
  // The operator's word alone is not enough, and an unlocking of the key is about something else.
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(unreadmitted);
  await (await house.trusted.organization(organization)).unlock(keyId);
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(unreadmitted);
  await readmit();
  await both.refreshKey({ keyId });
  await both.sign({ keyId, mandate: newRequest() });
  const other = newRequest({ wallet: idOf('wallet', 2) });
  await both.sign({ keyId: otherKeyId, mandate: other });

  // Both words were for one ban: the next one needs others.
  change = cheatInRound(1, 40);
  await expect(both.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
  change = (outgoing) => outgoing;
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(locked);
  expect((await askNode(house.data(1), word)).ok).toBe(true);
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(unreadmitted);
  await readmit();
  await both.refreshKey({ keyId });
  // Nor is the organisation's word alone.
  change = cheatInRound(1, 40);
  await expect(both.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
  change = (outgoing) => outgoing;
  await readmit();
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(locked);
  expect((await askNode(house.data(1), word)).ok).toBe(true);
  await both.refreshKey({ keyId });
  await both.sign({ keyId, mandate: newRequest() });
});

test('a cheat while it is being let in bans it again', async () => {
  await begin(2);
  const both = connect([1, 2]);
  change = cheatInRound(1, 40);
  await expect(both.sign({ keyId, mandate: newRequest() })).rejects.toMatchObject(locked);
  await askNode(house.data(1), {
    command: 'approve',
    operation: 'readmit',
    organization,
    party: 2,
  });
  await readmit();
  change = cheatInRound(2, 40);
  await expect(both.refreshKey({ keyId })).rejects.toMatchObject(locked);
  const status = await askNode(house.data(1), { command: 'status' });
  expect(status).toMatchObject({
    distrusted: [
      { kind: 'ban', peer: 2 },
      { kind: 'ban', peer: 2 },
    ],
  });
});
