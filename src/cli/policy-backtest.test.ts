import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '#cli/command-line.ts';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');
const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';

const HISTORY = `id,at,wallet,tags,initiator,asset,amount,recipient,price
trf-1,2026-07-02T10:00:00Z,wa-1,payments,alice,USDC@local-evm,500,${VENDOR},1.00
trf-2,2026-07-02T11:00:00Z,wa-1,payments,alice,USDC@local-evm,"5,000",${VENDOR},1.00
trf-3,2026-07-02T12:00:00Z,wa-1,payments,alice,USDC@local-evm,"20,000",${VENDOR},1.00
`;

/** A history, and a new version of the example with a lower limit. */
function stage() {
  const folder = temporaryFolder();
  const history = join(folder, 'july.csv');
  writeFileSync(history, HISTORY);
  const next = join(folder, 'next');
  cpSync(EXAMPLE, next, { recursive: true });
  const path = join(next, 'vendor-payments.policy');
  const text = readFileSync(path, 'utf8').replace('> 10,000 USD', '> 1,000 USD');
  writeFileSync(path, text.replace(/version +3/, 'version 4'));
  return ['policy', 'backtest', history, EXAMPLE, next];
}

test('the report counts answers, money and shows the largest requests', async () => {
  const { code, out } = await runCommand(stage());
  expect(code).toBe(0);
  expect(out).toBe(`Old: Acme vendor payments, version 3
New: Acme vendor payments, version 4

requests             3
                   old         new
allowed              2           1
approval             1           2
blocked              0           0

1 answer changes (33.33 %)

tightened: allowed -> approval, 1 request
  money affected: 5,000 USD
  of which 5,000 USDC@local-evm
  - 2026-07-02T11:00:00.000Z trf-2 5,000 USDC from wa-1 to ${VENDOR}
    now approval by 1 of managers, not by the initiator, within 24 hours
    rules: +manager-approval`);
});

test('--json prints one object', async () => {
  const { out } = await runCommand([...stage(), '--json', '--examples', '0']);
  expect(JSON.parse(out)).toEqual({
    requests: 3,
    changed: 1,
    before: { ALLOW: 2, PENDING: 1, BLOCK: 0 },
    after: { ALLOW: 1, PENDING: 2, BLOCK: 0 },
    changes: [
      {
        before: 'ALLOW',
        after: 'PENDING',
        direction: 'tightened',
        count: 1,
        amounts: { 'USDC@local-evm': '5000000000' },
        values: { USD: '500000' },
        examples: [],
      },
    ],
  });
});

test('progress goes where somebody looks, and not into the report', async () => {
  const lines: string[] = [];
  const progress: string[] = [];
  const terminal = {
    out: (line: string) => lines.push(line),
    err: () => 0,
    colors: false,
    progress: (line: string) => progress.push(line),
  };
  await runCommandLine(stage(), terminal);
  expect(progress).toContain('100 %, 3 requests');
  expect(progress.at(-1)).toBe('');
  expect(lines.join('\n')).not.toContain('%, 3');
});

test.each([
  [['policy', 'backtest'], /Name a history/],
  [['policy', 'backtest', 'no-such.csv', EXAMPLE, EXAMPLE], /no such file/],
  [['policy', 'backtest', 'a.csv', EXAMPLE, EXAMPLE, '--examples', 'x'], /takes a number/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('a bundle that does not compile ends with 1', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.policy'), 'rule');
  const { code, err } = await runCommand(['policy', 'backtest', 'a.csv', EXAMPLE, folder]);
  expect(code).toBe(1);
  expect(err).toContain('1 error');
});
