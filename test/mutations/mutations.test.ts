import { expect, test } from 'vitest';
import { ProtocolAbort } from '#signing/kernel.ts';
import { NONCE_ROUND, openSession } from '#signing/session.ts';
import { CONTEXT } from '#signing/simulated-committee.ts';
import { targetsOf } from './cases.ts';
import { runCases } from './judge.ts';
import { subject } from './subject.ts';
import { SUBJECTS } from './subjects.ts';

/** `npm run mutations` runs thousands under a seed of its own; here every target has one case. */
const SEED = 'mutations.test';

test('no change of any field or message of any protocol is signed, crashes or blames another', () => {
  const cases = targetsOf(SUBJECTS).length;
  const { failures } = runCases({ subjects: SUBJECTS, seed: SEED, first: 0, cases });
  expect(failures).toEqual([]);
});

const PARTIES = [1, 2, 3];

/** A protocol that only opens a session, and then does what the test asks. */
const opening = (then: (wrong: boolean) => string) => {
  const genuine = new Set<string>();
  let isBuilt = false;
  const built = subject({
    name: 'a planted fault',
    parties: PARTIES,
    rounds: [NONCE_ROUND],
    ends: { '0.nonce': 'inconsistent FOREIGN_SESSION' },
    *start(me, random) {
      const session = yield* openSession({
        protocol: 'keygen',
        me,
        parties: PARTIES,
        context: CONTEXT,
        purpose: [],
        random,
      });
      const id = session.id.join();
      if (!isBuilt) genuine.add(id);
      return then(!genuine.has(id));
    },
  });
  isBuilt = true;
  return built;
};

const findings = (then: (wrong: boolean) => string): string =>
  runCases({ subjects: [opening(then)], seed: SEED, first: 0, cases: 12 }).failures.join('\n');

test.each<[string, RegExp, (wrong: boolean) => string]>([
  ['an output in spite of a change', /has an output/, () => 'released'],
  [
    'a crash',
    /a crash: .*TypeError: a bug/,
    (wrong) => {
      if (wrong) throw new TypeError('a bug');
      return 'released';
    },
  ],
  [
    'blame of somebody else',
    /blames the innocent/,
    (wrong) => {
      if (wrong) throw new ProtocolAbort('cheat', 'SLANDER', PARTIES);
      return 'released';
    },
  ],
  [
    'another end than the table says',
    /benign PEER_MISSING, not inconsistent FOREIGN_SESSION/,
    (wrong) => {
      if (wrong) throw new ProtocolAbort('benign', 'PEER_MISSING');
      return 'released';
    },
  ],
])('%s would be found', (_, finding, then) => {
  expect(findings(then)).toMatch(finding);
});
