import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HEADER, SUPPORT, WORLD, fuzz, policyFile, policyOf } from '#testing/policy-fixtures.ts';
import { randomPromise, randomRules } from '#testing/random-promises.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { decideProgram } from '#policy-lang/decide.ts';
import { tryWays, waysAround } from './prove.ts';
import { testBlockOf } from './test-block.ts';

/** The block of an example, and whether it passes when it is pasted into the policy. */
function pasted(rules: string): { readonly block: string; readonly passes: boolean } | undefined {
  const policy = policyOf(rules);
  const [prove] = policy.proves;
  if (prove?.claim.kind !== 'never') return undefined;
  const verdict = tryWays(waysAround(policy.program, prove.claim));
  if (verdict.kind !== 'broken' || verdict.example === undefined) return undefined;
  const decision = decideProgram(policy.program, verdict.example);
  const block = testBlockOf('example', verdict.example, decision, {
    assets: policy.program.linked.assets,
    needs: policy.aggregates,
    groups: policy.groups.keys(),
    begin: policy.effective.from,
  });
  const files = [policyFile(`${HEADER}${rules}\n${block}`), ...SUPPORT];
  const again = compileBundle(files, WORLD).policy;
  return { block, passes: again !== undefined && runTests(again).failed === 0 };
}

test('an example is a test that passes as it is printed', () => {
  const found = pasted(`
    rule vendors { when wallet tagged "payments" and recipient in approved-vendors then allow }
    rule managers { when value > 10,000 USD then require approval by 1 of managers }
    rule limit { when sum(value) over last 24h by wallet > 250,000 USD then block }
    prove "p" { for all transfer where value >= 10,000 USD never allow without approval by 1 of managers }`);
  expect(found?.passes).toBe(true);
  expect(found?.block.split('\n')).toEqual([
    'test "example" {',
    '  given transfer {',
    '    wallet = "wa-1" tags ["payments"];',
    '    initiator = user "usr-1";',
    '    asset = USDC@ethereum;',
    '    amount = 10,000 USDC;',
    '    recipient = 0x52908400098527886E0F7030069857D2E4169EE7;',
    '  }',
    '  given price USDC@ethereum = 1 USD',
    '  given history sum(value) over last 24h by wallet = 0 USD',
    '  expect allow',
    '}',
  ]);
});

test('most examples of random rules can be written as tests', () => {
  const passing: boolean[] = [];
  fc.assert(
    fc.property(randomRules, randomPromise, (rules, promise) => {
      const found = pasted(`${rules} ${promise}`);
      if (found !== undefined) passing.push(found.passes);
    }),
    fuzz(60),
  );
  const share = passing.filter(Boolean).length / passing.length;
  expect(passing.length).toBeGreaterThan(10);
  expect(share).toBeGreaterThan(0.8);
});
