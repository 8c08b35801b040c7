/**
 * The verdict of `.ci/run`: reads vitest's report, holds the skipped tests against `.ci/skips`,
 * adds the check and the acceptance runs,
 * prints `N passed, N failed` as its last line, and ends with 1 where anything failed. An acceptance run
 * that was not run fails as well, unless `.ci/skips` lists it as `accept ID`.
 * Arguments: the report, the exit codes of the tests and of the check, the acceptance report and its exit code.
 */
import fs from 'node:fs';

const [reportFile = '', testsCode, checkCode, acceptFile = '', acceptCode] = process.argv.slice(2);

/** @typedef {{ fullName: string, status: string }} Assertion */

/** @returns {Assertion[]} */
function readAssertions() {
  if (!fs.existsSync(reportFile)) return [];
  const { testResults } = JSON.parse(fs.readFileSync(reportFile, 'utf8'));
  return testResults.flatMap(
    (/** @type {{ assertionResults: Assertion[] }} */ { assertionResults }) => assertionResults,
  );
}

/** The names that may be skipped, each with its reason. */
function readAllowedSkips() {
  const lines = fs.readFileSync(new URL('skips', import.meta.url), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [name = '', reason = ''] = line.split('\t');
      if (name === '' || reason === '') throw new Error(`.ci/skips: no reason in "${line}"`);
      return { name, reason };
    });
}

const assertions = readAssertions();
const allowed = readAllowedSkips();
let passed = 0;
let failed = 0;

for (const { fullName, status } of assertions) {
  if (status === 'passed') passed += 1;
  else if (status === 'failed') failed += 1;
  else {
    const entry = allowed.find(({ name }) => fullName.startsWith(name));
    if (entry === undefined) failed += 1;
    const verdict = entry === undefined ? 'skipped, and not listed in .ci/skips' : entry.reason;
    console.log(`skipped: ${fullName} (${verdict})`);
  }
}

// A file that cannot be loaded, or an error outside a test, fails the run without a failed test.
if (testsCode !== '0' && failed === 0) {
  console.log(`npm test ended with code ${testsCode}`);
  failed += 1;
}
if (checkCode === '0') passed += 1;
else {
  console.log(`npm run check ended with code ${checkCode}`);
  failed += 1;
}
/** @type {{ id: string, verdict: string }[]} */
const runs = fs.existsSync(acceptFile) ? JSON.parse(fs.readFileSync(acceptFile, 'utf8')) : [];
let failedRuns = 0;
for (const { id, verdict } of runs) {
  const entry = allowed.find(({ name }) => name === `accept ${id}`);
  if (verdict === 'PASS') passed += 1;
  else if (verdict === 'NOT RUN' && entry !== undefined) {
    console.log(`not run: ${id} (${entry.reason})`);
  } else {
    console.log(`${verdict.toLowerCase()}: acceptance run ${id}`);
    failedRuns += 1;
  }
}
if (acceptCode !== '0' && (runs.length === 0 || acceptCode !== '2')) {
  console.log(`npm run accept ended with code ${acceptCode}`);
  failedRuns = Math.max(failedRuns, 1);
}
failed += failedRuns;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
