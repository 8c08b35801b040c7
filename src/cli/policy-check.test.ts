import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');
const POLICY = 'vendor-payments.policy';

/** A copy of the example with its policy changed. */
function changed(change: (text: string) => string): string {
  const folder = temporaryFolder();
  cpSync(EXAMPLE, folder, { recursive: true });
  const path = join(folder, POLICY);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
}

test('--fix corrects what leaves no doubt, one mistake behind the other', async () => {
  const before = readFileSync(join(EXAMPLE, POLICY), 'utf8');
  const folder = changed((text) =>
    text
      .replace('in approved-vendors', 'in aproved-vendors')
      .replace('v\u0061lue >', 'v\u0430lue >'),
  );
  expect((await runCommand(['policy', 'check', folder])).code).toBe(1);
  const { code, out } = await runCommand(['policy', 'check', folder, '--fix']);
  expect(code).toBe(0);
  expect(out).toMatch(/^2 places corrected\n3 files: no errors/);
  expect(readFileSync(join(folder, POLICY), 'utf8')).toBe(before);
});

test('--fix leaves alone what it cannot correct', async () => {
  const folder = changed((text) => text.replace('> 10,000 USD', '> 10,000'));
  const before = readFileSync(join(folder, POLICY), 'utf8');
  expect((await runCommand(['policy', 'check', folder, '--fix'])).code).toBe(1);
  expect(readFileSync(join(folder, POLICY), 'utf8')).toBe(before);
});

test('lists and groups of the registry come from the file beside the policy', async () => {
  const folder = changed((text) =>
    text
      .replace('"lists/approved-vendors.csv"', '"registry"')
      .replace('"groups.yaml"', '"registry"'),
  );
  for (const path of ['lists', 'groups.yaml']) rmSync(join(folder, path), { recursive: true });
  const unknown = await runCommand(['policy', 'check', folder]);
  expect(unknown.code).toBe(1);
  expect(unknown.out).toMatch(/NO_REGISTRY\n[^]*registry\.json beside the policy/);
  const address = '0x52908400098527886E0F7030069857D2E4169EE7';
  const lists = {
    'approved-vendors': { entries: [{ label: 'XYZ', network: 'local-evm', address }] },
  };
  const groups = { managers: { members: [{ email: 'bob@acme.example' }] } };
  writeFileSync(join(folder, 'registry.json'), JSON.stringify({ lists, groups }));
  expect((await runCommand(['policy', 'check', folder])).code).toBe(0);
  expect((await runCommand(['policy', 'test', folder])).code).toBe(0);
});

test('a warning fails the check where it is asked to', async () => {
  const folder = changed((text) => text.replaceAll(/ {2}control .*\n/g, ''));
  const lax = await runCommand(['policy', 'check', folder]);
  expect(lax).toMatchObject({ code: 0, out: expect.stringContaining('warning') });
  const strict = await runCommand(['policy', 'check', folder, '--warnings-as-errors']);
  expect(strict.code).toBe(1);
});

const looser = (text: string) => text.replace('250,000 USD', '500,000 USD');

test('--against another version warns of what is looser and does not say why', async () => {
  const silent = await runCommand(['policy', 'check', changed(looser), '--against', EXAMPLE]);
  expect(silent.code).toBe(0);
  expect(silent.out).toMatch(/UNEXPLAINED\n +The rule daily-limit lets more through than before/);
  const same = await runCommand(['policy', 'check', EXAMPLE, '--against', EXAMPLE]);
  expect(same.out).not.toContain('UNEXPLAINED');
  const broken = changed((text) => text.replace('> 10,000 USD', '> 10,000'));
  expect((await runCommand(['policy', 'check', EXAMPLE, '--against', broken])).code).toBe(1);
});

test('--format sarif prints a log for code review', async () => {
  const folder = changed((text) => text.replace('in approved-vendors', 'in aproved-vendors'));
  const { code, out } = await runCommand(['policy', 'check', folder, '--format', 'sarif']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    version: '2.1.0',
    runs: [{ results: [{ ruleId: 'UNKNOWN_NAME', fixes: [{}] }] }],
  });
});

test('an unknown format is a wrong call', async () => {
  const { code, err } = await runCommand(['policy', 'check', EXAMPLE, '--format', 'xml']);
  expect(code).toBe(2);
  expect(err).toMatch(/There is no format xml; use human, json, sarif/);
});

test('--tests names the rules and limits that no test tries', async () => {
  const { code, out } = await runCommand(['policy', 'check', EXAMPLE, '--tests']);
  expect(code).toBe(0);
  expect(out).toMatch(/No test matches the rule daily-limit/);
  expect(out).toMatch(
    /manager-approval with a value of 9,999.99 USD, 10,000.00 USD, 10,000.01 USD/,
  );
});
