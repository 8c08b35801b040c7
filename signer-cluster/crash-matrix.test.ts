import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { attendedCluster } from '#cluster-client/cluster.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import type { AttendanceListener, SignerLink } from '#cluster-client/link.ts';
import type { StreamListener } from '#cluster-client/session-streams.ts';
import { hex } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { decodePresignature } from '#signing/dkls/presignature.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerHouse, createWallet, signerHouse } from '#testing/signers.ts';
import { trusting } from '#testing/trusted-cluster.ts';
import { readConfig } from './config.ts';
import { dkls } from './dkls.ts';
import type { Receiver } from './node.ts';
import { type Frame, decodeFrame, encodeFrame } from './proto/frames.ts';
import { presignRequest } from './proto/open-request.ts';
import type { Presigning, Protocols } from './protocols.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type StartedNode, startNode } from './start-node.ts';

/**
 * Both nodes of a set run in this process. A node that dies says nothing more and finishes no write; what
 * it has written stays, as after `kill -9`, and the next node starts from it.
 */
const QUIET = { info: () => undefined, warn: () => undefined, bug: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const PARTIES: readonly PartyId[] = [1, 2];
const GOOD_SIGNATURES = 10;

type Moment = 'before' | 'after';

/** Where a node dies: at its envelope of this number in a session, or at a sync of its journal. */
type Cell = {
  readonly party: PartyId;
  readonly purpose: 'presign' | 'sign';
  readonly what: 'envelope' | 'sync';
  readonly number: number;
  readonly moment: Moment;
};

/** Hello, inventory, three rounds, the batch's end; and the two rounds of a signature from the pool. */
const ENVELOPES = { presign: 6, sign: 2 };

const cells: readonly Cell[] = PARTIES.flatMap((party) =>
  (['presign', 'sign'] as const).flatMap((purpose) =>
    (['before', 'after'] as const).flatMap((moment): readonly Cell[] => [
      ...Array.from({ length: ENVELOPES[purpose] }, (_, index) => {
        const number = index + 1;
        return { party, purpose, what: 'envelope', number, moment } as const;
      }),
      { party, purpose, what: 'sync', number: 1, moment },
    ]),
  ),
);

/** All of them by `MATRIX=full`; otherwise every fourth, which has each node and purpose, and a sync. */
const chosen = process.env['MATRIX'] === 'full' ? cells : cells.filter((_, at) => at % 4 === 0);

class Life {
  isOver = false;
  readonly listeners = new Set<StreamListener>();
  end(): void {
    this.isOver = true;
    for (const listener of this.listeners) listener.ended('UNAVAILABLE');
  }
}

let house: SignerHouse;
let cluster: SignerCluster;
const nodes = new Map<PartyId, StartedNode>();
const fallen: StartedNode[] = [];
const lives = new Map<PartyId, Life>();
const attendants = new Map<PartyId, AttendanceListener>();
let armed: Cell | undefined;
/** What runs right now, so that a sync is known to belong to it. */
let running: Cell['purpose'] | undefined;
/** Each presignature that a node has said something with. */
const spoken = new Set<string>();
const reused: string[] = [];
const nonces = new Set<string>();

/** Syncs of nodes that are dead: none of them ends while the test runs. */
const hanging: (() => void)[] = [];

function hang(): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  hanging.push(() => reject(new Error('the node is dead')));
  return promise;
}

function die(party: PartyId): void {
  armed = undefined;
  lives.get(party)?.end();
}

/** Notes that a presignature is spoken with, for as long as the test runs. */
const watched = (party: PartyId, presigning: Presigning): Presigning => ({
  ...presigning,
  *online(order) {
    const name = `${party} ${hex(decodePresignature(order.presignature).id)}`;
    const protocol = presigning.online(order);
    let step = protocol.next();
    if (spoken.has(name)) reused.push(name);
    spoken.add(name);
    while (step.done !== true) step = protocol.next(yield step.value);
    return step.value;
  },
});

const protocolsOf = (party: PartyId): Protocols => ({
  ...PROTOCOLS,
  schemes: {
    'ecdsa-secp256k1': { ...dkls, presigning: watched(party, dkls.presigning as Presigning) },
  },
});

async function start(party: PartyId): Promise<void> {
  const config = await readConfig(house.config(party));
  const life = new Life();
  lives.set(party, life);
  const started = await startNode(config, {
    protocols: protocolsOf(party),
    sealingKey: sealingKeySource(config),
    log: QUIET,
    async sync(file, write) {
      if (life.isOver) return hang();
      write();
      const isCell = armed?.what === 'sync' && armed.party === party && armed.purpose === running;
      if (!isCell || armed?.moment === 'after') await file.datasync();
      if (!isCell) return undefined;
      die(party);
      return hang();
    },
  });
  nodes.set(party, started);
  const listener = attendants.get(party);
  if (listener !== undefined) attendTo(started, listener);
}

function attendTo({ node }: StartedNode, listener: AttendanceListener): () => void {
  const leave = node.attend((request) =>
    listener.request(presignRequest(JSON.parse(request.toString()))),
  );
  if (leave === undefined) throw new Error('too many attend');
  return leave;
}

/** A stream to the node that lives now; it dies with it. */
function openTo(party: PartyId, listener: StreamListener) {
  const life = lives.get(party) as Life;
  const { node } = nodes.get(party) as StartedNode;
  let purpose: Cell['purpose'] | undefined;
  let posts = 0;
  const isDue = (moment: Moment): boolean =>
    armed?.what === 'envelope' &&
    armed.party === party &&
    armed.purpose === purpose &&
    armed.number === posts &&
    armed.moment === moment;
  life.listeners.add(listener);
  const receiver: Receiver = node.accept({
    send(bytes) {
      if (life.isOver) return;
      const frame = decodeFrame(bytes);
      if (frame.type === 'post') posts += 1;
      if (frame.type === 'post' && isDue('before')) return die(party);
      listener.frame(frame);
      if (frame.type === 'post' && isDue('after')) die(party);
    },
    end() {
      life.listeners.delete(listener);
      if (!life.isOver) listener.ended('');
    },
  });
  return {
    send(frame: Frame) {
      if (frame.type === 'open') {
        const { content } = frame;
        const isPooled = content.purpose === 'sign' && content.presignatures.length > 0;
        if (content.purpose === 'presign' || isPooled) purpose = content.purpose;
        running = purpose;
      }
      if (!life.isOver) receiver.frame(encodeFrame(frame));
    },
    cancel: () => receiver.closed(),
  };
}

const linkTo = (party: PartyId): SignerLink => ({
  party,
  address: 'in this process',
  open: (listener) => openTo(party, listener),
  attend(listener) {
    attendants.set(party, listener);
    return attendTo(nodes.get(party) as StartedNode, listener);
  },
  health: async () => (nodes.get(party) as StartedNode).node.health(),
  cosign: () => Promise.reject(new Error('not here')),
  close: () => undefined,
});

beforeAll(async () => {
  house = await signerHouse(2, 2, { presignatures: { target: 2, batch: 1 } });
  for (const party of PARTIES) await start(party);
  const links = PARTIES.map(linkTo);
  cluster = trusting(attendedCluster(links, QUIET), house.trusted, links);
  await createWallet(cluster, { keyId, organization, wallet });
});

afterAll(async () => {
  cluster.close();
  for (const end of hanging) end();
  for (const node of [...nodes.values(), ...fallen]) await node.stop();
  await house.remove();
});

let requests = 0;

async function sign(): Promise<void> {
  const intent = paymentIntent({ externalId: `matrix-${(requests += 1)}` });
  const { signatures } = await cluster.sign({ keyId, mandate: requestFor(intent) });
  const [signature] = signatures;
  if (signature === undefined || !('r' in signature)) throw new Error('no signature');
  const nonce = hex(signature.r);
  expect(nonces.has(nonce)).toBe(false);
  nonces.add(nonce);
}

const freshOf = (party: PartyId): number =>
  (nodes.get(party) as StartedNode).node.health().presignatures.fresh;

const isFull = () => PARTIES.every((party) => freshOf(party) === 2);

/** Nodes ask for presignatures when they sign, so that each attempt is a signature. */
async function fill(): Promise<void> {
  for (let attempt = 0; attempt < 30 && !isFull(); attempt++) {
    await sign();
    await vi.waitUntil(isFull, { timeout: 1_500, interval: 5 }).catch(() => undefined);
  }
  expect(isFull()).toBe(true);
}

test.each(chosen)(
  'node $party dies $moment $what $number of a $purpose: nothing is used twice, ten signatures follow',
  async (cell) => {
    await fill();
    armed = cell;
    const life = lives.get(cell.party) as Life;
    for (let attempt = 0; attempt < 10 && !life.isOver; attempt++) {
      await sign().catch(() => undefined);
      await vi
        .waitUntil(() => life.isOver || freshOf(1) > 1, { timeout: 3_000, interval: 5 })
        .catch(() => undefined);
    }
    expect(life.isOver).toBe(true);
    fallen.push(nodes.get(cell.party) as StartedNode);
    await start(cell.party);
    expect(freshOf(cell.party)).toBe(0);
    for (let signature = 0; signature < GOOD_SIGNATURES; signature++) await sign();
    expect(reused).toEqual([]);
  },
);
