/**
 * Many signatures by the simulator, one session after another: none may be invalid, no session may end
 * otherwise than it must, and nothing may be left behind. In every tenth session a message is lost;
 * those do not count among the signatures that were asked for.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { concat, utf8 } from '#core/bytes.ts';
import type { EcdsaSignature } from '#signing/ecdsa.ts';
import type { KeyShare } from '#signing/key-share.ts';
import { simulatedCommittee, simulatedSigning } from '#signing/simulated-committee.ts';
import type { Faults, Run } from '#signing/simulator.ts';
import { digest } from '#signing/transcript.ts';
import type { Benchmark } from './benchmark.ts';
import { rounded } from './measure.ts';

const SEED = 'signing-soak';
const SIGNER_SETS = [
  [1, 2],
  [1, 3],
  [2, 3],
] as const;
const LOSS_EVERY = 10;
const ROUNDS = 5;
const TELL_EVERY = 1_000;
const MEGABYTE = 2 ** 20;

const committee = simulatedCommittee(SEED, 3, 2);
const { publicKey } = committee.shares.get(1) as KeyShare;

/** What one process holds that a session could leave behind. */
type Held = { readonly heapMb: number; readonly handles: number };

function held(): Held {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return {
    heapMb: process.memoryUsage().heapUsed / MEGABYTE,
    handles: process.getActiveResourcesInfo().length,
  };
}

/** Loses one message of the session, a different one from loss to loss. */
const losing = (index: number, from: number): Faults => ({
  tamper: (envelope) =>
    envelope.from === from && envelope.round === index % ROUNDS ? [] : [envelope.received],
});

const isValid = ({ r, s }: EcdsaSignature, message: Uint8Array): boolean =>
  secp256k1.verify(concat(r, s), message, publicKey, { prehash: false, lowS: true });

/** Whether the party that lost a message ended with the abort that says so, and nobody with more. */
const endsWithLoss = (run: Run<EcdsaSignature>, from: number): boolean =>
  [...run.outcomes].every(
    ([party, outcome]) =>
      party === from ||
      (outcome.kind === 'abort' && outcome.abort.message === `PEER_MISSING (party ${from})`),
  );

/** `signed` counts the sessions of which every party's signature is valid, and no other. */
type Count = { signed: number; invalid: number; stuck: number; lost: number };

const isLossy = (index: number): boolean => index % LOSS_EVERY === LOSS_EVERY - 1;

/** Session number `index`: its outcome is added to the count. */
function play(index: number, count: Count): void {
  const signers = SIGNER_SETS[index % SIGNER_SETS.length] as readonly [number, number];
  const message = digest(SEED, utf8(`${index}`));
  const run = simulatedSigning({
    seed: `${SEED}/${index}`,
    committee,
    signers,
    digest: message,
    ...(isLossy(index) ? { faults: losing(Math.floor(index / LOSS_EVERY), signers[0]) } : {}),
  });
  if (isLossy(index)) {
    count.lost += 1;
    if (!endsWithLoss(run, signers[0])) count.stuck += 1;
    return;
  }
  const outcomes = [...run.outcomes.values()];
  const outputs = outcomes.flatMap((one) => (one.kind === 'output' ? [one.output] : []));
  const valid = outputs.filter((output) => isValid(output, message));
  count.stuck += outcomes.length - outputs.length;
  count.invalid += outputs.length - valid.length;
  if (valid.length === signers.length) count.signed += 1;
}

/** Plays until so many sessions in which nothing was lost are over; the number of the next session. */
function playOn(first: number, whole: number, count: Count, each: (whole: number) => void): number {
  let index = first;
  for (let played = 0; played < whole; index++) {
    play(index, count);
    if (isLossy(index)) continue;
    played += 1;
    each(played);
  }
  return index;
}

export const benchmark: Benchmark = {
  about: 'signatures by the simulator, one after another; what is invalid, stuck or left behind',
  rounds: { warmUp: 1_000, counted: 100_000 },
  async run(rounds, tell) {
    const count: Count = { signed: 0, invalid: 0, stuck: 0, lost: 0 };
    const warmUp: Count = { ...count };
    const next = playOn(0, rounds.warmUp, warmUp, () => undefined);
    const before = held();
    playOn(next, rounds.counted, count, (played) => {
      if (played % TELL_EVERY === 0) tell(`${played} of ${rounds.counted} signatures`);
    });
    const after = held();
    const figures = {
      signatures: count.signed,
      sessions_with_a_lost_message: count.lost,
      invalid: count.invalid + warmUp.invalid,
      stuck: count.stuck + warmUp.stuck,
      leaked_handles: after.handles - before.handles,
      heap_before_mb: rounded(before.heapMb),
      heap_growth_mb: rounded(after.heapMb - before.heapMb),
    };
    const missing = rounds.counted - count.signed;
    const faults = missing === 0 ? [] : [`${missing} of ${rounds.counted} signatures are missing`];
    if (figures.invalid + figures.stuck > 0) faults.push('a session ended otherwise than it must');
    return { figures, samples: {}, faults };
  },
};
