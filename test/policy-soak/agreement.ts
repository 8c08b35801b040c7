/** The evaluator, with masks and with drawers, against the interpreter that reads the semantics aloud. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { linkProgram } from '#policy-lang/deciding/program.ts';
import { given, snapshotFor } from './requests.ts';
import { anyRule, rulebookOf, textOf } from './rulebooks.ts';
import { propertySoak } from './soak.ts';
import { compiled, verdictByTheBook, verdictOf, withText } from './verdicts.ts';

/** Requests for each policy: to compile costs more than to decide. */
export const REQUESTS = 10;

export const agreementSoak = propertySoak(
  {
    id: 'agreement',
    claim: 'the evaluator decides as the reference interpreter does',
    runs: { short: 60, full: 100_000 / REQUESTS },
  },
  fc.tuple(rulebookOf(anyRule), fc.array(given, { minLength: REQUESTS, maxLength: REQUESTS })),
  ([book, requests]) => {
    const text = textOf(book);
    const policy = compiled(text);
    const lookedUp = { ...policy, program: linkProgram(policy.program, 0) };
    for (const request of requests) {
      const snapshot = snapshotFor(policy.aggregates, request);
      const found = verdictOf(policy, snapshot);
      withText(text, () => assert.deepEqual(found, verdictByTheBook(policy, snapshot)));
      withText(text, () => assert.deepEqual(verdictOf(lookedUp, snapshot), found));
    }
  },
);
