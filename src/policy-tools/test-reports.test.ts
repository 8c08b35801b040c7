import { expect, test } from 'vitest';
import { runTests } from '#policy-lang/run-tests.ts';
import { coverageOf } from '#policy-lang/test-coverage.ts';
import { VENDOR, policyOf } from '#testing/policy-fixtures.ts';
import { junitXml, lcovTrace } from './test-reports.ts';

const POLICY = policyOf(`
rule vendors "Vendors" { when recipient in approved-vendors then allow }
rule other "Other" { when recipient in banned then block }
test "good & <quick>" { given transfer { recipient = ${VENDOR}; } expect allow }
test "bad" { given transfer { recipient = ${VENDOR}; } expect block }`);

test('JUnit has a case for each test, with its failures, and every text is escaped', () => {
  const xml = junitXml('My "policy"', runTests(POLICY));
  expect(xml).toContain('<testsuite name="My &quot;policy&quot;" tests="2" failures="1"');
  expect(xml).toMatch(/<testcase [^>]*name="good &amp; &lt;quick&gt;"[^>]*\/>/);
  expect(xml).toMatch(
    /<failure message="Expected block\. [^"]*">main\.policy:\d+:\d+ Expected block/,
  );
});

test('LCOV counts rules as functions and comparisons as branches', () => {
  const lines = lcovTrace('rules', coverageOf(POLICY)).split('\n');
  expect(lines).toContain('SF:rules/main.policy');
  expect(lines).toContain('FNDA:2,vendors');
  expect(lines).toContain('FNDA:0,other');
  expect(lines).toContain('FNF:2');
  expect(lines).toContain('FNH:1');
  expect(lines).toContain('BRF:4');
  // `vendors` decided while it was true, `other` while it was false.
  expect(lines).toContain('BRH:2');
  expect(lines.at(-2)).toBe('end_of_record');
});
