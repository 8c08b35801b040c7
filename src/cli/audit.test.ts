import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import type { WalletId } from '#core/ids.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { authorityEntries } from '#persistence/authority.ts';
import { reader } from '#persistence/database.ts';
import { Wallet } from '#persistence/wallet.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { runCommand } from '#testing/command-line.ts';
import { type GatewayStage, openGatewayStage } from '#testing/gateway-stage.ts';
import { generateKey } from '#workflow/generate-key.ts';

let stage: GatewayStage;
let folder: string;
let keyFile: string;
let exported: string;
let nodeKeys: string;
let genesis: string;

const platform = (...words: readonly string[]) =>
  runCommand(words, { COUNTERSIGN_KEY_FILE: keyFile, COUNTERSIGN_URL: stage.url });
const verify = (file: string, ...more: readonly string[]) =>
  runCommand(['audit', 'verify', file, '--node-keys', nodeKeys, '--genesis', genesis, ...more]);

beforeAll(async () => {
  stage = await openGatewayStage();
  const ada = await stage.found();
  const alice = await stage.join(ada, 'Alice', 'finance-operator');
  const bob = await stage.join(ada, 'Bob', 'treasury-manager');
  await stage.join(ada, 'Ben', 'treasury-manager');
  const carol = await stage.join(ada, 'Carol', 'compliance');
  await carol.client.publishPolicy(policyFiles({ version: 1 }));
  const wallet = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  const { id } = await ada.client.createWallet(wallet);
  await generateKey(stage.services, id as WalletId);
  const payment = { walletId: id, asset: USDC, amount: dollars(20_000), to: VENDOR };
  const made = await alice.client.createTransfer({ ...payment, externalId: 'one' });
  const approvalId = made.approvals[0]?.id ?? '';
  const shown = await bob.client.approval(approvalId);
  await bob.client.decideApproval({ approvalId, decision: 'APPROVE' }, shown);
  folder = mkdtempSync(join(inject('testFolder'), 'cli-audit-'));
  keyFile = join(folder, 'auditor.key');
  const words = ['service-account', 'keygen', keyFile, '--origin', stage.services.origin];
  const { out: publicKey } = await runCommand(words);
  await ada.client.createServiceAccount({ name: 'Auditor', roles: ['compliance'], publicKey });
  nodeKeys = join(folder, 'node-keys.json');
  const committee = stage.cluster.cosigners.map(({ publicKey: identity }, index) => ({
    party: index + 1,
    identity: hex(identity),
  }));
  writeFileSync(nodeKeys, JSON.stringify({ threshold: 2, committee }));
  exported = join(folder, 'log.jsonl');
  const { organization } = await reader(stage.services.db).findOneOrFail(Wallet, {
    id: id as WalletId,
  });
  const [first] = await authorityEntries(reader(stage.services.db), organization, 0, 1);
  genesis = first?.hash ?? '';
  expect(await platform('audit', 'export', exported)).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => stage.close());

test('an export is verified with nothing but the keys of the nodes', async () => {
  const { code, out } = await verify(exported, '--json');
  const { entries, judged, fault } = JSON.parse(out) as {
    entries: number;
    judged: object;
    fault: unknown;
  };
  expect({ code, fault }).toEqual({ code: 0, fault: undefined });
  expect(entries).toBeGreaterThan(10);
  // A payment and its vote, and the votes of two appointments.
  expect(judged).toMatchObject({ assertions: 4, decisions: 2, erased: 0 });
});

/** The export with one line changed. */
function damaged(is: string, change: (line: string) => string): string {
  const path = join(folder, `${crypto.randomUUID()}.jsonl`);
  const lines = readFileSync(exported, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(is));
  expect(lines[at] ?? '').toContain(is);
  writeFileSync(path, lines.with(at, change(lines[at] ?? '')).join('\n'));
  return path;
}

test.each([
  ['an entry', 'approval.voted', '"actor":"usr_', '"actor":"usr_f', /it was changed/],
  [
    'its particulars',
    'approval.voted',
    '"decision":"APPROVE"',
    '"decision":"REJECT"',
    /particulars/,
  ],
  [
    'a statement',
    '"action":"transfer.created"',
    '"clientDataJSON":"',
    '"clientDataJSON":"A',
    /another statement was signed/,
  ],
  [
    'a decision',
    '"action":"transfer.created"',
    '\\"outcome\\":',
    '\\"outcame\\":',
    /digest is of another/,
  ],
  ['a change of authority', '250,000', '250,000', '260,000', /authority log does not hold/],
  [
    'a checkpoint',
    '"kind":"checkpoint"',
    'countersign.internal/audit',
    'countersign.internal/other',
    /does not hold/,
  ],
])('%s that was changed is found, and named by its place', async (_, is, from, to, reason) => {
  const path = damaged(is, (line) => {
    expect(line).toContain(from);
    return line.replace(from, to);
  });
  const { code, out } = await verify(path);
  expect(code).toBe(1);
  expect(out).toMatch(reason);
  expect(out).toMatch(/^Entr(y \d+|ies \d+ to \d+)/m);
});

test('a log that is cut at an older checkpoint passes alone, and not beside a newer one', async () => {
  const lines = readFileSync(exported, 'utf8').trimEnd().split('\n');
  const { note } = JSON.parse(lines.at(-1) ?? '') as { note: string };
  const newest = join(folder, 'newest.checkpoint');
  writeFileSync(newest, note);
  const again = join(folder, 'again.jsonl');
  expect(await platform('audit', 'export', again)).toMatchObject({ code: 0 });
  expect(await verify(again, '--checkpoint', newest)).toMatchObject({ code: 0 });
  const last = readFileSync(again, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  writeFileSync(newest, (JSON.parse(last) as { note: string }).note);
  expect(await verify(exported)).toMatchObject({ code: 0 });
  const cut = await verify(exported, '--checkpoint', newest);
  expect(cut.code).toBe(1);
  expect(cut.out).toMatch(/the log was cut/);
});

test('an entry is proven, and one of nobody is not found', async () => {
  const entry = readFileSync(exported, 'utf8').split('\n')[3] ?? '';
  const { id } = (JSON.parse(entry) as { entry: { id: string } }).entry;
  const { code, out } = await platform('audit', 'prove', id);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ entries: [{ entry: { id } }] });
  const unknown = await platform('audit', 'prove', 'aud_0197c1de-0000-7000-8000-000000000000');
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('NOT_FOUND') });
});

test.each([
  ['no file', ['audit', 'verify'], /Name the file/],
  ['no keys', ['audit', 'verify', 'log.jsonl'], /--node-keys/],
  [
    'no genesis',
    ['audit', 'verify', 'log.jsonl', '--node-keys', 'node-keys.json', '--genesis', 'first'],
    /--genesis/,
  ],
])('a call with %s is wrong', async (_, words, reason) => {
  const { code, err } = await runCommand(words);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(reason) });
});

test('a file of something else is no export', async () => {
  const path = join(folder, 'other.jsonl');
  writeFileSync(path, '{"kind":"entry"}\n');
  expect(await verify(path)).toMatchObject({ code: 2 });
  expect(await verify(join(folder, 'nowhere'))).toMatchObject({ code: 2 });
});
