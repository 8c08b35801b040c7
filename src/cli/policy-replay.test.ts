import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { TransferId, WalletId } from '#core/ids.ts';
import { transaction } from '#persistence/database.ts';
import { PolicyDecision } from '#persistence/policy-decision.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { runCommand } from '#testing/command-line.ts';
import { type GatewayStage, openGatewayStage } from '#testing/gateway-stage.ts';

let stage: GatewayStage;
let folder: string;
let keyFile: string;
let transfer: string;

const RULES = `rule hours "Large payments at night" {
  when    not time within Mon..Sun 00:00..24:00 Europe/Paris and not initiator in managers
  then    block "At night"
}

rule people "Few people a day" {
  when    count(distinct recipient) over calendar day by wallet where (value > 1 USD) > 3
  then    block "Too many people"
}
`;

beforeAll(async () => {
  stage = await openGatewayStage();
  const ada = await stage.found();
  const alice = await stage.join(ada, 'Alice', 'finance-operator');
  const bob = await stage.join(ada, 'Bob', 'treasury-manager');
  await stage.join(ada, 'Ben', 'treasury-manager');
  const carol = await stage.join(ada, 'Carol', 'compliance');
  await carol.client.publishPolicy(policyFiles({ version: 1, more: RULES }));
  const wallet = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  const { id } = await ada.client.createWallet(wallet);
  await generateKey(stage.services, id as WalletId);
  const payment = { walletId: id, asset: USDC, amount: dollars(20_000), to: VENDOR };
  const made = await alice.client.createTransfer({ ...payment, externalId: 'one' });
  transfer = made.id;
  const approvalId = made.approvals[0]?.id ?? '';
  await carol.client.publishPolicy(policyFiles({ version: 2, more: RULES }));
  const shown = await bob.client.approval(approvalId);
  await bob.client.decideApproval({ approvalId, decision: 'APPROVE' }, shown);
  folder = mkdtempSync(join(inject('testFolder'), 'cli-replay-'));
  keyFile = join(folder, 'auditor.key');
  const words = ['service-account', 'keygen', keyFile, '--origin', stage.services.origin];
  const { out: publicKey } = await runCommand(words);
  await ada.client.createServiceAccount({ name: 'Auditor', roles: ['compliance'], publicKey });
}, 60_000);
afterAll(() => stage.close());

const replay = (...words: readonly string[]) =>
  runCommand(['policy', 'replay', ...words], {
    COUNTERSIGN_KEY_FILE: keyFile,
    COUNTERSIGN_URL: stage.url,
  });

test('every decision about a payment comes out again, under each version that was asked', async () => {
  const { code, out } = await replay(transfer);
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines.map((line) => /version (\d)/.exec(line)?.[1])).toEqual(['1', '1', '2']);
  expect(lines.every((line) => line.endsWith(': the same, byte for byte'))).toBe(true);
});

test('what was saved is replayed without the platform, and a changed byte is found', async () => {
  const file = join(folder, 'payment.json');
  expect(await replay(transfer, '--save', file)).toMatchObject({ code: 0 });
  expect(await replay(transfer, '--save', file)).toMatchObject({ code: 2, out: '' });
  expect(await runCommand(['policy', 'replay', '--export', file])).toMatchObject({ code: 0 });
  const changed = join(folder, 'changed.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(changed, text.replace(/\\"units\\":\\"(\d+)\\"/, String.raw`\"units\":\"1$1\"`));
  const found = await runCommand(['policy', 'replay', '--export', changed, '--json']);
  expect(found.code).toBe(1);
  const { replays } = JSON.parse(found.out) as { replays: { same: boolean }[] };
  expect(replays.map(({ same }) => same)).toEqual([false, true, true]);
});

test('a decision that was changed in the database is found', async () => {
  const where = { subject: transfer as TransferId, policyVersion: 2 };
  await transaction(stage.services.db, async (tx) => {
    const { trace } = await tx.findOneOrFail(PolicyDecision, where);
    const altered = trace.replace('"outcome":"PENDING"', '"outcome":"ALLOW"');
    expect(altered).not.toBe(trace);
    await tx.nativeUpdate(PolicyDecision, where, { trace: altered });
  });
  const { code, out } = await replay(transfer);
  expect(code).toBe(1);
  expect(out).toMatch(/version 2 .*: not the same\n {2}The digest is of another/);
  expect(out).toMatch(/The trace differs from byte \d+ on/);
});

test.each([
  ['nothing', []],
  ['a transfer and a file', ['trf_1', '--export', 'x.json']],
])('naming %s is a wrong call', async (_, words) => {
  expect((await replay(...words)).code).toBe(2);
});
