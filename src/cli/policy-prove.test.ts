import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');
const FILE = 'vendor-payments.policy';

/** The example with its text changed. */
function bundle(change: (text: string) => string): string {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  const path = join(folder, FILE);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
}

const promising = (claim: string, change = (text: string) => text): string =>
  bundle((text) => `${change(text)}\nprove "a promise" { ${claim} }\n`);

const from = (limit: string) =>
  `for all transfer where value > ${limit} USD never allow without approval by 1 of managers`;
const next = (text: string) => text.replace(/version\s+3/, 'version 4');
const looser = (text: string) => next(text).replace('250,000 USD', '500,000 USD');
const stricter = (text: string) => next(text).replace('250,000 USD', '100,000 USD');

test('a promise that holds is proved', async () => {
  const { code, out } = await runCommand(['policy', 'prove', promising(from('10,000'))]);
  expect(out.split('\n')).toEqual([
    'proved      nothing above $10,000 leaves without a manager',
    'proved      a promise',
    '2 proved, 0 not proved',
  ]);
  expect(code).toBe(0);
});

test('a promise that does not hold is shown with a test that passes', async () => {
  const folder = promising(from('9,999.99'));
  const { code, out } = await runCommand(['policy', 'prove', folder]);
  expect(code).toBe(1);
  expect(out).toContain('BROKEN      a promise');
  const block = /test "breaks: a promise" \{[^]*\n\}/.exec(out)?.[0] ?? '';
  writeFileSync(join(folder, 'found.policy'), block);
  const tests = await runCommand(['policy', 'test', folder]);
  expect(tests.out).toContain('pass  breaks: a promise');
  expect(tests.code).toBe(0);
});

test('a promise about another version needs that version', async () => {
  const claim = 'this version at least as strict as version 3';
  const folder = promising(claim, stricter);
  const alone = await runCommand(['policy', 'prove', folder]);
  expect(alone.code).toBe(1);
  expect(alone.out).toContain('NOT PROVED  a promise');
  expect((await runCommand(['policy', 'prove', folder, '--against', EXAMPLE])).code).toBe(0);
  const same = await runCommand(['policy', 'prove', folder, '--against', folder]);
  expect(same.out).toContain('but --against is version 4');
  const loosened = promising(claim, looser);
  expect((await runCommand(['policy', 'prove', loosened, '--against', EXAMPLE])).code).toBe(1);
  const excused = promising(`${claim} except rule daily-limit`, looser);
  expect((await runCommand(['policy', 'prove', excused, '--against', EXAMPLE])).code).toBe(0);
});

test('the questions are written for other solvers', async () => {
  const questions = temporaryFolder();
  const words = ['policy', 'prove', promising(from('10,000')), '--smt-lib', questions];
  const { code, out } = await runCommand([...words, '--no-solver', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    proves: [
      { title: 'nothing above $10,000 leaves without a manager', verdict: 'proved' },
      { title: 'a promise', verdict: 'proved', method: 'cases' },
    ],
  });
  expect(readdirSync(questions)).toEqual(['1-1.smt2', '1-2.smt2', '2-1.smt2', '2-2.smt2']);
  expect(readFileSync(join(questions, '1-1.smt2'), 'utf8')).toMatch(/\(check-sat\)\n$/);
});

test('a promise about no request is vacuous, and no proof', async () => {
  const folder = promising(
    'for all transfer where value > 10,000 USD and value < 5,000 USD never block',
  );
  const { code, out } = await runCommand(['policy', 'prove', folder]);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^VACUOUS {5}\S.*\n.*\n +it is about no request: its "where" is never true\./m,
  );
});

test.each([
  [['policy', 'prove'], 'Name a policy file'],
  [['policy', 'prove', EXAMPLE, '--timeout', '0'], '--timeout takes seconds'],
  [['policy', 'diff', EXAMPLE], 'Name the old bundle, then the new one.'],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

test.each([
  [looser, 1, 'LOOSENED'],
  [stricter, 0, 'tightened'],
  [(text: string) => next(text).replace('Daily transfer limit per wallet', 'Limit'), 0, 'neutral'],
  [(text: string) => stricter(text).replace('> 10,000 USD', '> 20,000 USD'), 1, 'BOTH WAYS'],
])('a change is classified by what it does: %#', async (change, expected, word) => {
  const { code, out } = await runCommand(['policy', 'diff', EXAMPLE, bundle(change)]);
  expect(out).toContain(`${word.padEnd(11)}  All changes together`);
  expect(code).toBe(expected);
});

test('a looser rule without a new reason is pointed out', async () => {
  const silent = await runCommand(['policy', 'diff', EXAMPLE, bundle(looser)]);
  expect(silent.out).toContain(
    'The rule daily-limit lets more through, and no new reason says why.',
  );
  expect(silent.out).toContain('LOOSENED     rule daily-limit (changed)');
  const reasoned = bundle((text) =>
    looser(text).replace('500,000 USD', '500,000 USD because "The board raised it"'),
  );
  const { out } = await runCommand(['policy', 'diff', EXAMPLE, reasoned, '--json']);
  expect(JSON.parse(out)).toMatchObject({
    whole: { direction: 'loosened', looser: { before: 'BLOCK' } },
    changes: [{ name: 'daily-limit', direction: 'loosened', isExplained: true }],
  });
});

test('other people in a group are no neutral change', async () => {
  const other = bundle(next);
  const path = join(other, 'groups.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('bob@', 'mallory@'));
  const { code, out } = await runCommand(['policy', 'diff', EXAMPLE, other]);
  expect(out).toMatch(/NOT DECIDED {2}group managers \(changed\)\n +New: mallory@\S+ Gone: bob@/);
  expect(out).toMatch(/NOT DECIDED {2}All changes together\n.*look at the people of managers/);
  expect(code).toBe(1);
});
