import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { Scheme } from '#core/scheme.ts';
import type { Incoming, PartyId, Received } from '#signing/kernel.ts';
import type { Due } from './patience.ts';
import { StartRefused } from './sealing.ts';
import type { Running, Tasks } from './tasks.ts';
import { THREAD_FILE } from './thread-file.ts';
import { STEP_MS_MAX, type Threads, openThreads } from './threads.ts';

const PARTIES: readonly PartyId[] = [1, 2];
const COUNT = 2;
const scheme: Scheme = 'ecdsa-secp256k1';

let threads: Threads;
/** All that were ever started, oldest first. */
const workers: Worker[] = [];
const losses: Error[] = [];

beforeAll(async () => {
  threads = await openThreads({
    count: COUNT,
    onLost: (reason) => losses.push(reason),
    start() {
      const worker = new Worker(new URL('./thread.ts', import.meta.url));
      workers.push(worker);
      return worker;
    },
  });
});

afterAll(() => threads.stop());

beforeEach(() => {
  losses.length = 0;
  expect(threads.running).toBe(0);
});

const context = new Uint8Array(32).fill(5);
const ceremonyOf = (me: PartyId) => ({ me, parties: PARTIES, context });

/** Runs a task of each party to its end, and hands their messages around. */
async function together<O>(taskOf: (me: PartyId) => Running<O>): Promise<ReadonlyMap<PartyId, O>> {
  const tasks = new Map(PARTIES.map((party) => [party, taskOf(party)]));
  const outputs = new Map<PartyId, O>();
  let inboxes: ReadonlyMap<PartyId, Incoming | undefined> = new Map();
  while (outputs.size < tasks.size) {
    const said = new Map<PartyId, Map<PartyId, Received>>(PARTIES.map((to) => [to, new Map()]));
    for (const [from, task] of tasks) {
      const incoming = inboxes.get(from);
      const step = await (incoming === undefined ? task.next() : task.next(incoming));
      if (step.done === true) {
        outputs.set(from, step.value);
        continue;
      }
      const { broadcast, direct } = step.value;
      for (const to of PARTIES.filter((party) => party !== from)) {
        const own = direct?.get(to);
        said.get(to)?.set(from, {
          ...(broadcast === undefined ? {} : { broadcast }),
          ...(own === undefined ? {} : { direct: own }),
        });
      }
    }
    inboxes = said;
  }
  return outputs;
}

const makeKey = () =>
  together((me) => threads.perform('keygen', { ...ceremonyOf(me), scheme, threshold: 2 }));

test('threads make a key, a presignature and signatures, and keep no task', async () => {
  const keys = await makeKey();
  const pairs = await together((me) =>
    threads.perform('setUpPairs', { ...ceremonyOf(me), hedge: Uint8Array.of(me) }),
  );
  const secretsOf = (me: PartyId) => ({
    ...ceremonyOf(me),
    scheme,
    share: (keys.get(me) as Tasks['keygen']['makes']).share,
    pairs: pairs.get(me)?.pairs ?? new Map(),
  });
  const made = await together((me) => threads.perform('presign', secretsOf(me)));
  expect(made.get(1)?.id).toEqual(made.get(2)?.id);
  const payload = { digest: new Uint8Array(32).fill(9) };
  const online = await together((me) => {
    const presignature = made.get(me)?.secret ?? new Uint8Array();
    return threads.perform('online', { scheme, presignature, payload, tweak: 3n });
  });
  expect(online.get(1)).toEqual(online.get(2));
  const whole = await together((me) =>
    threads.perform('sign', { ...secretsOf(me), payload, tweak: 0n }),
  );
  expect(whole.get(1)).toEqual(whole.get(2));
});

test('what the asker hands over stays its own', async () => {
  const keys = await makeKey();
  const share = keys.get(1)?.share as Uint8Array;
  const before = hex(share);
  const task = threads.perform('refresh', { scheme, context, share });
  await task.next();
  expect(hex(share)).toBe(before);
  task.end();
});

test('a failed check comes back with its class, its name and its culprit', async () => {
  const task = threads.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 });
  await task.next();
  const garbage = new Map([[2, { broadcast: Uint8Array.of(1, 2, 3) }]]);
  await expect(task.next(garbage)).rejects.toMatchObject({
    name: 'ProtocolAbort',
    kind: 'cheat',
    check: 'MALFORMED_MESSAGE',
    culprits: [2],
  });
});

test('a bug in a task is nobody’s fault and ends that task alone', async () => {
  const share = Uint8Array.of(1);
  const broken = threads.perform('refresh', { scheme, context, share });
  await expect(broken.next()).rejects.toThrow(RangeError);
  expect((await makeKey()).size).toBe(PARTIES.length);
  expect(losses).toEqual([]);
});

test('a task that nobody wants any more leaves its thread', async () => {
  const task = threads.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 });
  await task.next();
  expect(threads.running).toBe(1);
  task.end();
  expect(threads.running).toBe(0);
  task.end();
  await expect(task.next(new Map())).rejects.toMatchObject({ kind: 'benign' });
});

test('tasks are spread over the threads', async () => {
  const tasks = Array.from({ length: 2 * COUNT }, () =>
    threads.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 }),
  );
  await Promise.all(tasks.map(async (task) => task.next()));
  expect(threads.running).toBe(2 * COUNT);
  const [first] = workers.slice(-COUNT);
  await first?.terminate();
  expect(threads.running).toBe(COUNT);
  for (const task of tasks) task.end();
});

test('a thread that dies ends its tasks without an accusation, and another takes its place', async () => {
  expect((await makeKey()).size).toBe(PARTIES.length);
  const before = workers.length;
  const waiting = threads.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 });
  await waiting.next();
  const asked = [1, 2, 3, 4].map(async (me) =>
    threads
      .perform('setUpPairs', { me, parties: [1, 2, 3, 4], context, hedge: Uint8Array.of(me) })
      .next(),
  );
  const ends = Promise.allSettled(asked);
  await Promise.all(workers.slice(-COUNT).map((worker) => worker.terminate()));
  const lost = { kind: 'benign', check: 'THREAD_LOST', culprits: [] };
  for (const end of await ends) {
    if (end.status === 'rejected') expect(end.reason).toMatchObject(lost);
  }
  await expect(waiting.next(new Map())).rejects.toMatchObject(lost);
  expect(threads.running).toBe(0);
  expect(losses).toHaveLength(COUNT);
  expect((await makeKey()).size).toBe(PARTIES.length);
  expect(workers.length).toBe(before + COUNT);
});

/** A clock that stands still until a test lets the time of all that waits pass. */
function standingClock() {
  const waiting = new Set<() => void>();
  const due: Due = (ms, then) => {
    expect(ms).toBe(STEP_MS_MAX / 2);
    waiting.add(then);
    return () => void waiting.delete(then);
  };
  const passHalf = (): void => {
    const over = [...waiting];
    waiting.clear();
    for (const then of over) then();
  };
  return { due, waiting, passHalf };
}

/** It says that it is there, and computes at its first step for ever. */
const HANGING = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  parentPort.postMessage({ type: 'ready' });
`;

const startHanging = () => new Worker(HANGING, { eval: true });

test('a thread that hangs ends its tasks without an accusation, and another takes its place', async () => {
  const clock = standingClock();
  const reasons: Error[] = [];
  const started: Worker[] = [];
  const some = await openThreads({
    count: 1,
    onLost: (reason) => reasons.push(reason),
    due: clock.due,
    start() {
      const isFirst = started.length === 0;
      started.push(isFirst ? startHanging() : new Worker(THREAD_FILE));
      return started.at(-1) as Worker;
    },
  });
  const begin = (): Promise<unknown> => {
    const task = some.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 });
    return Promise.resolve(task.next()).finally(() => task.end());
  };
  const tasks = Promise.allSettled([begin(), begin()]);
  clock.passHalf();
  expect(reasons).toEqual([]);
  clock.passHalf();
  expect(reasons).toEqual([new Error(`no answer for ${STEP_MS_MAX} ms`)]);
  for (const end of await tasks) {
    const hung = { kind: 'benign', check: 'THREAD_HUNG', culprits: [] };
    expect(end).toMatchObject({ status: 'rejected', reason: hung });
  }
  expect(some.running).toBe(0);
  await begin();
  expect(started).toHaveLength(2);
  expect(reasons).toHaveLength(1);
  expect(clock.waiting.size).toBe(0);
  await some.stop();
});

test('a thread that hangs at a step that nobody waits for any more is found out as well', async () => {
  const clock = standingClock();
  const reasons: Error[] = [];
  const onLost = (reason: Error) => reasons.push(reason);
  const some = await openThreads({ count: 1, onLost, due: clock.due, start: startHanging });
  const task = some.perform('keygen', { ...ceremonyOf(1), scheme, threshold: 2 });
  void task.next();
  task.end();
  expect(some.running).toBe(0);
  clock.passHalf();
  clock.passHalf();
  expect(reasons).toHaveLength(1);
  await some.stop();
});

const startSilent = () => new Worker('setInterval(() => undefined, 1e9)', { eval: true });

test('a thread that never says that it is there stops the start', async () => {
  const clock = standingClock();
  const opening = openThreads({
    count: 1,
    onLost: () => undefined,
    due: clock.due,
    start: startSilent,
  });
  clock.passHalf();
  clock.passHalf();
  await expect(opening).rejects.toThrow(/no answer/);
});

const startBroken = () => new Worker('throw new Error("no room")', { eval: true });

test('threads that do not come up stop the start', async () => {
  const opening = openThreads({ count: 1, onLost: () => undefined, start: startBroken });
  await expect(opening).rejects.toThrow(StartRefused);
  await expect(opening).rejects.toThrow(/no room/);
});
