/**
 * `countersign audit export|prove|verify`: the audit log as a file, the proof of an entry, and the check
 * of such a file with nothing but the nodes' public keys.
 */
import { open, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { invalidInput } from '#core/errors.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import type { CountersignClient } from '#sdk/client.ts';
import { DOCUMENTS } from '#sdk/documents.ts';
import type { AuditExportPage, AuditProof } from '#sdk/types.ts';
import type { KnownRecords } from './audit/known-records.ts';
import { proofThreads } from './audit/proof-threads.ts';
import { type AuditorKnowledge, type Verdict, verifyFile } from './audit/verify-export.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { readNodeKeys } from './node-keys.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable, styled, type Terminal } from './terminal.ts';

const NOTE_BYTES_MAX = 65_536;

export const auditExport: Command = {
  name: 'audit export',
  usage: 'FILE',
  about: 'write the audit log into a file that can be verified without the platform',
  details: [
    'The file has every entry with what it rests on, and the checkpoints that the nodes cosigned. It holds',
    'personal data. A file that is there already is not replaced.',
    ...SIGN_IN_DETAILS,
    '',
    'Example: countersign audit export log.jsonl',
  ],
  run: async (args, terminal, env) => {
    const { words, options } = readArguments(args, { words: 1, options: [...SIGN_IN_OPTIONS] });
    const path = requireWord(words, 'Name the file to write.');
    const lines = await signedIn(options, env, (client) => exportTo(path, client));
    terminal.out(printable(`${path}: ${lines} lines`));
    return 0;
  },
};

async function pageOf(client: CountersignClient, after: number): Promise<AuditExportPage> {
  const variables = { after };
  type Answer = { readonly auditExport: AuditExportPage };
  return (await client.query<Answer>(DOCUMENTS.auditExport, variables)).auditExport;
}

async function exportTo(path: string, client: CountersignClient): Promise<number> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw invalidInput(path, `cannot be made (${cause.code})`, 'Choose another file.');
  });
  try {
    let written = 0;
    for (let after: number | null = 0; after !== null;) {
      const { lines, next } = await pageOf(client, after);
      if (lines.length > 0) await file.write(`${lines.join('\n')}\n`);
      written += lines.length;
      after = next;
    }
    return written;
  } finally {
    await file.close();
  }
}

export const auditProve: Command = {
  name: 'audit prove',
  usage: 'ENTRY [--save FILE]',
  about: 'show that an entry is in the audit log that the nodes cosigned',
  details: [
    'Prints the entry with its inclusion proof and a checkpoint, as one JSON object.',
    '  --save FILE   write it into a file instead',
    ...SIGN_IN_DETAILS,
    '',
    'Example: countersign audit prove aud_0197c1de-0000-7000-8000-000000000000',
  ],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: ['save', ...SIGN_IN_OPTIONS] } as const;
    const { words, options } = readArguments(args, known);
    const id = requireWord(words, 'Name an entry (aud_...).');
    const answer = await signedIn(options, env, (client) =>
      client.query<{ auditProof: AuditProof }>(DOCUMENTS.auditProof, { id }),
    );
    const text = JSON.stringify(answer.auditProof, null, 2);
    if (options.save === undefined) terminal.out(text);
    else await writeFile(options.save, `${text}\n`, { flag: 'wx' });
    return 0;
  },
};

export const auditVerify: Command = {
  name: 'audit verify',
  usage:
    'FILE --node-keys FILE[,FILE...] --genesis HASH [--mode MODE] [--checkpoint FILE] [--json]',
  about: 'check an exported audit log with nothing but the public keys of the nodes',
  details: [
    'Checks the place and the hash of every entry and every checkpoint; every change of authority from the',
    'genesis on; every request and every vote by who had the authority then, every decision by making it',
    'again, every signature and the receipts of the nodes that made it, and every address by the word of',
    'all nodes that hold its key. Names the first entry that is wrong, and exits with 1.',
    "  --node-keys FILES   the nodes' public keys: a node.json, or the committee's records, from the one that",
    '                      the log began under to the present one; the hash of the last one stands for all',
    "  --genesis HASH      of the organisation's authority log, as the nodes' operators have pinned it",
    '  --mode MODE         safety or availability, as the operators have told it: how many nodes make a quorum;',
    '                      one for each file, with commas, where they differ. Where absent what a node.json',
    '                      says, and safety for a record',
    '  --checkpoint FILE   a checkpoint from elsewhere that the log must agree with: an older log that is',
    '                      whole in itself cannot be told from the present one without it',
    '  --json              print one JSON object instead',
    '',
    'Example: countersign audit verify log.jsonl --node-keys node-keys.json --genesis 3f2a...',
  ],
  run: async (args, terminal) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['node-keys', 'genesis', 'mode', 'checkpoint'],
      flags: ['json'],
    });
    const path = requireWord(words, 'Name the file of an export.');
    const keys = options['node-keys'];
    if (keys === undefined) throw new UsageError('Name the keys of the nodes with --node-keys.');
    const genesis = requireGenesis(options.genesis);
    const note = options.checkpoint;
    const known = note === undefined ? [] : [await readTextFile(note, NOTE_BYTES_MAX)];
    const records = await readNodeKeys(keys, options.mode);
    const auditor: AuditorKnowledge = { records, genesis, known };
    const verdict = await verifyAtEase(path, auditor, terminal);
    if (flags.has('json')) terminal.out(JSON.stringify(verdict));
    else for (const line of sentences(verdict, auditor.records)) terminal.out(printable(line));
    if (verdict.fault === undefined && !flags.has('json')) {
      terminal.out(styled(terminal, 'green', 'The log is whole.'));
    }
    return verdict.fault === undefined ? 0 : 1;
  },
};

/** Threads begin in the time that this many bytes take. */
const THREADED_BYTES = 8_000_000;
const THREADS_MAX = 8;
const TELL_EVERY = 1_000;

/** A large file on several threads, with its progress on a terminal. */
async function verifyAtEase(
  path: string,
  auditor: AuditorKnowledge,
  terminal: Terminal,
): Promise<Verdict> {
  const size = await stat(path).then(
    (found) => found.size,
    // Whoever reads it says what is wrong.
    () => 0,
  );
  if (size < THREADED_BYTES) return verifyFile(path, auditor);
  const work = proofThreads(Math.min(THREADS_MAX, availableParallelism()));
  const tell = (entries: number): void => {
    if (entries % TELL_EVERY === 0)
      terminal.progress?.(`${entries.toLocaleString('en-US')} entries`);
  };
  try {
    return await verifyFile(path, auditor, { work, tell });
  } finally {
    terminal.progress?.('');
    await work.close();
  }
}

const HASH = /^[0-9a-f]{64}$/;

function requireGenesis(genesis: string | undefined): string {
  if (genesis !== undefined && HASH.test(genesis)) return genesis;
  throw new UsageError("Name the hash of the organisation's genesis with --genesis.");
}

/** Who has left may have been taken over since: nobody else cosigned the log's end. */
const OF_BEFORE =
  'The last checkpoint is of a committee that has been followed by another: compare it with a newer one.';

function sentences(
  { entries, authority, judged, record, fault }: Verdict,
  [newest]: KnownRecords,
): readonly string[] {
  const { assertions, decisions, signatures, receipts, addresses, erased } = judged;
  const read =
    `${entries} entries, ${authority.entries} of authority, ${assertions} assertions, ` +
    `${decisions} decisions, ${signatures} signatures, ${receipts} receipts, ` +
    `${addresses} addresses, ${erased} erased`;
  if (fault === undefined) return record === newest.record ? [read] : [read, OF_BEFORE];
  const { from, to, reason } = fault;
  const place =
    from === to ? `Entry ${from}` : `Entries ${from} to ${to}, the first wrong among them`;
  return [read, `${place}: ${reason}.`];
}
