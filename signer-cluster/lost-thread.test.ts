import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attendedCluster } from '#cluster-client/cluster.ts';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import type { PartyId } from '#signing/kernel.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { type SignerHouse, createWallet, signerHouse } from '#testing/signers.ts';
import { trusting } from '#testing/trusted-cluster.ts';
import { readConfig } from './config.ts';
import { PROTOCOLS } from './schemes.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type StartedNode, startNode } from './start-node.ts';
import { type Threads, openThreads } from './threads.ts';

const QUIET = { info: () => undefined, warn: () => undefined, bug: () => undefined };
const PARTIES: readonly PartyId[] = [1, 2];
const TARGET = 2;
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let house: SignerHouse;
let threads: Threads;
let cluster: SignerCluster;
const nodes: StartedNode[] = [];
/** The first party's, oldest first. */
const workers: Worker[] = [];
let losses = 0;
/** Before which message that it hears in a signing the first party loses its threads. */
let due: { readonly isPooled: boolean; readonly message: number } | undefined;

/** The first party's link, which holds that message back until the threads are dead. */
const withLoss = (link: SignerLink): SignerLink => ({
  ...link,
  open(listener) {
    const stream = link.open(listener);
    let heard = Number.NaN;
    let isPooled = false;
    return {
      ...stream,
      send(frame) {
        if (frame.type === 'deliver') heard += 1;
        if (frame.type === 'open' && frame.content.purpose === 'sign') {
          heard = 0;
          isPooled = frame.content.presignatures.length > 0;
        }
        if (due?.isPooled !== isPooled || due.message !== heard) return stream.send(frame);
        due = undefined;
        const dead = workers.splice(0).map((worker) => worker.terminate());
        void Promise.all(dead).then(() => stream.send(frame));
      },
    };
  },
});

beforeAll(async () => {
  house = await signerHouse(2, 2, { presignatures: { target: TARGET, batch: TARGET } });
  threads = await openThreads({
    count: 2,
    onLost: () => (losses += 1),
    start() {
      const worker = new Worker(new URL('./thread.ts', import.meta.url));
      workers.push(worker);
      return worker;
    },
  });
  const credentials = clientCredentials(house.tls);
  const links: SignerLink[] = [];
  for (const party of PARTIES) {
    const config = await readConfig(house.config(party));
    const sealingKey = sealingKeySource(config);
    const parts = { protocols: PROTOCOLS, sealingKey, log: QUIET };
    const node = await startNode(config, party === 1 ? { ...parts, threads } : parts);
    nodes.push(node);
    links.push(grpcLink(party, `127.0.0.1:${node.port}`, credentials));
  }
  const [first, ...others] = links as [SignerLink, ...SignerLink[]];
  const all = [withLoss(first), ...others];
  cluster = trusting(attendedCluster(all, QUIET), house.trusted, links);
  await createWallet(cluster, { keyId, organization, wallet });
});

afterAll(async () => {
  cluster.close();
  await Promise.all(nodes.map((node) => node.stop()));
  await threads.stop();
  await house.remove();
});

let requests = 0;

async function sign(): Promise<void> {
  const intent = paymentIntent({ externalId: `lost-thread-${(requests += 1)}` });
  await cluster.sign({ keyId, mandate: requestFor(intent) });
}

const figures = () => nodes.map(({ node }) => node.health().presignatures);
const isIdle = () => nodes.every(({ node }) => node.running === 0) && threads.running === 0;

/** Nothing is reserved for ever, and whatever was made is there or burnt. */
function requireAllAccountedFor(): void {
  for (const { made, burnt, fresh, reserved } of figures()) {
    expect(reserved).toBe(0);
    expect(made - burnt).toBe(fresh);
  }
}

test('a thread that dies in the middle of a signature ends that one; the next is made', async () => {
  const before = losses;
  // Hello, nonce, request: the thread would look at the peer's request next.
  due = { isPooled: false, message: 3 };
  await expect(sign()).rejects.toMatchObject({ code: 'SIGNERS_UNAVAILABLE' });
  await expect.poll(() => losses).toBe(before + 2);
  await sign();
  await expect.poll(isIdle).toBe(true);
});

test('a presignature that died with its thread is burnt, and the same request is signed anew', async () => {
  const before = figures().map(({ burnt }) => burnt);
  const lostBefore = losses;
  // The first of the two rounds of a signature from the pool, which is filled by and by.
  due = { isPooled: true, message: 1 };
  await expect.poll(() => sign().then(() => due)).toBeUndefined();
  await expect.poll(() => losses).toBe(lostBefore + 2);
  await expect.poll(isIdle).toBe(true);
  requireAllAccountedFor();
  figures().forEach(({ burnt }, at) => expect(burnt).toBeGreaterThan(before[at] ?? 0));
});

/** What lasts: timers, immediates and reads of a file come and go with whoever polls. */
const handles = () =>
  process.getActiveResourcesInfo().filter((kind) => !/^(?:Timeout|Immediate|FSReq)/.test(kind));

test('sessions leave neither a task nor a handle behind', async () => {
  await Promise.all(Array.from({ length: 6 }, sign));
  await expect.poll(isIdle).toBe(true);
  const before = handles();
  for (let turn = 0; turn < 2; turn++) await Promise.all(Array.from({ length: 6 }, sign));
  await expect.poll(isIdle).toBe(true);
  await expect.poll(handles).toEqual(before);
  requireAllAccountedFor();
});
