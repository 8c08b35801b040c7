/**
 * The life of a key by the commands that people type: made, shared out anew, taken out of the nodes,
 * put together, and taken in again. The nodes, their operators' words and the payments are real.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { dollars } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { runCommand } from '#testing/command-line.ts';
import type { Company } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

const SCHEME = 'ecdsa-secp256k1';
const OPERATORS = [1, 2] as const;

export function keyLife(system: () => System, company: () => Company): void {
  let folder: string;
  let diary: Diary;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(inject('testFolder'), 'key-life-'));
    diary = openDiary(company().alice.client);
    const words = ['service-account', 'keygen', at('account'), '--origin', system().platform.url];
    const { out: publicKey } = await runCommand(words);
    await company().ada.client.createServiceAccount({ name: 'CLI', roles: ['admin'], publicKey });
  });
  afterAll(() => diary?.close());

  const at = (name: string): string => path.join(folder, name);

  /** What a command prints, once it has succeeded. */
  async function run(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await runCommand(words, { COUNTERSIGN_KEY_FILE: at('account') });
    expect({ code, err }).toMatchObject({ code: 0 });
    return out;
  }

  const node = (party: number): string => path.join(system().platform.dataDir, `signers/${party}`);

  async function approve(...words: readonly string[]): Promise<void> {
    for (const party of OPERATORS) await run('signer', 'approve', ...words, '--node', node(party));
  }

  async function pay(walletId: string, externalId: string): Promise<string> {
    const { id } = await company().alice.client.createTransfer({
      walletId,
      asset: 'USDC@local-evm',
      amount: dollars(1),
      to: VENDOR,
      externalId,
    });
    return diary.ended(id);
  }

  test('a key that was refreshed, has left and has come back pays from the same address', async () => {
    const { ada } = company();
    const [key = ''] = /key_[0-9a-f-]{36}/.exec(await run('key', 'create', 'Travelling')) ?? [];
    const wallet = await company().openWallet('Before the journey', key);
    expect(await pay(wallet.id, 'before-the-refresh')).toBe('CONFIRMED');
    expect(await run('key', 'refresh', key)).toMatch(/^new shares +2/m);
    expect(await pay(wallet.id, 'after-the-refresh')).toBe('CONFIRMED');

    const recipient = await run('signer', 'recipient', at('recipient'));
    await approve('export', '--key', key, '--recipient', recipient);
    const box = ['--recipient', recipient, '--exporters', OPERATORS.join(), '--out', at('shares')];
    await run('key', 'export', key, ...box);
    expect((await ada.client.wallet(wallet.id)).state).toBe('ARCHIVED');
    const shares = ['--secret', at('recipient'), '--shares', at('shares')];
    const combined = await run('signer', 'combine', at('whole'), ...shares);
    const [chainCode = ''] = /(?<=chain code +)[0-9a-f]{64}/.exec(combined) ?? [];
    const { publicKey } = await ada.client.key(key);
    expect(combined).toContain(publicKey);

    const secret = ['--scheme', SCHEME, '--secret', at('whole'), '--chain-code', chainCode];
    expect(await run('signer', 'deal', at('dealing'), '--node', node(1), ...secret)).toBe(
      publicKey,
    );
    const dealing = readFileSync(at('dealing'), 'utf8').trim();
    const back = await ada.client.importKey({ name: 'Back', scheme: SCHEME, dealing });
    const { organization } = await ada.client.viewer();
    const of = ['--key', back.id, '--organization', organization.id, '--scheme', SCHEME];
    await approve('import', ...of, '--public-key', publicKey ?? '');
    await expect
      .poll(async () => (await ada.client.key(back.id)).state, { timeout: 30_000 })
      .toBe('ACTIVE');
    const again = await company().openWallet('After the journey', back.id);
    expect(again.address).toBe(wallet.address);
    expect(await pay(again.id, 'after-the-journey')).toBe('CONFIRMED');
  }, 60_000);

  test.each(['worker', 'signer-2', 'gateway'])(
    'a refresh outlives kill -9 of %s, and happens once',
    async (name) => {
      const { ada } = company();
      const [key = ''] = /key_[0-9a-f-]{36}/.exec(await run('key', 'create', name)) ?? [];
      const wallet = await company().openWallet(`Behind ${name}`, key);
      await ada.client.refreshKey({ keyId: key });
      await system().platform.kill(name);
      await system().platform.ensureRunning(name);
      await system().ready();
      await expect
        .poll(async () => (await ada.client.key(key)).task, { timeout: 30_000 })
        .toBe(null);
      const status = await run('signer', 'status', '--node', node(2));
      expect(status).toContain(`${key}  ${SCHEME}  active, generated, epoch 2`);
      expect(await pay(wallet.id, `behind-${name}`)).toBe('CONFIRMED');
    },
    60_000,
  );
}
