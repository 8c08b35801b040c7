import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HDKey } from '@scure/bip32';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SignerCluster } from '#cluster-client/signer-cluster.ts';
import { clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { hex } from '#core/bytes.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { encodePoint, multiplyBase } from '#signing/curve.ts';
import { walletChange } from '#mandate/change-input.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import { TestAuthority } from '#testing/authority.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { runCommand } from '#testing/command-line.ts';
import { restoreNode } from '#testing/restored.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import {
  type SignerProcess,
  type SignerTeam,
  createWallet,
  signerTeam,
  spawnSigner,
} from '#testing/signers.ts';
import { clusterOver, housed } from '#testing/trusted-cluster.ts';

const LOG = { info: () => undefined, warn: () => undefined };
const { organization, wallet } = PAYMENT;
const keyId = idOf('key');

let team: SignerTeam;
let cluster: SignerCluster;
let restored: SignerProcess | undefined;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  cluster = clusterOver(team.links(), LOG);
  await createWallet(cluster, { keyId, organization, wallet });
});

afterAll(async () => {
  await restored?.kill();
  await team.close();
});

const run = (...words: readonly string[]) => runCommand(words);

const at = (name: string): string => join(team.house.dir, name);
const node = (party: number): string => team.house.data(party);

test('every command of an operator tells its usage', async () => {
  const names = [
    'status',
    'xpub',
    'approve',
    'readmit',
    'accept',
    'stand',
    'authority',
    'adopt',
    'backup',
    'restore',
    'seal',
    'recipient',
    'deal',
    'combine',
  ];
  for (const name of names) {
    const { code, out } = await run('signer', name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: countersign signer ${name}`);
  }
});

test('a node says what it holds', async () => {
  const { code, out } = await run('signer', 'status', '--node', node(1));
  expect(code).toBe(0);
  expect(out).toContain('party 1 of 2, 2 sign');
  expect(out).toContain(`${keyId}  ecdsa-secp256k1  active, generated, epoch 1, 2 of parties 1, 2`);
  const asJson = await run('signer', 'status', '--node', node(1), '--json');
  expect(JSON.parse(asJson.out)).toMatchObject({ ok: true, party: 1, approvals: [] });
});

test('a node prints the extended public key below which the wallets of a key lie', async () => {
  const child = { wallet: idOf('wallet', 40), keyId, organization, path: 'm/44/60/0/0/7' };
  const { publicKey } = await cluster.registerWallet(child);
  const account = await run('signer', 'xpub', keyId, 'm/44/60/0/0', '--node', node(2));
  expect(account.code).toBe(0);
  expect(HDKey.fromExtendedKey(account.out).deriveChild(7).publicKey).toEqual(publicKey);
  const root = await run('signer', 'xpub', keyId, '--node', node(1));
  expect(HDKey.fromExtendedKey(root.out).derive(child.path).publicKey).toEqual(publicKey);
});

test.each([
  [['key_nonsense'], /INVALID_INPUT.*key/],
  [[idOf('key', 41)], /NOT_FOUND/],
  [[keyId, "m/44'"], /INVALID_INPUT.*hardened/],
  [[keyId, '44'], /INVALID_INPUT.*path/],
])('the extended public key of %j is refused', async (words, reason) => {
  const { code, err } = await run('signer', 'xpub', ...words, '--node', node(1));
  expect(err).toMatch(reason);
  expect(code).toBe(1);
});

test('an Ed25519 key has no extended public key', async () => {
  const key = idOf('key', 42);
  await cluster.createKey({ keyId: key, organization, scheme: 'frost-ed25519' });
  const { code, err } = await run('signer', 'xpub', key, '--node', node(1));
  expect(err).toMatch(/no public children/);
  expect(code).toBe(1);
});

test.each([
  [['signer', 'status'], 2, /--node is missing/],
  [['signer', 'status', '--node', '/nowhere'], 1, /no signer node runs in/],
  [['signer', 'approve', 'burn', '--node', 'x', '--key', 'k'], 2, /cannot be approved/],
  [['signer', 'approve', 'export', '--node', 'x', '--key', 'k'], 2, /--recipient is missing/],
  [['signer', 'readmit', '--node', 'x', '--organization', 'o', '--party', 'a'], 2, /whole number/],
  [['signer', 'accept', '--node', 'x'], 2, /--party is missing/],
  [['signer', 'stand', '--node', 'x'], 2, /--without is missing/],
  [
    ['signer', 'restore', '/nowhere', '--secret', '/nowhere', '--folder', 'f'],
    2,
    /32 bytes in hex/,
  ],
])('%j is refused', async (words, code, reason) => {
  const answer = await run(...words);
  expect(answer.err).toMatch(reason);
  expect(answer.code).toBe(code);
});

test('a node whose log a worker has ordered otherwise takes the order of the others', async () => {
  const own = await TestAuthority.found('a forked log');
  const { organization: acme } = own.state;
  const made = async (name: string) => {
    const id = own.newId('wallet');
    const input = walletChange({ network: 'local-evm', name, tags: [], keyId: '', externalId: '' });
    const statement = own.statement('createWallet', id, input, own.administrator.id);
    return { change: await own.administrator.sign(statement), approvals: [] };
  };
  const [genesis = '', one, other] = [
    contentText(own.genesis),
    await made('One'),
    await made('Other'),
  ].map((content) => (typeof content === 'string' ? content : contentText(content)));
  for (const [party, entries] of [
    [1, [genesis, one, other]],
    [2, [genesis, other, one]],
  ] as const) {
    const log = at(`order-${party}.json`);
    await writeFile(log, JSON.stringify({ organization: acme, from: 0, entries }));
    const here = ['--node', node(party)];
    await run('signer', 'trust', acme, genesisHash(own.genesis), ...here);
    expect((await run('signer', 'apply', log, ...here)).code).toBe(0);
  }
  const show = async (party: number, ...more: readonly string[]) =>
    (await run('signer', 'authority', acme, '--node', node(party), ...more)).out;
  const saved = at('log-of-2.json');
  const theirs = await show(2, '--save', saved);
  expect(theirs).toMatch(/ends at 2: [0-9a-f]{64}/);
  expect(await show(1)).not.toBe(theirs);
  const evidence = at('given-up.json');
  const adopt = (file: string) =>
    run('signer', 'adopt', file, '--node', node(1), '--evidence', evidence);
  const unsigned = at('unsigned.json');
  const log = JSON.parse(await readFile(saved, 'utf8')) as object;
  await writeFile(unsigned, JSON.stringify({ ...log, receipts: [] }));
  expect((await adopt(unsigned)).err).toMatch(/0 other nodes have this log/);
  expect(await adopt(saved)).toMatchObject({ code: 0, out: theirs });
  expect(await show(1)).toBe(theirs);
  expect(JSON.parse(await readFile(evidence, 'utf8'))).toMatchObject({
    entries: [genesis, one, other],
  });
  expect((await adopt(saved)).out).toMatch(/has the same log/);
});

test('an operator says whom a node trusts, stops an organisation, and lets it go on', async () => {
  const acme = idOf('organization', 70);
  const here = ['--node', node(1)];
  const status = async () => (await run('signer', 'status', ...here)).out;
  const genesis = '11'.repeat(32);
  expect((await run('signer', 'trust', acme, genesis, ...here)).code).toBe(0);
  expect(await status()).toContain(`${acme}  genesis ${genesis}, no log yet`);
  const other = await run('signer', 'trust', acme, '22'.repeat(32), ...here);
  expect(other.err).toMatch(/INVALID_INPUT.*another genesis.*is pinned/);
  expect((await run('signer', 'freeze', acme, ...here)).out).toMatch(/is frozen at this node/);
  expect(await status()).toContain('FROZEN');
  expect((await run('signer', 'thaw', acme, ...here)).out).toMatch(/goes on at this node/);
  expect(await status()).not.toContain('FROZEN');
  const log = at('log.json');
  await writeFile(log, JSON.stringify({ organization: acme, from: 0, entries: ['{}'] }));
  const applied = await run('signer', 'apply', log, ...here);
  expect(applied.err).toMatch(/EVIDENCE_REJECTED/);
  expect(applied.code).toBe(1);
});

test('what a node refuses is told', async () => {
  const words = ['--node', node(1), '--organization', organization, '--party', '9'];
  const { code, err } = await run('signer', 'readmit', ...words);
  expect(err).toMatch(/INVALID_INPUT.*not a member of the committee/);
  expect(code).toBe(1);
  const approved = await run('signer', 'readmit', ...words.slice(0, -1), '2', '--minutes', '5');
  expect(approved.out).toMatch(/^approved once, until /);
  expect((await run('signer', 'status', '--node', node(1))).out).toMatch(/approved: readmit until/);
});

test('a private key goes in through a dealing and comes out through an export', async () => {
  const imported = idOf('key', 2);
  const secret = 'c0ffee'.padStart(64, '0');
  const publicKey = hex(encodePoint(multiplyBase(0xc0ffeen)));
  await writeFile(at('private'), secret);
  const scheme = 'ecdsa-secp256k1';
  const dealt = await run(
    'signer',
    'deal',
    at('dealing'),
    '--node',
    node(1),
    '--scheme',
    scheme,
    '--secret',
    at('private'),
  );
  expect(dealt.out).toBe(publicKey);
  for (const party of [1, 2]) {
    const words = ['--node', node(party), '--key', imported, '--organization', organization];
    const named = ['--scheme', scheme, '--public-key', publicKey];
    expect((await run('signer', 'approve', 'import', ...words, ...named)).code).toBe(0);
  }
  const dealing = (await readFile(at('dealing'), 'utf8')).trim();
  await cluster.importKey({ keyId: imported, organization, scheme, dealing });

  const recipient = (await run('signer', 'recipient', at('recipient'))).out;
  expect((await stat(at('recipient'))).mode & 0o777).toBe(0o600);
  for (const party of [1, 2]) {
    const words = ['--node', node(party), '--key', imported, '--recipient', recipient];
    expect((await run('signer', 'approve', 'export', ...words)).code).toBe(0);
  }
  const asked = { keyId: imported, recipient: Buffer.from(recipient, 'hex'), exporters: [1, 2] };
  const { shares } = await cluster.exportKey(asked);
  await writeFile(at('shares'), shares.join('\n'));
  const words = ['--secret', at('recipient'), '--shares', at('shares')];
  const combined = await run('signer', 'combine', at('whole'), ...words);
  expect(combined.out).toContain(publicKey);
  expect((await readFile(at('whole'), 'utf8')).trim()).toBe(secret);
  expect((await stat(at('whole'))).mode & 0o777).toBe(0o600);
  expect(combined.out).not.toContain(secret);
  expect((await run('signer', 'combine', at('whole'), ...words)).err).toMatch(/cannot be made/);
  await writeFile(at('one-share'), shares[0] ?? '');
  const few = ['--secret', at('recipient'), '--shares', at('one-share')];
  expect((await run('signer', 'combine', at('other'), ...few)).err).toMatch(/TOO_FEW_SHARES/);
});

const isStanding = async () => (await cluster.health())[0]?.isStanding;

test('a node that has started waits for the others, or goes on without one by the word of its operator', async () => {
  const status = async () => (await run('signer', 'status', '--node', node(1))).out;
  await team.kill(2);
  await team.revive(1);
  expect(await isStanding()).toBe(false);
  expect(await status()).toContain('has started anew, and waits for the word of party 2');
  const other = await run('signer', 'stand', '--node', node(1), '--without', '9');
  expect(other.err).toMatch(/INVALID_INPUT.*not a member of the committee/);
  const old = { command: 'approve', operation: 'stand', party: 2, start: '00'.repeat(16) };
  expect(await askNode(node(1), old)).toMatchObject({ ok: false, code: 'INVALID_INPUT' });
  const { out } = await run('signer', 'stand', '--node', node(1), '--without', '2');
  expect(out).toMatch(/^goes on without party 2, in its start [0-9a-f]{32}$/);
  // It takes effect before any worker asks, and holds for no other start.
  expect((await run('signer', 'status', '--node', node(1))).out).not.toContain('started anew');
  await expect.poll(isStanding, { timeout: 30_000 }).toBe(true);
  expect(await status()).not.toMatch(/started anew|approved: stand/);
  // It holds until the next start only.
  await team.revive(1);
  expect(await status()).toContain('waits for the word of party 2');
  await team.revive(2);
  await expect.poll(isStanding, { timeout: 30_000 }).toBe(true);
});

test('a node that is lost comes back from its backup, and signs when its peer accepts it', async () => {
  const recipient = (await run('signer', 'recipient', at('backup-secret'))).out;
  const words = ['--node', node(2), '--recipient', recipient];
  expect((await run('signer', 'backup', at('backup'), ...words)).out).toMatch(/files in/);
  expect((await run('signer', 'backup', at('backup'), ...words)).err).toMatch(/EEXIST/);
  const later = paymentIntent({ externalId: 'after-backup' });
  await cluster.sign({ keyId, mandate: requestFor(later) });
  await team.kill(2);
  const { port } = team.signer(2);
  await rm(node(2), { recursive: true });

  const secret = ['--secret', at('backup-secret')];
  const into = (name: string) => ['signer', 'restore', at('backup'), '--folder', at(name)];
  const wrong = await run(...into('new'), '--secret', at('recipient'));
  expect(wrong.err).toMatch(/damaged, or was made for another recipient/);
  const done = await run(...into('new'), ...secret);
  expect(done.out).toMatch(/^party 2 as of .* 3 keys, in /);
  expect((await run(...into('new'), ...secret)).err).toMatch(/not empty/);
  const box = await readFile(at('backup'));
  for (const text of ['sealing-key', 'genesis']) expect(box.includes(text)).toBe(false);

  restored = await spawnSigner(join(at('new'), 'node.json'), 2, { port });
  const credentials = clientCredentials(team.house.tls);
  const links = [1, 2].map((party) => {
    const address = `127.0.0.1:${party === 1 ? team.signer(1).port : (restored?.port ?? 0)}`;
    return housed(grpcLink(party, address, credentials), team.house.trusted);
  });
  const mandate = requestFor(paymentIntent({ externalId: 'after-restore' }));
  const refused = clusterOver(links, LOG).sign({ keyId, mandate });
  await expect(refused).rejects.toMatchObject({ code: 'KEY_LOCKED' });
  const accepted = await run('signer', 'accept', '--node', node(1), '--party', '2');
  expect(accepted.out).toMatch(/^approved once, until /);
  await expect(clusterOver(links, LOG).sign({ keyId, mandate })).rejects.toMatchObject({
    code: 'KEY_LOCKED',
    context: { reason: expect.stringContaining('NOT_RESTORED') },
  });
  const due = await run('signer', 'status', '--node', node(1));
  expect(due.out).toMatch(/party 2 was set back: it works for no key of org_/);
  const { committee, lost } = await restoreNode(team.house, organization, 2, [1]);
  expect(due.out).toContain(JSON.stringify({ committee, party: 2, lost }));
  await clusterOver(links, LOG).sign({ keyId, mandate });
  await clusterOver(links, LOG).refreshKey({ keyId });
  for (const link of links) link.close();
});
