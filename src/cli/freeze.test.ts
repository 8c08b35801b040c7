import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { runCommand } from '#testing/command-line.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { RoleName } from '#sdk/types.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';

let stage: GatewayStage;
let ada: Visitor;
let carol: Visitor;
let folder: string;
let walletId: string;

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  carol = await stage.join(ada, 'Carol', 'compliance');
  folder = mkdtempSync(join(inject('testFolder'), 'cli-freeze-'));
  for (const role of ['compliance', 'finance-operator'] as const) await employ(role);
  walletId = (await ada.client.createWallet({ network: 'local-evm', name: 'Operations' })).id;
}, 60_000);
afterAll(() => stage.close());

/** A service account of this role, with its key in a file of that name. */
async function employ(role: RoleName): Promise<void> {
  const keygen = ['service-account', 'keygen', join(folder, role), '--origin'];
  const { out } = await runCommand([...keygen, stage.services.origin]);
  await ada.client.createServiceAccount({ name: role, roles: [role], publicKey: out });
}

const run = (role: 'compliance' | 'finance-operator', ...words: string[]) =>
  runCommand(words, {
    COUNTERSIGN_KEY_FILE: join(folder, role),
    COUNTERSIGN_URL: stage.url,
  });

test('a program stops a wallet and the organisation, where its role lets it', async () => {
  expect(await run('finance-operator', 'wallet', 'freeze', walletId)).toMatchObject({
    code: 1,
    err: expect.stringContaining('FORBIDDEN'),
  });
  expect(await run('compliance', 'wallet', 'freeze', walletId)).toMatchObject({
    code: 0,
    out: `${walletId} "Operations" is frozen`,
  });
  expect((await ada.client.wallet(walletId)).frozen).toBe(true);
  expect(await run('compliance', 'organization', 'freeze')).toMatchObject({
    code: 0,
    out: 'Acme is frozen',
  });
});

test('an address is verified by the keys of the nodes, and by nothing else', async () => {
  await generateKey(stage.services, walletId as WalletId);
  const shown = await run('compliance', 'wallet', 'show', walletId);
  expect(shown.out).toMatch(/^address +0x[0-9a-fA-F]{40} \(not verified\)$/m);
  const file = join(folder, 'node-keys.json');
  const committee = stage.cluster.cosigners.map(({ publicKey }, index) => ({
    party: index + 1,
    identity: hex(publicKey),
  }));
  writeFileSync(file, JSON.stringify({ threshold: 2, committee }));
  const listed = await run('compliance', 'wallet', 'list', '--node-keys', file);
  expect(listed.out).toMatch(
    /^wal_\S+ {2}ACTIVE {4}local-evm {2}Operations {2}0x\w+ \(verified\)$/,
  );
  writeFileSync(file, JSON.stringify({ threshold: 2, committee: otherOrder(committee) }));
  expect(
    await run('compliance', 'wallet', 'show', walletId, '--node-keys', file, '--json'),
  ).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/node 1, 2 has not signed/) });
});

/** The first two parties with each other's keys. */
const otherOrder = ([one, two, ...others]: { party: number; identity: string }[]) => [
  { ...one, identity: two?.identity },
  { ...two, identity: one?.identity },
  ...others,
];

const EURO = `policy "Euro" {
  version    1
  effective  from 2026-01-01T00:00 UTC
  governs    transfer
  otherwise  block "No"
}

import list approved-vendors from "registry"

rule euro "Euro to vendors" {
  when    asset is TEUR@local-evm and amount <= LIMIT TEUR and recipient in approved-vendors
  then    allow
}
`;

test('the registry is saved into a file that stands for it beside a policy', async () => {
  const entries = [{ label: 'XYZ', network: 'local-evm', address: VENDOR }];
  await carol.client.setAddressList({ name: 'approved-vendors', entries });
  await carol.client.setGroup({ name: 'officers', members: ['carol@acme.example'] });
  const token = {
    network: 'local-evm',
    contract: VENDOR,
    symbol: 'TEUR',
    name: 'Euro',
    decimals: 2,
  };
  await carol.client.registerAsset(token);
  const file = join(folder, 'registry.json');
  expect(await run('compliance', 'registry', 'save', file)).toMatchObject({
    code: 0,
    out: `${file}: 1 lists, 1 groups, 1 tokens`,
  });
  const user = carol.session.viewer.user.id;
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    lists: { 'approved-vendors': { version: 1, entries } },
    groups: { officers: { version: 1, members: [{ email: 'carol@acme.example', user }] } },
    assets: { 'TEUR@local-evm': { decimals: 2, family: 'evm' } },
  });
  const check = async (limit: string) => {
    writeFileSync(join(folder, 'euro.policy'), EURO.replace('LIMIT', limit));
    return run('compliance', 'policy', 'check', folder);
  };
  expect(await check('10.25')).toMatchObject({ code: 0 });
  // Two decimals are what the organisation registered.
  expect((await check('10.255')).code).toBe(1);
  expect((await run('finance-operator', 'registry', 'save', file)).code).toBe(2);
});
