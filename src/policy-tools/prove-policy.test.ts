import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { Worker } from 'node:worker_threads';
import { type Way, tryWay, waysAround, waysOfLoosening } from '#policy-lang/analysis/prove.ts';
import { fuzz, policyOf } from '#testing/policy-fixtures.ts';
import { randomPromise, randomRules } from '#testing/random-promises.ts';
import { answer, askSolver } from './prove-policy.ts';
import { Solver } from './solver.ts';

/** The solver counts them: how busy the machine is changes no answer. A tenth of them is enough. */
const LIMIT = { steps: 100_000_000 };
const TEST_MS_MAX = 600_000;
const solver = new Solver();
afterAll(() => solver.close());

async function agree(ways: readonly Way[]): Promise<void> {
  for (const way of ways) {
    const verdict = await askSolver(way, solver, LIMIT);
    expect([verdict.kind, verdict.kind === 'unknown' && verdict.reason]).toEqual([
      tryWay(way).kind,
      false,
    ]);
  }
}

test('the solver and the search agree on promises', { timeout: TEST_MS_MAX }, async () => {
  await fc.assert(
    fc.asyncProperty(randomRules, randomPromise, async (rules, promise) => {
      const { program, proves } = policyOf(`${rules} ${promise}`);
      const claim = proves[0]?.claim;
      if (claim?.kind === 'never') await agree(waysAround(program, claim));
    }),
    fuzz(12),
  );
});

test('the solver and the search agree on what is looser', { timeout: TEST_MS_MAX }, async () => {
  await fc.assert(
    fc.asyncProperty(randomRules, randomRules, async (before, after) => {
      await agree(waysOfLoosening(policyOf(before).program, policyOf(after).program));
    }),
    fuzz(6),
  );
});

const { program, proves } = policyOf(
  'rule r { when value > 5 USD then allow } prove "p" { for all transfer where value < 5 USD never allow }',
);
const [{ claim } = { claim: undefined }] = proves;
const ways = claim?.kind === 'never' ? waysAround(program, claim) : [];

test.each([
  ['dies', 'process.exit(1)'],
  ['cannot be loaded', 'throw new Error("no such package")'],
  [
    'dies over a question',
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', () => process.exit(1));
     parentPort.postMessage({ kind: 'ready' });`,
  ],
  [
    'talks nonsense',
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ id }) => parentPort.postMessage({ kind: 'answer', id, text: 'unsatisfied' }));
     parentPort.postMessage({ kind: 'ready' });`,
  ],
  [
    'answers another question',
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', () => parentPort.postMessage({ kind: 'answer', id: 99, text: 'unsat' }));
     parentPort.postMessage({ kind: 'ready' });`,
  ],
  [
    'invents an example',
    `const { parentPort } = require('node:worker_threads');
     parentPort.on('message', ({ id }) => parentPort.postMessage({ kind: 'answer', id, text: 'sat' }));
     parentPort.postMessage({ kind: 'ready' });`,
  ],
])('where the solver %s nothing is proved', async (_, code) => {
  const broken = new Solver(() => new Worker(code, { eval: true }));
  const verdict = await answer(ways, { solver: broken, limit: LIMIT, budget: 0 });
  expect(verdict.kind).toBe('unknown');
  await broken.close();
});

test('questions that are asked at once get their own answers', async () => {
  const asked = ['(assert true)', '(assert false)', '(assert true)'];
  const answers = asked.map((text) => solver.ask(`${text}(check-sat)`, LIMIT));
  const texts = (await Promise.all(answers)).map((reply) => 'text' in reply && reply.text.trim());
  expect(texts).toEqual(['sat', 'unsat', 'sat']);
});

test('a solver that has no steps left does not know', async () => {
  const verdict = await answer(ways, { solver, limit: { steps: 1 }, budget: 0 });
  expect(verdict.kind).toBe('unknown');
});

test('without a solver a question that is too large is not proved', async () => {
  expect((await answer(ways, { limit: LIMIT, budget: 0 })).kind).toBe('unknown');
  expect((await answer(ways, { limit: LIMIT })).kind).toBe('proved');
  expect(await answer(ways, { solver, limit: LIMIT, budget: 0 })).toEqual({
    kind: 'proved',
    method: 'solver',
  });
});

test('the solver knows as well that a price is above zero', async () => {
  const free = policyOf(
    `rule r { when value > 0 USD then block } rule a { when always then allow }
     prove "p" { for all transfer where asset is USDC@ethereum and amount > 5 USDC never allow }`,
  );
  const [promise] = free.proves;
  if (promise?.claim.kind !== 'never') throw new Error('no promise');
  const all = waysAround(free.program, promise.claim);
  expect(await answer(all, { solver, limit: LIMIT, budget: 0 })).toMatchObject({
    kind: 'proved',
  });
});
