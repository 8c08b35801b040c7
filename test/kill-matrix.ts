/**
 * `kill -9` of each process while there is a payment in each state. One round has six payments, each
 * of a wallet of its own: four are held in their state for certain, and two requests are acknowledged
 * just before the kill. Then everything is let go, the process is started again, and each payment
 * must end CONFIRMED with one transaction on the chain and one entry a step.
 *
 * `npm test` plays one round for each kind of process, in different circumstances; `npm run matrix`
 * plays every process in all of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CreateTransferInput, Wallet } from '#sdk/types.ts';
import type { Company } from './company.ts';
import {
  BROADCAST_PLACES,
  type BroadcastPlace,
  holdBroadcast,
  holdQueued,
  holdSigning,
  type Obstacle,
  QUEUED_PLACES,
  type QueuedPlace,
} from './obstacles.ts';
import {
  approve,
  type Books,
  LARGE,
  openBooks,
  order,
  type Payment,
  requireNoGap,
  requireNothingElse,
  requireOnePayment,
  send,
  SMALL,
} from './payments.ts';
import type { System } from './system.ts';

/** Where the payments of a round are when the process is killed. */
const MOMENTS = [
  'right after createTransfer',
  'in PENDING_APPROVAL',
  'right after decideApproval',
  'in QUEUED',
  'in SIGNING',
  'in BROADCAST',
] as const;
type Moment = (typeof MOMENTS)[number];

const PROCESSES = ['gateway', 'worker', 'signer-1', 'signer-2', 'signer-3', 'postgres'] as const;
const PAIRS = [
  [1, 2],
  [2, 3],
  [1, 3],
] as const;
const ANSWERS = ['acknowledged', 'done, and the answer lost'] as const;

type Circumstances = {
  readonly killed: (typeof PROCESSES)[number];
  readonly queued: QueuedPlace;
  /** The nodes that stand still in the middle of their sessions. */
  readonly frozen: (typeof PAIRS)[number];
  readonly broadcast: BroadcastPlace;
  /** What people have learned of their requests. */
  readonly requests: (typeof ANSWERS)[number];
};

const circumstances = (
  killed: Circumstances['killed'],
  [queued, frozen, broadcast, requests]: readonly [number, number, number, number],
): Circumstances => ({
  killed,
  queued: QUEUED_PLACES[queued % 3] as QueuedPlace,
  frozen: PAIRS[frozen % 3] as Circumstances['frozen'],
  broadcast: BROADCAST_PLACES[broadcast % 3] as BroadcastPlace,
  requests: ANSWERS[requests % 2] as Circumstances['requests'],
});

const SHORT: readonly Circumstances[] = [
  circumstances('gateway', [0, 0, 2, 1]),
  circumstances('worker', [1, 1, 1, 0]),
  circumstances('signer-2', [2, 0, 0, 0]),
  circumstances('postgres', [0, 2, 1, 0]),
];

/** Every process in every place, in every pair of nodes, and with either answer. */
const FULL: readonly Circumstances[] = PROCESSES.flatMap((killed, index) =>
  [0, 1, 2].map((place) => circumstances(killed, [place, place + index, place + index, place])),
);

const ROUNDS = process.env['MATRIX'] === 'full' ? FULL : SHORT;

type Scene = Books & { readonly wallets: Readonly<Record<Moment, Wallet>> };

async function openScene(system: System, company: Company): Promise<Scene> {
  const opened: [Moment, Wallet][] = [];
  for (const moment of MOMENTS) opened.push([moment, await company.openWallet(moment)]);
  const wallets = Object.fromEntries(opened) as Record<Moment, Wallet>;
  return { ...openBooks(system, company), wallets };
}

/** A held payment is where it is said to be. */
async function requireState({ company }: Scene, payment: Payment, state: string): Promise<void> {
  const transfer = await company.alice.client.transfer(payment.transfer);
  expect([payment.transfer, transfer.state]).toEqual([payment.transfer, state]);
}

type Held = Omit<Record<Moment, Payment>, 'right after createTransfer'>;

/** Brings five payments where they are to be, from the last state to the first. */
async function holdPayments(
  scene: Scene,
  { frozen, queued, broadcast }: Circumstances,
  obstacles: Obstacle[],
): Promise<Held> {
  const { system, wallets, diary } = scene;
  const put = <O extends Obstacle>(obstacle: O): O => {
    obstacles.push(obstacle);
    return obstacle;
  };
  const paySmall = (wallet: Wallet) => send(scene, wallet, order(scene, wallet, SMALL));
  const payLarge = (wallet: Wallet) => send(scene, wallet, order(scene, wallet, LARGE));

  const sending = put(await holdBroadcast(system, wallets['in BROADCAST'], broadcast));
  const inBroadcast = await paySmall(wallets['in BROADCAST']);
  await sending.reached;
  put(await holdSigning(system, frozen));
  const inSigning = await paySmall(wallets['in SIGNING']);
  await diary.told(inSigning.transfer, ({ state }) => state === 'SIGNING');
  const isBehind = queued === 'behind another payment of its wallet';
  const queue = isBehind ? wallets['in SIGNING'] : wallets['in QUEUED'];
  const drafting = put(holdQueued(system, queue, queued));
  const inQueued = await paySmall(queue);
  await drafting.reached;
  const held = {
    'in BROADCAST': inBroadcast,
    'in SIGNING': inSigning,
    'in QUEUED': inQueued,
    'in PENDING_APPROVAL': await payLarge(wallets['in PENDING_APPROVAL']),
    'right after decideApproval': await payLarge(wallets['right after decideApproval']),
  };
  for (const state of ['BROADCAST', 'SIGNING', 'QUEUED', 'PENDING_APPROVAL'] as const) {
    await requireState(scene, held[`in ${state}`], state);
  }
  return held;
}

const noConnection = { code: 'NO_CONNECTION' };

/** Alice creates and Bob approves; resolves when both were done. */
async function request(
  scene: Scene,
  input: CreateTransferInput,
  undecided: Payment,
  requests: Circumstances['requests'],
): Promise<void> {
  const { alice, bob } = scene.company;
  const act = () =>
    [alice.client.createTransfer(input), approve(scene, undecided)] as readonly Promise<unknown>[];
  if (requests === 'acknowledged') {
    await Promise.all(act());
    return;
  }
  alice.line.loseNextAnswer('createTransfer');
  bob.line.loseNextAnswer('decideApproval');
  await Promise.all(act().map((each) => expect(each).rejects.toMatchObject(noConnection)));
}

async function playRound(
  scene: Scene,
  circumstances: Circumstances,
): Promise<Record<Moment, Payment>> {
  const { system, wallets } = scene;
  const { killed, requests } = circumstances;
  const obstacles: Obstacle[] = [];
  const liftAll = () => Promise.all(obstacles.map((obstacle) => obstacle.lift()));
  try {
    const held = await holdPayments(scene, circumstances, obstacles);
    const wallet = wallets['right after createTransfer'];
    const input = order(scene, wallet, SMALL);
    const undecided = held['right after decideApproval'];
    await request(scene, input, undecided, requests);
    await system.platform.kill(killed);
    // The others go on while the killed one is away.
    await liftAll();
    await system.platform.ensureRunning(killed);
    await system.ready();
    // Whoever got no answer asks again. Whoever got one asks again too, and changes nothing by it.
    const created = await send(scene, wallet, input);
    await expect(approve(scene, undecided)).rejects.toMatchObject({ code: 'APPROVAL_DUPLICATE' });
    await approve(scene, held['in PENDING_APPROVAL']);
    return { ...held, 'right after createTransfer': created };
  } finally {
    await liftAll();
  }
}

export function killMatrix(system: () => System, company: () => Company): void {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(system(), company());
  });
  afterAll(() => scene?.diary.close());

  describe.each(ROUNDS)(
    'of $killed (QUEUED: $queued; nodes $frozen frozen; BROADCAST: $broadcast; requests $requests)',
    (circumstances) => {
      let payments: Record<Moment, Payment>;
      beforeAll(async () => {
        payments = await playRound(scene, circumstances);
      });

      test.each(MOMENTS)('%s: one payment, and one entry and event a step', async (moment) => {
        await requireOnePayment(scene, payments[moment]);
      });

      test('no account has sent anything else', async () => {
        await requireNothingElse(scene);
      });
    },
  );

  test('the events and the audit entries of all rounds have no gap and no double', async () => {
    await requireNoGap(scene);
  });
}
