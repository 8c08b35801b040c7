/** Runs the `test` blocks of a policy against the policy itself. */
import type { CheckedExpectation, CheckedTest } from '#policy-lang/checking/checked-policy.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { isReachable } from './approval-quorum.ts';
import type { DecisionTrace, Quorum } from './decision.ts';
import type { Span } from './diagnostics.ts';
import { durationInWords } from '#policy-lang/values/durations.ts';
import { type Program, linkProgram } from '#policy-lang/deciding/program.ts';
import type { Snapshot } from './snapshot.ts';
import { traceProgram } from '#policy-lang/explaining/trace.ts';

export type TestFailure = {
  readonly span: Span;
  /** A sentence that says what was expected and what happened. */
  readonly message: string;
};

export type TestResult = {
  readonly title: string;
  readonly span: Span;
  readonly passed: boolean;
  readonly failures: readonly TestFailure[];
  readonly decision: DecisionTrace;
};

export type TestReport = {
  readonly tests: readonly TestResult[];
  readonly passed: number;
  readonly failed: number;
};

/**
 * A test that gives no time runs when the policy begins to be in force. What it does not give is
 * missing.
 */
export function runTests(policy: CompiledPolicy): TestReport {
  const tests = policy.program.tests.map((test) => runTest(policy, test));
  const passed = tests.filter((test) => test.passed).length;
  return { tests, passed, failed: tests.length - passed };
}

/** What a test decides: the request, and the policy with the lists and groups that the test gives. */
export function testSubject(
  policy: CompiledPolicy,
  test: CheckedTest,
): { readonly policy: CompiledPolicy; readonly snapshot: Snapshot } {
  const snapshot: Snapshot = {
    now: test.now,
    activity: test.activity,
    request: test.facts,
    prices: test.prices,
    aggregates: test.aggregates,
  };
  return { policy: { ...policy, program: programFor(policy.program, test) }, snapshot };
}

function runTest(policy: CompiledPolicy, test: CheckedTest): TestResult {
  const subject = testSubject(policy, test);
  const decision = traceProgram(subject.policy.program, subject.snapshot);
  const failures = [
    ...test.expectations.flatMap((expected) => failureOf(expected, decision)),
    ...unreachable(test, decision),
  ];
  const { title, span } = test;
  return { title, span, passed: failures.length === 0, failures, decision };
}

/** The policy with the lists and groups that the test gives instead of its own. */
function programFor(own: Program, { lists, groups }: CheckedTest): Program {
  if (lists.size === 0 && groups.size === 0) return own;
  const people = [...groups].map(
    ([name, ids]) => [name, ids.map((id) => ({ email: id, user: id }))] as const,
  );
  const linked = {
    ...own.linked,
    lists: new Map([...own.linked.lists, ...lists]),
    groups: new Map([...own.linked.groups, ...people]),
  };
  return linkProgram({ ...own, linked });
}

function failureOf(expected: CheckedExpectation, decision: DecisionTrace): TestFailure[] {
  const fails = (message: string): TestFailure[] => [{ span: expected.span, message }];
  switch (expected.kind) {
    case 'matched':
    case 'not-matched': {
      const rule = decision.rules.find(({ id }) => id === expected.rule);
      if (rule?.outcome === expected.kind) return [];
      const words = { matched: 'matched', 'not-matched': 'did not match', missing: 'is undecided' };
      return fails(
        `The rule ${expected.rule} ${words[rule?.outcome ?? 'missing']}: ${rule?.sentence ?? ''}`,
      );
    }
    case 'allow':
      return decision.outcome === 'ALLOW' ? [] : fails(`Expected allow. ${answer(decision)}`);
    case 'flag':
      return flagFailure(expected, decision).flatMap(fails);
    case 'block':
      return blockFailure(expected, decision).flatMap(fails);
    default:
      return requireFailure(expected, decision).flatMap(fails);
  }
}

/** What the policy answered, as a sentence. */
function answer({ outcome, reasons, requirements }: DecisionTrace): string {
  if (outcome === 'ALLOW') return 'The policy allows the transfer.';
  if (outcome === 'BLOCK') {
    const why = reasons.map(({ rule, message }) => `${message} (${rule})`).join('; ');
    return `The policy blocks the transfer: ${why}.`;
  }
  const quorums = requirements.flatMap((requirement) => requirement.quorums);
  return `The policy requires approval by ${listQuorums(quorums)}.`;
}

const listQuorums = (quorums: readonly Quorum[]): string =>
  quorums.map(({ group, count }) => `${count} of ${group}`).join(' and by ');

type Stated = Extract<CheckedExpectation, { kind: 'block' | 'flag' }>;

function flagFailure({ by, message }: Stated, { flags }: DecisionTrace): string[] {
  const raised = flags.filter(({ rule }) => by === undefined || rule === by);
  if (raised.length === 0) return [`Expected a flag${by === undefined ? '' : ` by ${by}`}.`];
  if (message === undefined || raised.some((flag) => flag.message === message)) return [];
  const found = raised.map((flag) => `"${flag.message}"`).join(', ');
  return [`Expected the flag "${message}", and found ${found}.`];
}

function blockFailure({ by, message }: Stated, decision: DecisionTrace): string[] {
  if (decision.outcome !== 'BLOCK') return [`Expected block. ${answer(decision)}`];
  const reasons = decision.reasons.filter(({ rule }) => by === undefined || rule === by);
  if (reasons.length === 0) return [`Expected block by ${by}. ${answer(decision)}`];
  if (message === undefined || reasons.some((reason) => reason.message === message)) return [];
  return [`Expected the message "${message}". ${answer(decision)}`];
}

function requireFailure(
  { quorums, expiresAfterMs, by }: Extract<CheckedExpectation, { kind: 'require' }>,
  decision: DecisionTrace,
): string[] {
  const [requirement] = decision.requirements;
  if (decision.outcome !== 'PENDING' || requirement === undefined) {
    return [`Expected approval by ${listQuorums(quorums)}. ${answer(decision)}`];
  }
  const failures: string[] = [];
  if (listQuorums(requirement.quorums) !== listQuorums(quorums)) {
    failures.push(`Expected approval by ${listQuorums(quorums)}. ${answer(decision)}`);
  }
  if (expiresAfterMs !== undefined && requirement.expiresAfterMs !== expiresAfterMs) {
    const actual = requirement.expiresAfterMs;
    const found = actual === undefined ? 'never' : `after ${durationInWords(actual)}`;
    failures.push(
      `Expected it to expire after ${durationInWords(expiresAfterMs)}. It expires ${found}.`,
    );
  }
  const rule = decision.rules.find(({ id }) => id === by);
  if (by !== undefined && (rule === undefined || !asksForApproval(rule))) {
    failures.push(`Expected the rule ${by} to ask for approval. ${rule?.sentence ?? ''}`);
  }
  return failures;
}

const asksForApproval = ({ outcome, effect }: DecisionTrace['rules'][number]): boolean =>
  outcome !== 'not-matched' && (effect === 'require' || effect === 'allow-with-approval');

/** A test that gives groups also says that their people can meet what the policy asks for. */
function unreachable({ groups, facts, span }: CheckedTest, decision: DecisionTrace): TestFailure[] {
  const [requirement] = decision.requirements;
  if (requirement === undefined || groups.size === 0) return [];
  const given = new Map([...groups].map(([name, people]) => [name, new Set(people)]));
  if (requirement.quorums.some(({ group }) => !given.has(group))) return [];
  const initiator = facts.initiator?.id;
  if (isReachable({ requirement, groups: given, ...(initiator && { initiator }) })) return [];
  const message = 'The people of the given groups are too few to approve.';
  return [{ span, message }];
}
