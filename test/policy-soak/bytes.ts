/** Decisions and traces as bytes, which must be the same wherever and however often they are made. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { decide } from '#policy-lang/decide.ts';
import { readSnapshotText, snapshotText, traceText } from '#policy-lang/snapshot-text.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import { given, snapshotFor } from './requests.ts';
import { anyRule, rulebookOf, textOf } from './rulebooks.ts';
import { propertySoak } from './soak.ts';
import { compiled, withText } from './verdicts.ts';

const REQUESTS = 5;

/** A rulebook and requests for it. */
export const cases = fc.tuple(
  rulebookOf(anyRule),
  fc.array(given, { minLength: REQUESTS, maxLength: REQUESTS }),
);

export const replaySoak = propertySoak(
  {
    id: 'replay',
    claim: 'a snapshot that was kept gives the same bytes again, and decide says what trace says',
    runs: { short: 30, full: 100_000 / REQUESTS },
  },
  cases,
  ([book, requests]) => {
    const text = textOf(book);
    const [policy, again] = [compiled(text), compiled(text)];
    for (const request of requests) {
      const snapshot = snapshotFor(policy.aggregates, request);
      withText(text, () => {
        const kept = snapshotText(snapshot);
        const replayed = readSnapshotText(kept);
        assert.equal(snapshotText(replayed), kept);
        const made = trace(policy, snapshot);
        assert.equal(traceText(trace(again, replayed)), traceText(made));
        const { rules: _, ...short } = made;
        assert.deepEqual(decide(again, snapshot), short);
      });
    }
  },
);

/** SHA-256 of the traces of some random cases, one for each block of cases; 64 hex digits each. */
export function* blockHashes(seed: number, runs: number, block: number): Generator<string> {
  for (let first = 0; first < runs; first += block) {
    const hash = createHash('sha256');
    const numRuns = Math.min(block, runs - first);
    for (const [book, requests] of fc.sample(cases, { seed: seed + first, numRuns })) {
      hash.update(bytesOf(textOf(book), requests));
    }
    yield hash.digest('hex');
  }
}

/** Nothing where the text contradicts itself. */
function bytesOf(
  text: string,
  requests: readonly (typeof given extends fc.Arbitrary<infer T> ? T : never)[],
): string {
  try {
    const policy = compiled(text);
    return requests
      .map((request) => traceText(trace(policy, snapshotFor(policy.aggregates, request))))
      .join('\n');
  } catch (error) {
    if (fc.PreconditionFailure.isFailure(error)) return '';
    throw error;
  }
}
