import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CUSTODY_WORLD } from '#testing/policy-fixtures.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { passingTest } from './passing-test.ts';
import { proveClaim } from './prove-bundle.ts';
import { readBundle } from './read-bundle.ts';

const FOLDER = join(import.meta.dirname, '..', 'policy-lang', 'fixtures', 'custody-rulebook');

/** The rulebook with one more promise. */
async function filesWith(promise: string) {
  const { files } = await readBundle(FOLDER);
  return files.map((file) =>
    file.path === 'rulebook.policy'
      ? { ...file, content: `${file.content}\nprove "one more" { ${promise} }\n` }
      : file,
  );
}

test.each([
  'for all transfer where wallet tagged "cold" never allow without approval by 2 of directors',
  'for all transfer where recipient in ofac-sdn never allow',
  'for all transfer where screening.alert-level >= HIGH never allow without approval by 1 of compliance',
  'for all contract-call never allow without approval by 1 of treasury',
  'for all contract-call where not call.contract in aave never allow',
  'for all contract-call where call.arg "amount" > 500,000 USDC never allow',
  'for all sign-message never allow',
  'for all permission-change never allow without approval by 2 of directors',
  'every rule can match',
])('the rulebook keeps "%s"', async (promise) => {
  const { policy, diagnostics } = compileBundle(await filesWith(promise), CUSTODY_WORLD);
  const found = policy?.proves.find(({ title }) => title === 'one more');
  if (policy === undefined || found === undefined) throw new Error(JSON.stringify(diagnostics));
  expect(await proveClaim(policy, found.claim, { limit: { timeoutMs: 1_000 } })).toEqual({
    kind: 'proved',
    method: 'cases',
  });
});

test.each([
  'for all transfer where wallet tagged "cold" never allow without approval by 3 of directors',
  'for all transfer where value >= 100,000 USD and wallet tagged "ops" never allow without approval by 1 of treasury',
  'for all transfer where time within Sat 00:00..24:00 Europe/Paris never allow without approval by 2 of directors',
  'for all transfer where screening.alert-level is MEDIUM never allow without approval by 2 of compliance',
  'for all contract-call where call.contract in aave never allow',
  'for all permission-change never allow without approval by 3 of directors',
])('the rulebook breaks "%s", and a test shows it', async (promise) => {
  const files = await filesWith(promise);
  const { policy, diagnostics } = compileBundle(files, CUSTODY_WORLD);
  const found = policy?.proves.find(({ title }) => title === 'one more');
  if (policy === undefined || found === undefined) throw new Error(JSON.stringify(diagnostics));
  const answer = await proveClaim(policy, found.claim, { limit: { timeoutMs: 1_000 } });
  expect(answer.kind).toBe('broken');
  if (answer.kind !== 'broken' || answer.example === undefined) return;
  expect(passingTest(files, CUSTODY_WORLD, 'example', answer.example)).toMatch(/^test "example"/);
});
