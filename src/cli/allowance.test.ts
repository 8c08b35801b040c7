/** `countersign wallet allow` as a service account on the real gateway. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { WalletId } from '#core/ids.ts';
import { runCommand } from '#testing/command-line.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { generateKey } from '#workflow/generate-key.ts';

let stage: GatewayStage;
let ada: Visitor;
let keyFile: string;
let walletId: string;

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  const carol = await stage.join(ada, 'Carol', 'compliance');
  const managers = ['carol@acme.example'];
  const governs = 'transfer, allowance';
  await carol.client.publishPolicy(policyFiles({ version: 1, governs, managers }));
  keyFile = join(mkdtempSync(join(inject('testFolder'), 'cli-allowance-')), 'robot');
  const keygen = ['service-account', 'keygen', keyFile, '--origin', stage.services.origin];
  const { out: publicKey } = await runCommand(keygen);
  const account = { name: 'Robot', roles: ['finance-operator'] as const, publicKey };
  await ada.client.createServiceAccount(account);
  const wallet = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  walletId = (await ada.client.createWallet(wallet)).id;
  await generateKey(stage.services, walletId as WalletId);
}, 60_000);
afterAll(() => stage.close());

const COMMON = ['--asset', 'USDC@local-evm', '--spender', VENDOR, '--external-id'];
const allow = (...words: string[]) =>
  runCommand(['wallet', 'allow', walletId, ...COMMON, ...words], {
    COUNTERSIGN_KEY_FILE: keyFile,
    COUNTERSIGN_URL: stage.url,
  });

test('a program gives an allowance, once for each name', async () => {
  const first = await allow('one', '--amount', '5,000 USDC');
  const said = new RegExp(`^trf_\\S+ allowance of 5,000 USDC for ${VENDOR} is QUEUED$`);
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(said) });
  expect(await allow('one', '--amount', '5,000 USDC')).toEqual(first);
  expect(await allow('one', '--amount', '5,001 USDC')).toMatchObject({
    code: 1,
    err: expect.stringContaining('IDEMPOTENCY_CONFLICT'),
  });
  const { items } = await ada.client.transfers({});
  expect(items).toMatchObject([{ kind: 'ALLOWANCE', unlimited: false, to: VENDOR }]);
});

test('one without a bound is refused by a policy that does not name it', async () => {
  expect(await allow('two', '--unlimited')).toMatchObject({
    code: 1,
    out: expect.stringMatching(/unlimited allowance of USDC for \S+ is REJECTED: .*govern/),
  });
});

test.each([
  [['three'], 'either --amount or --unlimited'],
  [['three', '--amount', '1 USDC', '--unlimited'], 'either --amount or --unlimited'],
])('%j is a call that makes no sense', async (words, told) => {
  expect(await allow(...words)).toMatchObject({ code: 2, err: expect.stringContaining(told) });
});
