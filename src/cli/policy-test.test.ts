import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '#cli/command-line.ts';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');
const POLICY = 'vendor-payments.policy';

test('--filter runs the tests that it names, and a name that fits none is a failure', async () => {
  const one = await runCommand(['policy', 'test', EXAMPLE, '--filter', 'unknown']);
  expect(one).toMatchObject({
    code: 0,
    out: 'pass  unknown recipient is blocked\n1 passed, 0 failed',
  });
  const none = await runCommand(['policy', 'test', EXAMPLE, '--filter', 'xyz']);
  expect(none.code).toBe(1);
  expect(none.out).toContain('has "xyz" in its name');
});

test('--coverage names what no test tries', async () => {
  const { code, out } = await runCommand(['policy', 'test', EXAMPLE, '--coverage']);
  expect(code).toBe(0);
  expect(out).toContain('rules        2 of 3 matched\n');
  expect(out).toContain('daily-limit  ');
  expect(out).toContain('  No test matches this rule.\n');
  expect(out).toContain('  wallet tagged "payments": never false\n');
  expect(out).toContain('value > 10,000 USD: no test one step below, at the limit, one step above');
  const json = await runCommand(['policy', 'test', EXAMPLE, '--coverage', '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ ok: true, coverage: { rulesMatched: 2 } });
});

test('--junit and --lcov write files for other tools', async () => {
  const folder = temporaryFolder();
  const [junit, lcov] = [join(folder, 'junit.xml'), join(folder, 'lcov.info')];
  await runCommand(['policy', 'test', EXAMPLE, '--junit', junit, '--lcov', lcov]);
  expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="Acme vendor payments" tests="2"');
  expect(readFileSync(lcov, 'utf8')).toContain('FNDA:1,vendor-list');
});

test('--watch runs again when a file changes, and ends when it is interrupted', async () => {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  const policy = join(folder, POLICY);
  const text = readFileSync(policy, 'utf8');
  const lines: string[] = [];
  let interrupt: (() => void) | undefined;
  const terminal = {
    out: (line: string) => {
      lines.push(line);
      if (line === '2 passed, 0 failed') {
        writeFileSync(policy, text.replace('value > 10,000 USD', 'value > 100,000 USD'));
      }
      if (line === '1 passed, 1 failed') interrupt?.();
    },
    err: () => undefined,
    colors: false,
    onInterrupt: (end: () => void) => {
      interrupt = end;
    },
  };
  expect(await runCommandLine(['policy', 'test', folder, '--watch'], terminal)).toBe(1);
  expect(lines).toContain('2 passed, 0 failed');
  expect(lines.at(-1)).toBe('1 passed, 1 failed');
});
