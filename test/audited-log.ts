/**
 * After all that has happened to the company and its platform, its audit log is whole: to an auditor who
 * has the nodes' keys and the genesis that their operators have pinned, and nothing else.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { runCommand } from '#testing/command-line.ts';
import type { Company } from './company.ts';
import type { System } from './system.ts';

type Pinned = { readonly organization: string; readonly genesis: string };
type Verdict = {
  readonly entries: number;
  readonly judged: Readonly<Record<string, number>>;
  readonly fault?: object;
};

export function auditedLog(system: () => System, company: () => Company): void {
  test('every payment of the company had the authority, the votes and the receipts it needed', async () => {
    const folder = mkdtempSync(path.join(inject('testFolder'), 'audited-log-'));
    const at = (name: string): string => path.join(folder, name);
    const node = path.join(system().platform.dataDir, 'signers/1');
    const run = async (...words: readonly string[]): Promise<string> => {
      const { code, out, err } = await runCommand(words, {
        COUNTERSIGN_KEY_FILE: at('auditor'),
        COUNTERSIGN_URL: system().platform.url,
      });
      expect({ code, err, out: code === 0 ? '' : out }).toEqual({ code: 0, err: '', out: '' });
      return out;
    };
    const publicKey = await run(
      'service-account',
      'keygen',
      at('auditor'),
      '--origin',
      system().platform.url,
    );
    const account = { name: 'Auditor', roles: ['compliance' as const], publicKey };
    await company().ada.client.createServiceAccount(account);
    await run('audit', 'export', at('log.jsonl'));
    const [head = ''] = readFileSync(at('log.jsonl'), 'utf8').split('\n', 1);
    const { organization } = JSON.parse(head) as { readonly organization: string };
    const status = await run('signer', 'status', '--node', node, '--json');
    const { organizations } = JSON.parse(status) as { readonly organizations: readonly Pinned[] };
    const pinned = organizations.find((one) => one.organization === organization);
    const auditor = [
      '--node-keys',
      path.join(node, 'node.json'),
      '--genesis',
      `${pinned?.genesis}`,
    ];
    const told = await run('audit', 'verify', at('log.jsonl'), ...auditor, '--json');
    const { entries, judged, fault } = JSON.parse(told) as Verdict;
    expect(fault).toBeUndefined();
    expect(entries).toBeGreaterThan(10);
    expect(Math.min(judged['signatures'] ?? 0, judged['decisions'] ?? 0)).toBeGreaterThan(0);
    expect(judged['receipts']).toBeGreaterThanOrEqual(3 * (judged['signatures'] ?? 0));
  });
}
