import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HDKey } from '@scure/bip32';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { dealingText, sealDealing } from '#signing/lifecycle/dealing-text.ts';
import { splitKey } from '#signing/lifecycle/import.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { SECP256K1 } from '#signing/prime-group.ts';
import { seededRandom } from '#signing/simulator.ts';
import { runCommand } from '#testing/command-line.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';

let stage: GatewayStage;
let ada: Visitor;
let folder: string;
let admin: string;
let clerk: string;

const random = seededRandom('cli/key.test');

const run = (words: readonly string[], keyFile = admin) =>
  runCommand(['key', ...words], { COUNTERSIGN_KEY_FILE: keyFile, COUNTERSIGN_URL: stage.url });

async function account(name: string, role: 'admin' | 'finance-operator'): Promise<string> {
  const file = join(folder, name);
  const words = ['service-account', 'keygen', file, '--origin', stage.services.origin];
  const { out } = await runCommand(words);
  await ada.client.createServiceAccount({ name, roles: [role], publicKey: out });
  return file;
}

beforeAll(async () => {
  stage = await openGatewayStage({ worker: true });
  ada = await stage.found();
  folder = mkdtempSync(join(inject('testFolder'), 'cli-keys-'));
  admin = await account('admin', 'admin');
  clerk = await account('clerk', 'finance-operator');
}, 60_000);
afterAll(() => stage.close());

const idIn = (text: string): string => /key_[0-9a-f-]{36}/.exec(text)?.[0] ?? '';

async function create(name: string): Promise<string> {
  const made = await run(['create', name]);
  expect(made).toMatchObject({ code: 0 });
  return idIn(made.out);
}

test('a key is made while the command waits, listed, shown, refreshed and extended', async () => {
  const made = await run(['create', 'Treasury']);
  expect(made.code).toBe(0);
  expect(made.err).toMatch(/creating, the nodes are at it: create/);
  expect(made.out).toMatch(/^state +active$/m);
  const id = idIn(made.out);
  expect((await run(['list'])).out).toContain(`${id}  ecdsa-secp256k1   active  Treasury`);
  const wallet = await ada.client.createWallet({ network: 'local-evm', name: 'A', keyId: id });
  await expect.poll(async () => (await ada.client.wallet(wallet.id)).state).toBe('ACTIVE');
  const { address } = await ada.client.wallet(wallet.id);
  const shown = await run(['show', id]);
  expect(shown.out).toMatch(new RegExp(`^wallet +m/44/60/0/0/0 +local-evm ${address} A$`, 'm'));
  const json = JSON.parse((await run(['show', id, '--json'])).out) as object;
  expect(json).toMatchObject({ id, state: 'ACTIVE', wallets: [{ address }] });
  const refreshed = await run(['refresh', id]);
  expect(refreshed).toMatchObject({ code: 0 });
  expect(refreshed.out).toMatch(/^new shares +2/m);
  const { out: xpub } = await run(['xpub', id, '--path', 'm/44/60/0/0']);
  expect(HDKey.fromExtendedKey(xpub).depth).toBe(4);
});

test('what the nodes refuse for good ends with exit code 1 and their reason', async () => {
  const id = await create('Doomed');
  const { refreshKey } = stage.cluster;
  stage.cluster.refreshKey = () =>
    Promise.reject(new PlatformError('EVIDENCE_REJECTED', { reason: 'no such key here' }));
  const refused = await run(['refresh', id]);
  stage.cluster.refreshKey = refreshKey;
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/^EVIDENCE_REJECTED: .*no such key here/m);
});

test('a reshare waits for the operators of the dealers, and the key stays', async () => {
  const id = await create('Moving');
  const { publicKey } = await ada.client.key(id);
  const { reshareKey: before } = stage.cluster;
  stage.cluster.reshareKey = once({ publicKey: Buffer.from(publicKey ?? '', 'hex') });
  const sets = ['--dealers', '2,1', '--receivers', '2,3', '--threshold', '2'];
  const moved = await run(['reshare', id, ...sets]);
  stage.cluster.reshareKey = before;
  expect(moved).toMatchObject({ code: 0, out: expect.stringContaining(publicKey ?? '') });
  expect(moved.err).toContain(`signer approve reshare --key ${id} --receivers 2,3 --threshold 2`);
  const asked: unknown[] = [];
  const { refreshKey } = stage.cluster;
  stage.cluster.refreshKey = (request) => {
    asked.push(request);
    return refreshKey(request);
  };
  await run(['refresh', id]);
  stage.cluster.refreshKey = refreshKey;
  expect(asked).toEqual([{ keyId: id, holders: [2, 3] }]);
}, 20_000);

function dealt(name: string): { readonly file: string; readonly publicKey: string } {
  const parties = [1, 2, 3];
  const secret = BigInt(`0x${hex(random(31))}`);
  const chainCode = random(32);
  const split = splitKey({ group: SECP256K1, secret, parties, threshold: 2, chainCode, random });
  const recipients = new Map(parties.map((party) => [party, recipientOf(random(32))]));
  const file = join(folder, name);
  writeFileSync(file, `${dealingText(sealDealing(SECP256K1, split, recipients, random))}\n`);
  return { file, publicKey: hex(split.announcement.coefficients[0] ?? new Uint8Array()) };
}

const wordless = () => Promise.reject(new PlatformError('OPERATOR_APPROVAL_REQUIRED'));

/** The second time the operators have said so. */
const once = <Answer>(answer: Answer) => {
  let tries = 0;
  return () => ((tries += 1) === 1 ? wordless() : Promise.resolve(answer));
};

test('an import tells the operators what to run, waits for them, and ends with the key', async () => {
  const { file, publicKey } = dealt('dealing');
  const { client } = ada;
  const donor = await client.key(await create('Donor'));
  const made = { publicKey: Buffer.from(donor.publicKey ?? '', 'hex'), chainCode: random(32) };
  const { importKey: before } = stage.cluster;
  stage.cluster.importKey = once(made);
  const taken = await run(['import', file, '--name', 'Old', '--scheme', 'ecdsa-secp256k1']);
  stage.cluster.importKey = before;
  expect(taken.code).toBe(0);
  expect(taken.err).toMatch(
    new RegExp(
      `countersign signer approve import --key key_\\S+ --organization org_\\S+ ` +
        `--scheme ecdsa-secp256k1 --public-key ${publicKey} --node FOLDER`,
    ),
  );
  expect(taken.err).toMatch(/waiting: .*\(OPERATOR_APPROVAL_REQUIRED\)/);
  expect(taken.out).toMatch(/^provenance +imported$/m);
}, 20_000);

test('an export waits for its operators, writes the shares, and fetches them again', async () => {
  const id = await create('Leaving');
  const recipient = hex(recipientOf(random(32)));
  const { exportKey: before } = stage.cluster;
  stage.cluster.exportKey = once({ shares: ['one', 'two'] });
  const file = join(folder, 'shares');
  const words = ['export', id, '--recipient', recipient, '--exporters', '1,2', '--out'];
  const left = await run([...words, file]);
  stage.cluster.exportKey = before;
  expect(left).toMatchObject({ code: 0 });
  expect(left.err).toContain(`signer approve export --key ${id} --recipient ${recipient}`);
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await run([...words, `${file}-again`]);
  expect(again).toMatchObject({ code: 0, err: '' });
  expect(readFileSync(`${file}-again`, 'utf8')).toBe('one\ntwo\n');
  const taken = await run([...words, file]);
  expect(taken).toMatchObject({ code: 2, err: expect.stringMatching(/^INVALID_INPUT: .*EEXIST/) });
  expect((await run([...words, `${file}-clerk`], clerk)).code).toBe(1);
}, 20_000);

test.each([
  [['create'], 2, /Name the key/],
  [['create', 'x', '--scheme', 'rsa'], 2, /^INVALID_INPUT: .*names no signature scheme/],
  [['show', 'key_nonsense'], 2, /^INVALID_INPUT: /],
  [['refresh', 'key_00000000-0001-7000-8000-000000000000'], 2, /^NOT_FOUND: /],
  [['xpub'], 2, /Name a key/],
  [['import', 'no-such-file', '--name', 'x', '--scheme', 'ecdsa-secp256k1'], 2, /cannot be read/],
  [['import', 'x', '--name', 'x'], 2, /--scheme is missing/],
  [['export', 'x', '--recipient', 'ab', '--exporters', '1;2', '--out', 'y'], 2, /like 1,2/],
  [['reshare', 'x', '--dealers', '1,2', '--receivers', '1,2,3'], 2, /--threshold is missing/],
  [['list', 'all'], 2, /one word too many/],
])('%j is refused with exit code %i', async (words, code, message) => {
  const result = await run(words);
  expect(result).toMatchObject({ code, out: '' });
  expect(result.err).toMatch(message);
});

test('who may not, is told so; and every command has its help', async () => {
  const { code, err } = await run(['create', 'Own'], clerk);
  expect(code).toBe(1);
  expect(err).toMatch(/^FORBIDDEN: /);
  for (const command of [
    'create',
    'list',
    'show',
    'refresh',
    'reshare',
    'import',
    'export',
    'xpub',
  ]) {
    const help = await run([command, '--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(new RegExp(`^Usage: countersign key ${command}`));
  }
});
