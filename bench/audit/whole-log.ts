/** An export of an audit log with everything in it, and what its auditor brings, as files. */
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { hex } from '#core/bytes.ts';
import { NODES } from '#testing/audit-log.ts';
import { AuditedCompany } from '#testing/audited-company.ts';

/** Of six payments one takes two approvers; a policy is published now and then. */
const APPROVED_EVERY = 6;
const PUBLISHED_EVERY = 5_000;

export type WrittenLog = {
  readonly entries: number;
  /** What follows `countersign`. */
  readonly command: readonly string[];
};

/** At least this many entries, with a checkpoint after so many each time, in this folder. */
export async function writeLog(
  folder: string,
  wanted: { readonly entries: number; readonly every: number; readonly seed: string },
  tell: (entries: number) => void = () => undefined,
): Promise<WrittenLog> {
  const company = await AuditedCompany.open(wanted.seed);
  for (let paid = 1; company.entries < wanted.entries; paid++) {
    await company.pay({ dollars: paid % APPROVED_EVERY === 0 ? 20_000n : 5n });
    if (paid % PUBLISHED_EVERY === 0) {
      await company.publish(1 + paid / PUBLISHED_EVERY);
      company.tellChanges();
    }
    tell(company.entries);
  }
  const path = join(folder, 'log.jsonl');
  const file = createWriteStream(path);
  for (const line of company.lines(wanted.every)) {
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  const keys = join(folder, 'node-keys.json');
  const committee = NODES.map(({ party, cosigner }) => ({
    party,
    identity: hex(cosigner.publicKey),
  }));
  writeFileSync(keys, JSON.stringify({ threshold: 2, committee }));
  const { genesis, entries } = company;
  const options = ['--node-keys', keys, '--genesis', genesis, '--json'];
  return { entries, command: ['audit', 'verify', path, ...options] };
}
