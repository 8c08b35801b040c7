/** Engines as contenders that take turns: a sample is the time of one decision, over a batch. */
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { Contender } from '#bench/measure.ts';
import type { Engine } from './engine.ts';
import { DEPTHS, type OurEngine, countersign, handWritten, peers } from './engines.ts';
import { type WorkRequest, workloadOf } from './workload.ts';

/** The last answer is kept, so that no engine is found to work for nothing. */
export const kept: { answer: unknown } = { answer: undefined };

/**
 * Decisions of one sample. Every request comes ten times, so that it does not matter whose turn was
 * before: whoever comes first over the same requests would pay for bringing them into the cache.
 */
const BATCH_QUICK = 20_000;
const BATCH_LOOP_RULES = 200_000;
const BATCH_PEER = 2;

const REQUESTS = 2_000;

/** Microseconds of one decision, over `batch` requests that follow those of the last sample. */
function contender<P>(
  name: string,
  batch: number,
  requests: readonly P[],
  decide: (request: P) => unknown,
): Contender {
  let next = 0;
  return {
    name,
    sample: async () => {
      const from = next;
      next = (next + batch) % requests.length;
      const started = performance.now();
      for (let at = from; at < from + batch; at++) {
        const answer = decide(requests[at % requests.length] as P);
        kept.answer = answer instanceof Promise ? await answer : answer;
      }
      return ((performance.now() - started) * 1_000) / batch;
    },
  };
}

/**
 * @throws where an engine finds other rules than ours for one of the requests
 */
async function requireAgreement(
  ours: OurEngine,
  others: readonly Engine<unknown>[],
  requests: readonly WorkRequest[],
): Promise<void> {
  for (const request of requests) {
    const expected = inOrder(await ours.decide(ours.prepare(request)));
    for (const engine of others) {
      const found = inOrder(await engine.decide(engine.prepare(request)));
      if (found === expected) continue;
      throw new Error(`${engine.name} matches ${found}, countersign ${expected}`);
    }
  }
}

const inOrder = (rules: readonly string[]): string => rules.toSorted().join(' ');

/** Ours, a loop and an index written by hand, named by the number of rules. */
export async function againstHand(ruleCount: number): Promise<readonly Contender[]> {
  const { rules, requests } = workloadOf(ruleCount, REQUESTS);
  const ours = countersign(rules);
  const others = handWritten(rules);
  await requireAgreement(ours, others as readonly Engine<unknown>[], requests);
  const loopBatch = Math.max(2, Math.min(BATCH_QUICK, Math.round(BATCH_LOOP_RULES / ruleCount)));
  const snapshots = requests.map(({ snapshot }) => snapshot);
  const byHand = others.map(({ name, prepare, decide }) =>
    contender(
      `${name}_${ruleCount}`,
      name === 'hand' ? loopBatch : BATCH_QUICK,
      requests.map(prepare),
      decide,
    ),
  );
  return [ourContender(`ours_${ruleCount}`, ours.policy, snapshots, 'rule'), ...byHand];
}

const ourContender = (
  name: string,
  policy: CompiledPolicy,
  snapshots: readonly Snapshot[],
  depth: keyof typeof DEPTHS,
): Contender => {
  const decide = DEPTHS[depth];
  return contender(name, BATCH_QUICK, snapshots, (snapshot) => decide(policy, snapshot));
};

/** Packages of other authors, and how much it costs ours to say why. */
export async function againstPeers(
  ruleCount: number,
  agreeing: number,
): Promise<readonly Contender[]> {
  const { rules, requests } = workloadOf(ruleCount, REQUESTS);
  const ours = countersign(rules);
  const others = await peers(rules);
  await requireAgreement(ours, others, requests.slice(0, agreeing));
  const snapshots = requests.map(({ snapshot }) => snapshot);
  return [
    ourContender('trace_none', ours.policy, snapshots, 'none'),
    ourContender('trace_rule', ours.policy, snapshots, 'rule'),
    ourContender('trace_full', ours.policy, snapshots, 'full'),
    ...others.map(({ name, prepare, decide }) =>
      contender(name, BATCH_PEER, requests.map(prepare), decide),
    ),
  ];
}
