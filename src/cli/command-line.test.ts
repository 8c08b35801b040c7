import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { programArguments } from '#launcher/programs.ts';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { runCommandLine } from './command-line.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples', 'acme-vendor-payments');
const POLICY = 'vendor-payments.policy';

const run = (...words: string[]) => runCommand(words);

/** A copy of the example with its policy changed. */
async function changed(change: (text: string) => string): Promise<string> {
  const folder = temporaryFolder();
  await cp(EXAMPLE, folder, { recursive: true });
  const path = join(folder, POLICY);
  await writeFile(path, change(await readFile(path, 'utf8')));
  return folder;
}

test.each([EXAMPLE, join(EXAMPLE, POLICY)])(
  'the example is clean, and its tests pass: %#',
  async (path) => {
    const check = await run('policy', 'check', path);
    expect(check).toMatchObject({ code: 0, err: '' });
    expect(check.out).toMatch(/^3 files: no errors, version 3, hash [0-9a-f]{64}$/);
    expect(await run('policy', 'test', path)).toEqual({
      code: 0,
      out: 'pass  Alice pays 50,000 USDC to Vendor XYZ\npass  unknown recipient is blocked\n2 passed, 0 failed',
      err: '',
    });
  },
);

test.each([
  ['10,000', 'no errors, version'],
  ['9,999', 'no errors, 1 warning'],
])('the example with a promise from %s USD on hears whether it holds', async (limit, verdict) => {
  const path = await changed(
    (text) => `${text}\nprove "nothing above ${limit} USD leaves without a manager" {
  for all transfer where value > ${limit} USD
  never   allow without approval by 1 of managers
}\n`,
  );
  const { code, out } = await run('policy', 'check', path);
  expect(code).toBe(0);
  expect(out.includes('warning NOT_PROVED')).toBe(limit === '9,999');
  expect(out).toContain(verdict);
});

test('an error is shown with its place, its line and a caret', async () => {
  const path = await changed((text) => text.replace('in approved-vendors', 'in aproved-vendors'));
  const { code, out } = await run('policy', 'check', path);
  expect(code).toBe(1);
  expect(out.split('\n').slice(0, 5)).toEqual([
    `${join(path, POLICY)}:14:53 error UNKNOWN_NAME`,
    '  There is no list "aproved-vendors".',
    '  Did you mean approved-vendors?',
    '  14 |   when    wallet tagged "payments" and recipient in aproved-vendors',
    '     |                                                     ^^^^^^^^^^^^^^^',
  ]);
  expect(await run('policy', 'test', path)).toMatchObject({
    code: 1,
    out: expect.stringContaining('No test ran: 1 error'),
  });
});

test('a failed test says what was expected and why the policy answered otherwise', async () => {
  const path = await changed((text) => text.replace('value > 10,000 USD', 'value > 100,000 USD'));
  const { code, out } = await run('policy', 'test', path);
  expect(code).toBe(1);
  expect(out).toContain('FAIL  Alice pays 50,000 USDC to Vendor XYZ');
  expect(out).toContain('Expected approval by 1 of managers. The policy allows the transfer.');
  expect(out).toContain(
    'manager-approval: 50,000 USDC is worth 50,000.00 USD, below 100,000.00 USD.',
  );
  expect(out).toContain('1 passed, 1 failed');
});

test('--json prints one object', async () => {
  const check = await run('policy', 'check', EXAMPLE, '--json');
  expect(JSON.parse(check.out)).toMatchObject({
    ok: true,
    policy: { version: 3 },
    diagnostics: [],
  });
  const tests = await run('policy', 'test', '--json', EXAMPLE);
  expect(JSON.parse(tests.out)).toMatchObject({
    ok: true,
    tests: [{ passed: true }, { passed: true }],
  });
  const path = await changed(() => 'rule');
  expect(JSON.parse((await run('policy', 'check', path, '--json')).out)).toMatchObject({
    ok: false,
    policy: null,
    diagnostics: [{ code: 'SYNTAX', span: { path: POLICY, start: { line: 1 } } }],
  });
});

test('a policy cannot steer the terminal of its reviewer', async () => {
  const path = await changed((text) => `${text}# \u001b[2J \u202e\n`);
  const { code, out } = await run('policy', 'check', path);
  expect(code).toBe(1);
  expect(out).not.toContain('\u001b');
  expect(out).not.toContain('\u202e');
  expect(out).toContain('<U+001B>');
});

test.each([
  [[], 2, /Usage: countersign COMMAND/],
  [['--help'], 0, /countersign policy check +check a policy/],
  [['help'], 0, /countersign policy test +run the test blocks/],
  [['policy'], 2, /policy check/],
  [['policy', '--help'], 0, /policy check/],
  [['policy', 'check', '--help'], 0, /Usage: countersign policy check FILE\|FOLDER \[--fix\]/],
  [['policy', 'test', '-h'], 0, /Run the test blocks of a policy/],
])('%j answers with help and exit code %i', async (words, code, text) => {
  const result = await run(...words);
  expect(result.code).toBe(code);
  expect(result.out).toMatch(text);
});

test.each([
  [['polcy', 'check'], /There is no command "polcy check"/],
  [['policy', 'chek', 'x'], /There is no command "policy chek x"/],
  [['policy', 'check'], /Name a policy file or the folder/],
  [['policy', 'check', 'a', 'b'], /"b" is one word too many/],
  [['policy', 'check', '--jsn', 'a'], /Unknown option '--jsn'/],
  [['policy', 'check', 'no-such.policy'], /there is no such file/],
])('%j is a wrong call: exit code 2', async (words, message) => {
  const result = await run(...words);
  expect(result).toMatchObject({ code: 2, out: '' });
  expect(result.err).toMatch(message);
});

test('colours are used only where the terminal has them', async () => {
  const path = await changed(() => 'rule');
  const lines: string[] = [];
  const terminal = { out: (line: string) => lines.push(line), err: () => 0, colors: true };
  await runCommandLine(['policy', 'check', path], terminal);
  expect(lines.join('\n')).toContain('\u001b[31merror SYNTAX\u001b[0m');
  expect((await run('policy', 'check', path)).out).not.toContain('\u001b');
});

/** The program itself, as a process. */
const PROGRAM = programArguments('src/cli/main.ts');
const call = (...words: string[]) =>
  promisify(execFile)(process.execPath, [...PROGRAM, ...words], { cwd: ROOT });

test('the process ends with the exit code, and prints plain text into a pipe', async () => {
  const { stdout } = await call('policy', 'check', 'examples/acme-vendor-payments');
  expect(stdout).toMatch(/no errors/);
  await expect(call('policy', 'check', 'nowhere')).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('there is no such file'),
  });
});

test('a reader that goes early is no fault', async () => {
  const many = await changed(() => 'rule a { when x > 1 USD then block }\n'.repeat(200));
  const child = spawn(process.execPath, [...PROGRAM, 'policy', 'check', many], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  child.stdout.destroy();
  await once(child, 'close');
  expect(errors).toBe('');
});
