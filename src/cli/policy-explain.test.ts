import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'acme-vendor-payments');
const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';
const UNKNOWN = 'unknown recipient is blocked';

/** A file with a payment to the vendor, with this much spent before. */
function requestFile(spent: string, amount = '50,000'): string {
  const path = join(temporaryFolder(), 'request.json');
  const request = {
    at: '2026-07-02T10:00:00Z',
    request: {
      wallet: { id: 'wa-ops', tags: ['payments'] },
      initiator: { id: 'alice', roles: ['finance-operator'] },
      asset: 'USDC@local-evm',
      amount,
      recipient: VENDOR,
    },
    prices: { 'USDC@local-evm': { USD: '1.00' } },
    totals: { 'sum(value) over last 24h by wallet in USD': spent },
  };
  writeFileSync(path, JSON.stringify(request));
  return path;
}

test('a request is explained in sentences, rule by rule', async () => {
  const { code, out } = await runCommand(['policy', 'explain', EXAMPLE, requestFile('0')]);
  expect(code).toBe(0);
  expect(out)
    .toBe(`The transfer waits for approval by 1 of managers, not by the initiator, within 24 hours.

vendor-list "Pay approved vendors only": matched
  The wallet has the tag "payments", and the recipient Vendor XYZ (${VENDOR}) is on the list approved-vendors.
  So: allow
  ISO27001:A.5.15, ACME-PAY-01

manager-approval "Managers approve payments above $10,000": matched
  50,000 USDC is worth 50,000.00 USD, above 10,000.00 USD.
  So: require approval by 1 of managers, not by the initiator, within 24 hours
  ACME-PAY-03, SOX:404

1 more rule does not match; --all shows them.`);
});

test('a block comes with its reasons, and --all shows every rule', async () => {
  const blocked = await runCommand(['policy', 'explain', EXAMPLE, requestFile('240,000')]);
  expect(blocked.out).toMatch(
    /^The policy blocks the transfer\.\n {2}Daily transfer limit of the wallet is exceeded \(daily-limit\)/,
  );
  const all = await runCommand(['policy', 'explain', EXAMPLE, '--test', UNKNOWN, '--all']);
  expect(all.out).toContain('vendor-list "Pay approved vendors only": not matched');
  expect(all.out).toContain('daily-limit "Daily transfer limit per wallet": data missing');
});

test('--json prints the decision with its trace, canonically', async () => {
  const { out } = await runCommand(['policy', 'explain', EXAMPLE, '--test', UNKNOWN, '--json']);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'BLOCK', rules: [{}, {}, {}] });
  expect(out.startsWith('{"flags":')).toBe(true);
});

test('why-not shows each comparison with what it found', async () => {
  const call = ['policy', 'why-not', 'vendor-list', EXAMPLE, '--test', UNKNOWN];
  const { code, out } = await runCommand(call);
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'The rule vendor-list "Pay approved vendors only" does not match the transfer.',
    'The recipient 0x0000000000000000000000000000000000000001 is not on the list approved-vendors.',
    '',
    'Each comparison of the rule:',
    '  yes The wallet has the tag "payments".',
    '  no  The recipient 0x0000000000000000000000000000000000000001 is not on the list approved-vendors.',
  ]);
});

test('why-not ends with 1 where the rule does match', async () => {
  const call = ['policy', 'why-not', 'manager-approval', EXAMPLE, requestFile('0')];
  const { code, out } = await runCommand(call);
  expect(code).toBe(1);
  expect(out).toMatch(/ matches the transfer\.\n50,000 USDC is worth/);
  const json = await runCommand([...call, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ id: 'manager-approval', outcome: 'matched' });
});

test.each([
  [['policy', 'explain'], /Name a policy file/],
  [['policy', 'explain', EXAMPLE], /Name a file with a request, or a test/],
  [
    ['policy', 'explain', EXAMPLE, 'a.json', '--test', 'b'],
    /Name a file with a request, or a test/,
  ],
  [['policy', 'explain', EXAMPLE, '--test', 'unknown recipient'], /There is no test/],
  [['policy', 'why-not', 'vendor-list'], /Name a rule, then/],
  [['policy', 'why-not', 'vendor-lst', EXAMPLE, '--test', UNKNOWN], /Did you mean vendor-list/],
])('%j is a wrong call', async (words, message) => {
  const { code, err } = await runCommand(words);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});

test('a policy that does not compile explains nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.policy'), 'rule');
  const { code, err } = await runCommand(['policy', 'explain', folder, '--test', 'x']);
  expect(code).toBe(1);
  expect(err).toContain('Nothing is decided: ');
});
