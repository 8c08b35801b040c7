import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { mandateFields } from '#cluster-client/request.ts';
import type { Bytes } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import {
  BASE_TRANSFERS,
  SEED_BYTES,
  decodePairSecrets,
  encodePairSecrets,
} from '#signing/pair-secrets.ts';
import { flipBit } from '#signing/simulator.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { createWallet, type SignerHouse, signerHouse } from '#testing/signers.ts';
import { agreementOf, clusterOver, housed, logged } from '#testing/trusted-cluster.ts';
import { readConfig } from './config.ts';
import { dkls } from './dkls.ts';
import type { Receiver } from './node.ts';
import { type Frame, type Refusal, decodeFrame, encodeFrame } from './proto/frames.ts';
import type { Protocols } from './protocols.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type StartParts, type StartedNode, startNode } from './start-node.ts';
import { type Perform, performHere } from './tasks.ts';
import { openThreads } from './threads.ts';

/**
 * Party 2 and the relay are corrupted. Each session probes one bit of the honest party's correlation:
 * the check passes exactly where the bit is 0, so every verdict that leaves it tells one.
 */
const SESSIONS = 24;
const QUIET = { info: () => undefined, warn: () => undefined, bug: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let house: SignerHouse;
let honest: StartedNode;
let corrupted: StartedNode;
let links: readonly SignerLink[];
let probes = 0;

/** The seed that the honest party knows where its bit is 1, changed for one base transfer. */
function withProbe(pair: Bytes, column: number): Bytes {
  const secrets = decodePairSecrets(pair);
  const bit = 8 * SEED_BYTES * (BASE_TRANSFERS + column);
  return encodePairSecrets({
    ...secrets,
    asReceiver: { seeds: flipBit(secrets.asReceiver.seeds, bit) },
  });
}

const probing: Protocols = {
  ...PROTOCOLS,
  schemes: {
    'ecdsa-secp256k1': {
      ...dkls,
      sign(ceremony) {
        const column = probes++ % BASE_TRANSFERS;
        const pairs = [...ceremony.pairs].map(
          ([peer, pair]) => [peer, withProbe(pair, column)] as const,
        );
        return dkls.sign({ ...ceremony, pairs: new Map(pairs) });
      },
    },
  },
};

async function start(party: number, parts: Partial<StartParts>): Promise<StartedNode> {
  const config = await readConfig(house.config(party));
  const sealingKey = sealingKeySource(config);
  return startNode(config, { protocols: PROTOCOLS, sealingKey, log: QUIET, ...parts });
}

/** The honest party computes in these threads, or by itself. */
async function begin(threads: Partial<StartParts>): Promise<void> {
  house = await signerHouse(2, 2);
  honest = await start(1, threads);
  corrupted = await start(2, { protocols: probing });
  const credentials = clientCredentials(house.tls);
  links = [honest, corrupted].map(({ port }, index) =>
    housed(grpcLink(index + 1, `127.0.0.1:${port}`, credentials), house.trusted),
  );
  await createWallet(clusterOver(links, QUIET), { keyId, organization, wallet });
  await house.trusted.stand(links);
}

afterEach(async () => {
  for (const link of links) link.close();
  await Promise.all([honest.stop(), corrupted.stop()]);
  await house.remove();
});

type Probe = {
  /** Hands the probe to the honest party. */
  readonly release: () => void;
  /** What it said: `answered`, or why it refused. */
  readonly verdict: Promise<string>;
};

/** Hello, nonce, request; the next one is Alice's answer. */
const REQUEST = 3;
const ANSWER = 4;

function deliver(to: Receiver | undefined, party: number, frame: Frame): void {
  if (frame.type === 'post') to?.frame(encodeFrame({ ...frame, type: 'deliver', party }));
}

/** Opens a session and holds back the corrupted party's request. */
async function openProbe(number: number): Promise<Probe> {
  const held = Promise.withResolvers<() => void>();
  const verdict = Promise.withResolvers<string>();
  const posts = { honest: 0, corrupted: 0 };
  const receivers: { honest?: Receiver; corrupted?: Receiver } = {};
  receivers.honest = honest.node.accept({
    send(bytes) {
      const frame = decodeFrame(bytes);
      if (frame.type === 'post' && (posts.honest += 1) === ANSWER) verdict.resolve('answered');
      if (frame.type === 'refused') verdict.resolve((frame.content satisfies Refusal).reason);
      deliver(receivers.corrupted, 1, frame);
    },
    end: () => receivers.corrupted?.closed(),
  });
  receivers.corrupted = corrupted.node.accept({
    send(bytes) {
      const frame = decodeFrame(bytes);
      const isProbe = frame.type === 'post' && (posts.corrupted += 1) === REQUEST;
      if (isProbe) held.resolve(() => deliver(receivers.honest, 2, frame));
      else deliver(receivers.honest, 2, frame);
    },
    end: () => undefined,
  });
  const intent = paymentIntent({ externalId: `probe-${number}` });
  const mandate = requestFor(intent);
  const acme = await house.trusted.organization(organization);
  const open = encodeFrame({
    type: 'open',
    content: {
      purpose: 'sign',
      keyId,
      signers: [1, 2],
      mandate: mandateFields(logged(mandate, house.trusted.notaries)),
      ...agreementOf(house.trusted.notaries, acme, { keyId, mandate }, house.trusted.starts),
      presignatures: [],
    },
  });
  receivers.honest.frame(open);
  receivers.corrupted.frame(open);
  return { release: await held.promise, verdict: verdict.promise };
}

async function requireOneFailureTold(): Promise<void> {
  const numbers = Array.from({ length: SESSIONS }, (_, number) => number);
  const opened = await Promise.all(numbers.map(openProbe));
  // In the order in which the honest party spoke: which session comes first is the scheduler's.
  const told: string[] = [];
  const verdicts = opened.map(({ verdict }) => verdict.then((text) => told.push(text)));
  for (const { release } of opened) release();
  await Promise.all(verdicts);
  const refused = told.filter((text) => text !== 'answered');
  expect(told.slice(-refused.length)).toEqual(refused);
  // The ban is in force before it is on disk: who asks meanwhile may hear of it first.
  const banned = 'party 2 broke the protocol (TRANSFER_CHECK)';
  expect(refused.toSorted()).toEqual(['TRANSFER_CHECK', ...refused.slice(1).map(() => banned)]);
}

test('of probes that arrive at one moment, nothing is told after the first failure', async () => {
  await begin({});
  await requireOneFailureTold();
});

test('nor where threads look at several of them at the same time', async () => {
  const threads = await openThreads({ count: 3, onLost: () => undefined });
  try {
    await begin({ threads });
    await requireOneFailureTold();
  } finally {
    await threads.stop();
  }
});

/** Everything that is due without the held checks has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test('an answer waits until the earlier checks of the peer are decided', async () => {
  const held: (() => void)[] = [];
  let isHolding = false;
  const here = performHere(PROTOCOLS, (size) => new Uint8Array(randomBytes(size)));
  const perform: Perform = (name, taken) => {
    const running = here(name, taken);
    return {
      ...running,
      async next(...incoming) {
        const { promise, resolve } = Promise.withResolvers<void>();
        if (isHolding) held.push(resolve);
        else resolve();
        await promise;
        return running.next(...incoming);
      },
    };
  };
  await begin({ threads: { perform } });
  const opened = await Promise.all([1, 2].map(openProbe));
  isHolding = true;
  const told: string[] = [];
  for (const { verdict } of opened) void verdict.then((text) => told.push(text));
  for (const { release } of opened) release();
  await expect.poll(() => held.length).toBe(2);
  const [first, second] = held;
  second?.();
  await settled();
  expect(told).toEqual([]);
  isHolding = false;
  first?.();
  await expect.poll(() => told.length).toBe(2);
});
