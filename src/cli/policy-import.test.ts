import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const BLOCK_ALL = {
  id: 'plc-1',
  name: 'Freeze',
  activityKind: 'Wallets:Sign',
  rule: { kind: 'AlwaysTrigger' },
  action: { kind: 'Block' },
};

/** Runs the import in a folder of its own. */
async function importAll(policies: unknown, ...options: string[]) {
  const folder = temporaryFolder();
  const file = join(folder, 'policies.json');
  writeFileSync(file, JSON.stringify(policies));
  const out = join(folder, 'rules');
  const call = ['policy', 'import', 'dfns-json', file, '--out', out, ...options];
  return { call, out, result: await runCommand(call) };
}

test('the bundle is written, and the report names each difference', async () => {
  const { out, result } = await importAll(
    { items: [BLOCK_ALL] },
    '--effective',
    '2026-07-01T00:00',
  );
  expect(result.code).toBe(0);
  expect(result.out).toContain('1 policy imported');
  expect(result.out).toContain('differs   DFNS allows what no policy speaks about');
  const text = readFileSync(join(out, 'imported.policy'), 'utf8');
  expect(text).toContain('effective from 2026-07-01T00:00 UTC');
  expect(text).toContain('rule freeze "Freeze" {');
});

test('what is left out ends with 1', async () => {
  const { result } = await importAll({ items: [{ ...BLOCK_ALL, status: 'Archived' }] });
  expect(result.code).toBe(1);
  expect(result.out).toContain('left out  Freeze: Its status is Archived.');
});

test('nothing is overwritten', async () => {
  const { call } = await importAll({ items: [BLOCK_ALL] });
  expect(await runCommand(call)).toMatchObject({
    code: 2,
    err: expect.stringContaining('exists already'),
  });
});

test('rules of Fireblocks become a bundle, and what is left out ends with 1', async () => {
  const folder = temporaryFolder();
  const [file, map] = [join(folder, 'tap.json'), join(folder, 'map.json')];
  const rule = {
    type: 'TRANSFER',
    action: 'ALLOW',
    asset: 'USDC',
    amount: 0,
    amountCurrency: 'USD',
    amountScope: 'SINGLE_TX',
    periodSec: 0,
  };
  writeFileSync(file, JSON.stringify({ policy: { rules: [rule] } }));
  writeFileSync(map, JSON.stringify({ assets: { USDC: 'USDC@ethereum' } }));
  const call = ['policy', 'import', 'tap-json', file, '--effective', '2026-07-01T00:00', '--out'];
  const bare = await runCommand([...call, join(folder, 'bare')]);
  expect(bare.code).toBe(1);
  expect(bare.out).toContain('left out  rule 1: Not said here: the asset USDC, which the map does');
  const named = await runCommand([...call, join(folder, 'named'), '--map', map]);
  expect(named.code).toBe(0);
  expect(named.out).toContain('1 rule imported into');
  const text = readFileSync(join(folder, 'named', 'imported.policy'), 'utf8');
  expect(text).toContain('let tap-1 = asset is USDC@ethereum');
});

test.each([
  [['policy', 'import', 'tap-json', 'x.json'], /--out/],
  [['policy', 'import', 'dfns-json'], /Name the file/],
  [['policy', 'import', 'dfns-json', 'x.json'], /--out/],
  [['policy', 'import', 'dfns-json', 'no-such.json', '--out', 'y'], /there is no such file/],
  [['policy', 'import'], /There is no command/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('a time that does not exist is a wrong call', async () => {
  const { result } = await importAll([], '--effective', '2026-02-30T00:00 UTC');
  expect(result).toMatchObject({ code: 2, err: expect.stringContaining('no time') });
});
