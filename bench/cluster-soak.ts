/**
 * Many signatures by a cluster of three real processes, several at once, from pools that are filled
 * meanwhile: none may be invalid, none may hang or fail, and no process may hold more at the end than
 * its rule allows. What each holds is counted at rest, after a garbage collection, several times.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { concat } from '#core/bytes.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import { type Held, lookInside } from '#testing/inside.ts';
import { type BenchWallet, type SignedPayment, clusterStage, walletOf } from './cluster-stage.ts';

export type SoakPlan = {
  /** What is signed before the first count: pools, compiled code, connections. */
  readonly warmUp: number;
  readonly counted: number;
  /** How often the nodes are looked into on the way; 10 where it is absent. */
  readonly pieces?: number;
  readonly limits?: NodeFile['limits'];
};

/** What the nodes held after so many signatures, by party. */
export type Mark = { readonly signed: number; readonly held: readonly Held[] };

export type Soak = {
  readonly signed: number;
  /** By a verifier that no part of the cluster uses. */
  readonly invalid: number;
  readonly failed: number;
  /** Neither signed nor failed in a minute. */
  readonly stuck: number;
  /** Milliseconds of each signature. */
  readonly ms: readonly number[];
  readonly seconds: number;
  /** Warm-up left out: the first is before the first counted signature. */
  readonly marks: readonly Mark[];
  /** How many presignatures the nodes made, each counted at each of its holders. */
  readonly presignatures: number;
};

const COMMITTEE = { count: 3, threshold: 2 };
const SETS = 3;
const AT_ONCE = 8;
const PIECES = 10;
const STUCK_MS = 60_000;
const REST_MS = 120_000;
const LOOK_MS = 250;
/** A node knows an intent until it has expired: so that this comes to an end in the soak too. */
const INTENT_LIFE_MS = 60_000;

/**
 * What a node may hold after the soak beyond what it held before it, and beyond its spends. It keeps the ids of
 * its last 65,536 sessions, about 150 bytes each, and intents that have not expired. Resident memory moves by
 * more than that while V8 and the allocator find their size.
 */
export const ALLOWED = { descriptors: 0, resources: 0, heapMb: 8, externalMb: 8, rssMb: 160 };

/**
 * A spend that is in writing is known for good, and so in a node's heap: its text, what a limit counts of it, its
 * place in the order that nodes compare, its stage (`signer-cluster/spends.ts`).
 */
export const SPEND_BYTES = 4_096;
const MEGABYTE = 2 ** 20;

type Tally = { signed: number; invalid: number; failed: number; stuck: number; ms: number[] };

const isValid = ({ publicKey }: BenchWallet, { digest, signatures }: SignedPayment): boolean =>
  signatures.length === 1 &&
  signatures.every(
    (one) =>
      'r' in one &&
      secp256k1.verify(concat(one.r, one.s), digest, publicKey, { prehash: false, lowS: true }),
  );

/** One signature, whatever becomes of it. */
async function signOne(wallet: BenchWallet, tally: Tally): Promise<void> {
  const timer = new AbortController();
  const late = pause(STUCK_MS, 'stuck' as const, { signal: timer.signal });
  late.catch(() => undefined);
  const end = await Promise.race([wallet.sign().catch(() => 'failed' as const), late]);
  timer.abort();
  if (typeof end === 'string') {
    tally[end] += 1;
    return;
  }
  tally.signed += 1;
  tally.ms.push(end.ms);
  if (!isValid(wallet, end)) tally.invalid += 1;
}

async function signMany(
  wallet: BenchWallet,
  count: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while ((left -= 1) >= 0 && !signal.aborted) await signOne(wallet, tally);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  signal.throwIfAborted();
}

const figuresOf = async (cluster: SignerCluster) =>
  (await cluster.health()).map(({ presignatures }) => presignatures);

/** Waits until no presignature is made or in use. */
async function rest(cluster: SignerCluster): Promise<void> {
  const deadline = Date.now() + REST_MS;
  for (let before = '', now = ' '; before !== now;) {
    if (Date.now() > deadline) throw new Error('the nodes do not come to rest');
    before = now;
    await pause(LOOK_MS);
    const figures = await figuresOf(cluster);
    const isBusy = figures.some((node) => node === undefined || node.reserved > 0);
    now = isBusy ? `${before} ` : JSON.stringify(figures);
  }
}

const total = ({ resources }: Held): number =>
  Object.values(resources).reduce((sum, count) => sum + count, 0);

/** A moment's work - a note on its way to the disk, the end of a stream - is none a moment later. */
const LOOKS = 40;
/** For the first mark, which has nothing to compare with. */
const FIRST_LOOKS = 4;

/** What the process holds at rest: of several looks the first that is no more than before, or the least. */
async function heldBy(child: ChildProcess, before: Held | undefined): Promise<Held> {
  const enough = before === undefined ? 0 : total(before);
  const looks = before === undefined ? FIRST_LOOKS : LOOKS;
  let least = await lookInside(child, 'held');
  for (let look = 1; look < looks && total(least) > enough; look++) {
    await pause(LOOK_MS);
    const held = await lookInside(child, 'held');
    if (total(held) < total(least)) least = held;
  }
  return least;
}

async function mark(
  { cluster, children }: { cluster: SignerCluster; children: readonly ChildProcess[] },
  signed: number,
  first?: Mark,
): Promise<Mark> {
  await rest(cluster);
  const held: Held[] = [];
  for (const [at, child] of children.entries()) {
    held.push(await heldBy(child, first?.held[at]));
  }
  return { signed, held };
}

/** @throws the signal's reason when it was interrupted; then everything is stopped all the same */
export async function soakCluster(
  { warmUp, counted, pieces = PIECES, limits }: SoakPlan,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Soak> {
  const stage = await clusterStage({
    ...COMMITTEE,
    ...(limits === undefined ? {} : { limits }),
    isTransparent: true,
  });
  try {
    const wallet = await walletOf(stage, INTENT_LIFE_MS);
    tell(`${COMMITTEE.count} signer processes run; ${warmUp} signatures before the first count`);
    const tally: Tally = { signed: 0, invalid: 0, failed: 0, stuck: 0, ms: [] };
    await signMany(wallet, Math.max(warmUp, SETS), tally, signal);
    const marks = [await mark(stage, 0)];
    tally.signed = 0;
    tally.ms = [];
    let seconds = 0;
    for (let piece = 1; piece <= pieces; piece++) {
      const due =
        Math.round((counted * piece) / pieces) - tally.signed - tally.failed - tally.stuck;
      const startedMs = performance.now();
      await signMany(wallet, due, tally, signal);
      seconds += (performance.now() - startedMs) / 1_000;
      marks.push(await mark(stage, tally.signed, marks[0]));
      const { signed, invalid, failed, stuck } = tally;
      tell(`${signed} of ${counted}: ${invalid} invalid, ${failed} failed, ${stuck} stuck`);
    }
    const made = (await figuresOf(stage.cluster)).map((node) => node?.made ?? 0);
    return { ...tally, seconds, marks, presignatures: made.reduce((sum, one) => sum + one, 0) };
  } finally {
    await stage.close();
  }
}

/** How much more of each a node holds at the last mark than at the first; the worst of the nodes. */
export function growthOf(marks: readonly Mark[]): Readonly<Record<keyof typeof ALLOWED, number>> {
  const first = marks[0]?.held ?? [];
  const last = marks.at(-1)?.held ?? [];
  const worst = (of: (held: Held) => number): number =>
    Math.max(...last.map((held, at) => of(held) - of(first[at] as Held)));
  return {
    descriptors: worst((held) => held.descriptors),
    resources: worst(total),
    heapMb: worst((held) => held.heapMb),
    externalMb: worst((held) => held.externalMb),
    rssMb: worst((held) => held.rssMb),
  };
}

/** What breaks the rule, in words; nothing where the soak was passed. */
export function faultsOf(soak: Soak): readonly string[] {
  const growth = growthOf(soak.marks);
  const spendsMb = (soak.signed * SPEND_BYTES) / MEGABYTE;
  const rule = { ...ALLOWED, heapMb: ALLOWED.heapMb + spendsMb, rssMb: ALLOWED.rssMb + spendsMb };
  const counts = (['invalid', 'failed', 'stuck'] as const)
    .filter((name) => soak[name] > 0)
    .map((name) => `${soak[name]} ${name}`);
  const grown = Object.entries(rule)
    .filter(([name, allowed]) => growth[name as keyof typeof ALLOWED] > allowed)
    .map(([name, allowed]) => {
      const by = growth[name as keyof typeof ALLOWED];
      return `a node's ${name} grew by ${by.toFixed(1)}, more than ${Number(allowed.toFixed(1))}`;
    });
  return [...counts, ...grown];
}
