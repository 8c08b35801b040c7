import { cp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attendedCluster } from '#cluster-client/cluster.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { type RelayEnd, relaySession } from '#cluster-client/relay.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { WalletId } from '#core/ids.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { Outgoing, PartyId, Protocol } from '#signing/kernel.ts';
import { flipBit } from '#signing/simulator.ts';
import type { TestOrganization } from '#testing/organizations.ts';
import { restoreNode } from '#testing/restored.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import {
  type SignerHouse,
  type Tap,
  askAlone,
  createWallet,
  signerHouse,
  tapped,
} from '#testing/signers.ts';
import { agreementOf, logged, trusting } from '#testing/trusted-cluster.ts';
import { readConfig } from './config.ts';
import { dkls } from './dkls.ts';
import type { OpenRequest } from './proto/open-request.ts';
import type { Presigning, Protocols } from './protocols.ts';
import { askNode } from './operator/ask-node.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type StartedNode, startNode } from './start-node.ts';

const QUIET = { info: () => undefined, warn: () => undefined, bug: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
/** Another wallet of the same key, at another path. */
const child = idOf('wallet', 2);
const PARTIES: readonly PartyId[] = [1, 2, 3];
const SET: readonly PartyId[] = [1, 2];
const TIMEOUTS = { openMs: 10_000, stepMs: 10_000 };
const TARGET = 4;

let house: SignerHouse;
const nodes = new Map<PartyId, StartedNode>();
const links = new Map<PartyId, SignerLink>();
let cluster: SignerCluster;
/** The ids that the nodes of each set named last, by the set's numbers. */
const named = new Map<string, readonly string[]>();
/** What party 2 does with its messages in a signature without a presignature. */
let change: (outgoing: Outgoing) => Outgoing = (outgoing) => outgoing;

function* through<T>(protocol: Protocol<T>): Protocol<T> {
  let step = protocol.next();
  while (step.done !== true) step = protocol.next(yield change(step.value));
  return step.value;
}

/** Whether party 3 names a presignature otherwise than it was made. */
let isMisnaming = false;

const presigning: Presigning = {
  ...(dkls.presigning as Presigning),
  *presign(ceremony) {
    const made = yield* (dkls.presigning as Presigning).presign(ceremony);
    return isMisnaming ? { ...made, id: flipBit(made.id, 0) } : made;
  },
};

const ecdsa = 'ecdsa-secp256k1';
const changing = {
  ...dkls,
  sign: (ceremony) => through(dkls.sign(ceremony)),
} satisfies typeof dkls;
const schemeOf = new Map([
  [2, changing],
  [3, { ...dkls, presigning }],
]);

async function start(party: PartyId, port?: number): Promise<void> {
  const config = await readConfig(house.config(party));
  const sealingKey = sealingKeySource(config);
  const protocols: Protocols = {
    ...PROTOCOLS,
    schemes: { [ecdsa]: schemeOf.get(party) ?? dkls },
  };
  const parts = { protocols, sealingKey, log: QUIET };
  nodes.set(
    party,
    await startNode({ ...config, listen: { host: '127.0.0.1', port: port ?? 0 } }, parts),
  );
}

/** An orderly stop is enough: nothing is written at the end that was not written before. */
async function restart(party: PartyId, whileStopped = async () => undefined): Promise<void> {
  const node = nodes.get(party) as StartedNode;
  await node.stop();
  await whileStopped();
  await start(party, node.port);
  const link = links.get(party) as SignerLink;
  const answers = () =>
    link.health(2_000).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(answers, { timeout: 30_000 }).toBe(true);
  await house.trusted.stand([...links.values()]);
}

beforeAll(async () => {
  house = await signerHouse(3, 2, { presignatures: { target: TARGET, batch: TARGET } });
  for (const party of PARTIES) await start(party);
  const credentials = clientCredentials(house.tls);
  for (const party of PARTIES) {
    const { port } = nodes.get(party) as StartedNode;
    links.set(party, grpcLink(party, `127.0.0.1:${port}`, credentials));
  }
  let set = '';
  const noting: Tap = {
    toNode(frame) {
      if (frame.type === 'open' && frame.content.purpose === 'presign') {
        set = frame.content.signers.join();
      }
      return frame;
    },
    fromNode(frame) {
      if (frame.type === 'result' && frame.content.presignatures.length > 0) {
        named.set(set, frame.content.presignatures);
      }
      return frame;
    },
  };
  const watched = [...links.values()].map((link) => tapped(link, noting));
  cluster = trusting(attendedCluster(watched, QUIET), house.trusted, watched);
  await createWallet(cluster, { keyId, organization, wallet });
  await house.trusted.stand(watched);
  acme = await house.trusted.organization(organization);
  await cluster.registerWallet({ wallet: child, keyId, organization, path: 'm/44/60/0/0/0' });
});

afterAll(async () => {
  cluster.close();
  for (const link of links.values()) link.close();
  for (const node of nodes.values()) await node.stop();
  await house.remove();
});

let acme: TestOrganization;
let requests = 0;
/** A mandate, and what all nodes have in writing of it. */
function paymentOf(of: WalletId = wallet) {
  const intent = paymentIntent({ wallet: of, externalId: `use-${(requests += 1)}` });
  const mandate = requestFor(intent);
  const { notaries, starts } = house.trusted;
  const agreement = agreementOf(notaries, acme, { keyId, mandate }, starts);
  return { mandate: mandateFields(logged(mandate, notaries)), ...agreement };
}

const figuresOf = (party: PartyId) => nodes.get(party)?.node.health().presignatures;

/** Fresh ids of the set {1, 2}: one signature without any makes the nodes fill the pool. */
async function freshIds(): Promise<readonly string[]> {
  named.clear();
  await relay({ presignatures: [] });
  await expect.poll(() => named.get(SET.join())?.length).toBe(TARGET);
  await expect.poll(() => [figuresOf(1)?.fresh, figuresOf(2)?.fresh]).toEqual([TARGET, TARGET]);
  return named.get(SET.join()) ?? [];
}

type Asked = Partial<Extract<OpenRequest, { purpose: 'sign' }>>;

const openOf = (asked: Asked): Extract<OpenRequest, { purpose: 'sign' }> => ({
  purpose: 'sign',
  keyId,
  signers: SET,
  ...paymentOf(),
  presignatures: [],
  ...asked,
});

/** A session that asks every node for the same, unless it is told apart; `done` when one signs. */
const relay = (
  asked: Asked,
  apart: (party: PartyId) => Asked = () => ({}),
  tapOf: (party: PartyId) => Tap = () => ({}),
  linkOf = (party: PartyId): SignerLink => links.get(party) as SignerLink,
): Promise<RelayEnd> => {
  const open = openOf(asked);
  return relaySession({
    links: open.signers.map((party) => {
      const own = { ...open, ...apart(party) };
      const tap = tapOf(party);
      return tapped(linkOf(party), {
        ...tap,
        toNode: (frame) => (frame.type === 'open' ? { type: 'open', content: own } : frame),
      });
    }),
    open,
    timeouts: TIMEOUTS,
    accepts: (results) => [...results.values()].some(({ signatures }) => signatures.length === 1),
  });
};

const reasonOf = (end: RelayEnd): string =>
  end.kind === 'refused' ? [...end.refusals.values()].map(({ reason }) => reason).join() : end.kind;

test('a presignature signs once: not for the same request again, nor for another', async () => {
  const [id = ''] = await freshIds();
  const payment = paymentOf();
  const presignatures = [id];
  expect((await relay({ ...payment, presignatures })).kind).toBe('done');
  expect(reasonOf(await relay({ ...payment, presignatures }))).toMatch(/not fresh/);
  expect(reasonOf(await relay({ presignatures }))).toMatch(/not fresh/);
});

test('of sessions at one moment that name it, one signs at most', async () => {
  const [id = ''] = await freshIds();
  const ends = await Promise.all(Array.from({ length: 6 }, () => relay({ presignatures: [id] })));
  expect(ends.filter(({ kind }) => kind === 'done').length).toBeLessThanOrEqual(1);
  for (const end of ends.filter(({ kind }) => kind !== 'done')) {
    expect(reasonOf(end)).toMatch(/not fresh|lost/);
  }
});

test('one that is named twice in a request, or for no payload, is refused', async () => {
  const [id = '', other = ''] = await freshIds();
  for (const presignatures of [
    [id, id],
    [id, other],
  ]) {
    expect(reasonOf(await relay({ presignatures }))).toMatch(/not one for each payload/);
  }
});

test('another set of signers, or another key, does not have it', async () => {
  const [id = ''] = await freshIds();
  const elsewhere = await relay({ presignatures: [id], signers: [1, 3] });
  expect(reasonOf(elsewhere)).toMatch(/not fresh/);
  expect((await relay({ presignatures: [id] })).kind).toBe('done');
});

/** How many envelopes each node sends, whatever comes of the session. */
function counting(): { readonly posts: number[]; readonly tapOf: (party: PartyId) => Tap } {
  const posts = PARTIES.map(() => 0);
  return {
    posts,
    tapOf: (party) => ({
      fromNode(frame) {
        if (frame.type === 'post') posts[party - 1] = (posts[party - 1] ?? 0) + 1;
        return frame;
      },
    }),
  };
}

test.each([
  ['the same bytes for another wallet, so with another tweak', child],
  ['another intent of the same wallet', wallet],
])('nodes that were asked for %s make no share, and nobody is blamed', async (_, of) => {
  const [id = '', spare = ''] = await freshIds();
  const { posts, tapOf } = counting();
  const [one, two] = [paymentOf(), paymentOf(of)];
  const told = (party: PartyId) => (party === 1 ? one : two);
  const end = await relay({ presignatures: [id] }, told, tapOf);
  expect(reasonOf(end)).toMatch(/did not sign|another session|lost/);
  // Its part of rho, and no share after it.
  expect(Math.max(...posts)).toBe(1);
  expect(reasonOf(await relay({ presignatures: [id], ...one }))).toMatch(/not fresh/);
  expect((await relay({ presignatures: [spare] })).kind).toBe('done');
});

test('a request has no place for a tweak, a digest or a value of rho', async () => {
  for (const name of ['tweak', 'digest', 'randomness', 'path']) {
    const content = { ...openOf({}), [name]: '00'.repeat(32) } as OpenRequest;
    const answers = await askAlone(links.get(1) as SignerLink, content);
    expect(answers).toMatchObject([{ type: 'refused', content: { reason: /exactly the fields/ } }]);
  }
});

/** Every envelope reaches the node twice. */
function twice(party: PartyId): SignerLink {
  const link = links.get(party) as SignerLink;
  return {
    ...link,
    open(listener) {
      const stream = link.open(listener);
      return {
        ...stream,
        send(frame) {
          if (frame.type === 'deliver') stream.send(frame);
          stream.send(frame);
        },
      };
    },
  };
}

test('a peer that speaks twice in the round of rho ends the session before a share leaves', async () => {
  const [id = ''] = await freshIds();
  const { posts, tapOf } = counting();
  const end = await relay({ presignatures: [id] }, undefined, tapOf, twice);
  expect(reasonOf(end)).toMatch(/is not due|lost/);
  expect(posts).not.toContain(3);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/not fresh/);
});

test('what a node has reserved is void when the session went no further', async () => {
  const [id = ''] = await freshIds();
  const answers = await askAlone(links.get(1) as SignerLink, openOf({ presignatures: [id] }), 2);
  expect(answers.map(({ type }) => type)).toEqual(['accepted', 'post']);
  await expect.poll(() => figuresOf(1)?.reserved).toBe(0);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/not fresh/);
});

test('a node that was started again knows no presignature from before', async () => {
  const [id = ''] = await freshIds();
  await restart(2);
  expect(figuresOf(2)?.fresh).toBe(0);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/not fresh/);
});

const isFile = (path: string) => !path.endsWith('.sock');

test('a disk from before the signature brings no presignature back', async () => {
  const [id = ''] = await freshIds();
  const data = house.data(2);
  const backup = `${house.dir}/backup`;
  await cp(data, backup, { recursive: true, filter: isFile });
  expect((await relay({ presignatures: [id] })).kind).toBe('done');
  await restart(2, async () => {
    await rm(data, { recursive: true });
    await cp(backup, data, { recursive: true });
  });
  expect(figuresOf(2)?.fresh).toBe(0);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/JOURNAL_/);
  expect(reasonOf(await relay({ presignatures: [] }))).toMatch(/JOURNAL_/);
  for (const party of [1, 3]) {
    const asked = { command: 'approve', operation: 'accept', party: 2 };
    expect(await askNode(house.data(party), asked)).toMatchObject({ ok: true });
  }
  await house.trusted.stand([...links.values()]);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/NOT_RESTORED/);
  await restoreNode(house, organization, 2, [1, 3]);
  await house.trusted.bring(cluster, acme);
  expect(reasonOf(await relay({ presignatures: [id] }))).toMatch(/not fresh/);
});

test('a ban erases the presignatures of the pair', async () => {
  await freshIds();
  change = (outgoing) =>
    outgoing.direct === undefined
      ? outgoing
      : {
          ...outgoing,
          direct: new Map(
            [...outgoing.direct].map(([to, bytes]) => [to, flipBit(bytes, 8 * bytes.length - 8)]),
          ),
        };
  expect((await relay({ presignatures: [] })).kind).toBe('refused');
  await expect.poll(() => figuresOf(1)?.fresh).toBe(0);
});

test('a quarantine erases the presignatures of the set, whichever word it follows from', async () => {
  const signers: readonly PartyId[] = [1, 3];
  await relay({ signers, presignatures: [] });
  await expect.poll(() => named.get(signers.join())?.length).toBe(TARGET);
  const [id = ''] = named.get(signers.join()) ?? [];
  await expect.poll(() => figuresOf(1)?.fresh).toBe(TARGET);
  expect((await relay({ signers, presignatures: [id] })).kind).toBe('done');
  expect(figuresOf(1)?.fresh).toBe(TARGET - 1);
  isMisnaming = true;
  expect((await relay({ signers, presignatures: [] })).kind).toBe('done');
  await expect.poll(() => figuresOf(1)?.fresh).toBe(0);
});
