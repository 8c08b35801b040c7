/**
 * Whatever text comes in, the result is diagnostics with places in the text, or a policy that
 * decides; nothing throws, and in the command's run nothing takes longer than the bound.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { lex } from '#policy-lang/syntax/lex.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { traceText } from '#policy-lang/snapshot-text.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import { given, snapshotFor } from './requests.ts';
import { anyRule, rulebookOf, textOf } from './rulebooks.ts';
import { propertySoak } from './soak.ts';
import { verdictByTheBook, verdictOf } from './verdicts.ts';
import { IMPORTS, SUPPORT, WORLD, rulebookFile } from './world.ts';
import { damageOf } from '#testing/text-edits.ts';

/** What one input may take. */
const BOUND_MS = 50;
/** An input that took longer is tried again so often: the fastest time counts. */
const ATTEMPTS = 8;

const FIXTURE = new URL(
  '../../src/policy-lang/fixtures/custody-rulebook/rulebook.policy',
  import.meta.url,
);
const TESTED = `policy "Fuzzed" {
  version 1
  effective from 2026-07-01T00:00 UTC
  governs transfer
  otherwise block
}
${IMPORTS}
rule vendors { when recipient in vendors then allow with approval by 1 of managers because "x" }
test "t" {
  given transfer { initiator = user "alice" role "r"; wallet = "w" tags ["payments"]; asset = USDC@ethereum; amount = 5 USDC; recipient = 0x52908400098527886E0F7030069857D2E4169EE7; }
  given price USDC@ethereum = 1.00 USD
  given list banned = []
  given group managers = ["bob"]
  expect require approval by 1 of managers
  expect not matched vendors
}
prove "p" { for all transfer where value > 10,000 USD never allow without approval by 1 of managers }
`;
const RULEBOOKS = [readFileSync(FIXTURE, 'utf8'), TESTED];
const HEADER = TESTED.slice(0, TESTED.indexOf('rule vendors'));

const WORDS = RULEBOOKS.flatMap((text) =>
  lex(new SourceText('x', text)).tokens.map((token) => token.image),
);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((all) => String.fromCharCode(...all)),
  fc.uint8Array({ maxLength: 200 }).map((all) => new TextDecoder().decode(all)),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 100 }),
);

const tokens = fc.array(fc.constantFrom(...WORDS), { maxLength: 50 });
const soup = fc.oneof(
  tokens.map((words) => words.join(' ')),
  tokens.map((words) => HEADER + words.join('\n')),
  tokens.map((words) => `${HEADER}rule a { when ${words.join(' ')} then block }`),
);

const mutated = fc
  .tuple(fc.oneof(fc.constantFrom(...RULEBOOKS), rulebookOf(anyRule).map(textOf)), damageOf(WORDS))
  .map(([text, damaged]) => damaged(text));

const input = fc.tuple(
  fc.oneof(
    { arbitrary: bytes, weight: 4 },
    { arbitrary: soup, weight: 4 },
    { arbitrary: mutated, weight: 2 },
  ),
  given,
);

type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

function requireTotal([text, request]: Input): void {
  const files = [rulebookFile(text), ...SUPPORT];
  const { policy, diagnostics } = compileBundle(files, WORLD);
  const lengths = new Map(files.map(({ path, content }) => [path, content.length]));
  for (const { span, message } of diagnostics) {
    assert.match(message, /[.?]$/);
    assert.ok(span.start.offset <= span.end.offset);
    assert.ok(span.end.offset <= (lengths.get(span.path) ?? 0));
  }
  assert.equal(
    policy === undefined,
    diagnostics.some(({ severity }) => severity === 'error'),
  );
  formatPolicy(new SourceText('main.policy', text));
  if (policy === undefined) return;
  const snapshot = snapshotFor(policy.aggregates, request);
  assert.deepEqual(verdictOf(policy, snapshot), verdictByTheBook(policy, snapshot));
  traceText(trace(policy, snapshot));
  runTests(policy);
}

/** Time of the processor, which a busy machine does not stretch as it does the clock's. */
function timeOf(value: Input): number {
  const began = process.cpuUsage();
  requireTotal(value);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1_000;
}

/** The first run of code that is still cold, or a collection of garbage, is nobody's fault. */
function requireInTime(value: Input): void {
  let fastest = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS && fastest > BOUND_MS; attempt++) {
    fastest = Math.min(fastest, timeOf(value));
  }
  assert.ok(fastest <= BOUND_MS, `takes ${fastest.toFixed(1)} ms`);
}

export const fuzzSoak = propertySoak(
  {
    id: 'fuzz',
    claim: 'any text is answered: random bytes, soups of tokens, mutated rulebooks',
    runs: { short: 250, full: 1_000_000 },
  },
  input,
  (value, { isTimed }) => {
    if (isTimed) requireInTime(value);
    else requireTotal(value);
  },
);
