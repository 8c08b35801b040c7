/**
 * One life of a platform, drawn from a seed: people pay, everything fails that may fail, an adversary
 * asks for more (the safety phase); then all is well again, and everything must come to its end (the
 * liveness phase). What must be true is looked at after every event.
 */
import { isFinal } from '#core/transfer-state.ts';
import { isPlatformError } from '#core/errors.ts';
import type { Shape } from '#mandate/quorum.ts';
import { adversaryOf } from './adversary.ts';
import { Chain } from './chain.ts';
import { type NodeSetting, SignerNode } from './node.ts';
import { observe, type Observer } from './observer.ts';
import { Platform } from './platform.ts';
import { Random } from './random.ts';
import type { Intent, PlantedBug } from './shapes.ts';
import { Process, World } from './world.ts';
import { type Overheard, Worker } from './worker.ts';

export type Life = {
  readonly seed: number;
  readonly breaks: readonly string[];
  readonly events: number;
  readonly signatures: number;
  readonly confirmed: number;
};

const SHAPES: readonly Shape[] = [
  { threshold: 2, members: 3 },
  { threshold: 3, members: 5 },
  { threshold: 2, members: 4 },
];
const WALLETS = ['wallet-a', 'wallet-b'];
const PAYMENTS = 6;
const SAFETY_MS = 40_000;
const LIVENESS_MS = 600_000;
const ASK_AGAIN_MS = 1_500;
const BLOCK_MS = 500;
const INTENT_MS = 120_000;

type Stage = {
  readonly world: World;
  readonly observer: Observer;
  readonly platform: Platform;
  readonly worker: Worker;
  readonly nodes: readonly SignerNode[];
  readonly chain: Chain;
  /** What people were told exists. */
  readonly acknowledged: Set<string>;
  isHealed: boolean;
};

/** @param planted a bug that the invariants must notice */
export function simulate(seed: number, planted?: PlantedBug): Life {
  const random = new Random(seed);
  const faults = {
    lossPercent: random.pick([0, 2, 10, 25]),
    doublePercent: random.pick([0, 5, 20]),
    delayMaxMs: random.pick([20, 200, 1_500]),
  };
  const world = new World(random, faults);
  const shape = random.pick(SHAPES);
  const corrupted = random.below(shape.threshold);
  const observer = observe(shape, corrupted);
  const setting: NodeSetting = { world, shape, observer, planted };
  const nodes = Array.from({ length: shape.members }, (_, at) => new SignerNode(at + 1, setting));
  const chain = new Chain();
  const platform = new Platform(world, observer, planted);
  const overheard: Overheard = { receipts: [], confirmations: [] };
  const worker = new Worker(setting, { platform, nodes, chain, overheard });
  const acknowledged = new Set<string>();
  const stage: Stage = {
    world,
    observer,
    platform,
    worker,
    nodes,
    chain,
    acknowledged,
    isHealed: false,
  };
  worker.start();
  mineBlocks(stage);
  for (let number = 0; number < PAYMENTS; number += 1) orderPayment(stage, number);
  if (corrupted > 0) {
    const honest = nodes.slice(corrupted);
    const liars = nodes.slice(0, corrupted).map(({ party }) => party);
    const wallet = random.pick(WALLETS);
    attack(stage, adversaryOf(setting, { honest, corrupted: liars, wallet, overheard }));
  }
  breakThings(stage);
  run(stage, SAFETY_MS);
  heal(stage);
  run(stage, SAFETY_MS + LIVENESS_MS);
  requireEnd(stage);
  const states = [...platform.rows.values()].map(({ state }) => state);
  return {
    seed,
    breaks: observer.breaks,
    events: world.happened,
    signatures: observer.signatures(),
    confirmed: states.filter((state) => state === 'CONFIRMED').length,
  };
}

/** Up to the moment, or the first break, or the end of all that people wait for. */
function run(stage: Stage, until: number): void {
  const { world, observer, chain, platform } = stage;
  let seen = -1;
  while (observer.breaks.length === 0 && !(stage.isHealed && isAtRest(stage))) {
    if (!world.step(until)) return;
    const version = chain.version + platform.version;
    if (version !== seen) checkChain(stage);
    seen = version;
  }
}

function isAtRest({ platform, acknowledged }: Stage): boolean {
  const rows = [...platform.rows.values()];
  return acknowledged.size === PAYMENTS && rows.every(({ state }) => isFinal(state));
}

/** A person orders a payment, and asks again until there is an answer; another one votes. */
function orderPayment(stage: Stage, number: number): void {
  const { world, platform, acknowledged } = stage;
  const { random } = world;
  const person = new Process(`person-${number}`);
  const intent: Intent = {
    id: `payment-${number}`,
    wallet: random.pick(WALLETS),
    units: random.pick([40, 90, 140, 300, 450]),
    initiator: 'alice',
    created: number,
    expires: INTENT_MS,
  };
  const ask = (): void => {
    if (acknowledged.has(intent.id)) return;
    world.ask(
      person,
      platform.gateway,
      () => platform.createTransfer(intent, intent.id),
      (answer) => {
        if (isPlatformError(answer) || acknowledged.has(intent.id)) return;
        acknowledged.add(intent.id);
        vote(stage, person, answer);
      },
    );
    world.after(ASK_AGAIN_MS, ask);
  };
  world.after(random.below(SAFETY_MS / 2), ask);
}

/** Each may vote, more than once, for or against; somebody may withdraw the payment. */
function vote({ world, platform }: Stage, asker: Process, id: string): void {
  const { random } = world;
  for (const person of ['alice', 'bob', 'ben', 'dora', 'mallory']) {
    if (!random.percent(80)) continue;
    const decision = random.percent(5) ? 'REJECT' : 'APPROVE';
    const cast = () =>
      world.ask(
        asker,
        platform.gateway,
        () => platform.decideApproval(id, { person, decision }),
        () => undefined,
      );
    world.after(random.below(5_000), cast);
    world.after(random.below(20_000), cast);
  }
  if (!random.percent(10)) return;
  const cancel = () =>
    world.ask(
      asker,
      platform.gateway,
      () => platform.cancelTransfer(id),
      () => undefined,
    );
  world.after(random.below(10_000), cancel);
}

function mineBlocks({ world, chain }: Stage): void {
  chain.mine();
  world.after(BLOCK_MS, () => mineBlocks({ world, chain } as Stage));
}

function attack(stage: Stage, adversary: { act(): void }): void {
  if (stage.isHealed) return;
  adversary.act();
  stage.world.after(stage.world.random.between(50, 600), () => attack(stage, adversary));
}

/** Processes die and come back, clocks jump, branches of the chain are given up. */
function breakThings(stage: Stage): void {
  const { world, platform, worker, nodes, chain } = stage;
  const { random } = world;
  if (stage.isHealed) return;
  const down = random.between(100, 4_000);
  const kind = random.below(8);
  const node = random.pick(nodes);
  if (kind === 0) crash(stage, platform.gateway, down, () => platform.gateway.start());
  if (kind === 1) crash(stage, platform.database, down, () => platform.database.start());
  if (kind === 2) crash(stage, worker.process, down, () => worker.start());
  if (kind === 3 || kind === 4) crash(stage, node.process, down, () => node.start());
  if (kind === 5) {
    const { process } = random.pick([worker, ...nodes]);
    process.clockOffMs = random.pick([-3_600_000, -30_000, 0, 0, 30_000, 3_600_000]);
  }
  if (kind === 6) chain.reorganise(random.between(1, Chain.DEPTH - 1));
  if (kind === 7) chain.dropPool();
  world.after(random.between(200, 3_000), () => breakThings(stage));
}

function crash({ world }: Stage, process: Process, downMs: number, start: () => void): void {
  if (!process.isUp) return;
  process.crash();
  world.after(downMs, () => {
    if (!process.isUp) start();
  });
}

/** From here on nothing fails. */
function heal(stage: Stage): void {
  const { world, platform, worker, nodes } = stage;
  stage.isHealed = true;
  world.heal();
  for (const { process } of [worker, ...nodes]) process.clockOffMs = 0;
  for (const process of [platform.gateway, platform.database]) process.start();
  for (const node of nodes) node.start();
  if (!worker.process.isUp) worker.start();
}

/** I2 and the depth of what is called CONFIRMED, on the chain itself. */
function checkChain({ chain, platform, observer }: Stage): void {
  const paid = new Map<string, number>();
  for (const { digest } of chain.all()) {
    const [id = ''] = digest.replace("'", '').split('#');
    paid.set(id, (paid.get(id) ?? 0) + 1);
    if (paid.get(id) === 2) observer.report(`I2: ${id} is paid twice on the chain`);
  }
  for (const { state, signed = '', intent } of platform.rows.values()) {
    if (state !== 'CONFIRMED' || chain.confirmations(signed) > 0) continue;
    observer.report(`false CONFIRMED: no block holds ${intent.id}`);
  }
}

/** I3: everything that people were told of has come to its end. */
function requireEnd({ platform, acknowledged, observer }: Stage): void {
  if (observer.breaks.length > 0) return;
  if (acknowledged.size < PAYMENTS) observer.report('I3: somebody never got an answer');
  for (const id of acknowledged) {
    const row = platform.rows.get(id);
    if (row === undefined) observer.report(`I3: ${id} was acknowledged, and is lost`);
    else if (!isFinal(row.state)) observer.report(`I3: ${id} is stuck in ${row.state}`);
  }
}
