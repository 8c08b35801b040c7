/** `countersign policy replay`: decides again what the platform decided, and compares every byte. */
import { writeFile } from 'node:fs/promises';
import { PlatformError } from '#core/errors.ts';
import {
  type Evidence,
  EVIDENCE_FORMAT,
  readEvidence,
  type Replay,
  replayAll,
} from '#policy-tools/replay.ts';
import { readTextFile } from '#policy-tools/read-text.ts';
import type { CountersignClient } from '#sdk/client.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable, styled, type Terminal } from './terminal.ts';

const FILE_BYTES_MAX = 256 * 1_048_576;

export const policyReplay: Command = {
  name: 'policy replay',
  usage: 'TRANSFER [--save FILE] | --export FILE [--json]',
  about: 'decide again what was decided about a transfer, and compare every byte',
  details: [
    'Reads each decision with its snapshot and its bundle, checks the hashes of both, decides offline, and',
    'compares what comes out with what was kept. Exit code 1 where anything differs.',
    '  --save FILE     keep what was read, in a file that can be replayed without the platform',
    '  --export FILE   replay such a file instead',
    '  --json          print one JSON object instead',
    ...SIGN_IN_DETAILS,
    '',
    'Example: countersign policy replay trf_0197c1de-0000-7000-8000-000000000000 --save payment.json',
  ],
  run: async (args, terminal, env) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['save', 'export', ...SIGN_IN_OPTIONS],
      flags: ['json'],
    });
    const evidence =
      options.export === undefined
        ? await signedIn(options, env, (client) => fetchEvidence(client, transferOf(words)))
        : await readFrom(options.export, words);
    if (options.save !== undefined) await save(options.save, evidence);
    const replays = replayAll(evidence, KNOWN_WORLD);
    if (flags.has('json'))
      terminal.out(JSON.stringify({ subject: evidence.subject, replays: replays.map(inJson) }));
    else print(terminal, evidence, replays);
    return replays.every(({ faults }) => faults.length === 0) ? 0 : 1;
  },
};

const transferOf = (words: readonly string[]): string =>
  requireWord(words, 'Name a transfer (trf_...), or a file with --export.');

async function readFrom(path: string, words: readonly string[]): Promise<Evidence> {
  if (words.length > 0) throw new UsageError('With --export there is no transfer to name.');
  return readEvidence(await readTextFile(path, FILE_BYTES_MAX), path);
}

/** Version 0 is before the first bundle, and has no files. */
async function fetchEvidence(client: CountersignClient, subject: string): Promise<Evidence> {
  const decisions = await client.decisions(subject);
  const versions = new Set(decisions.map(({ policyVersion }) => policyVersion));
  const bundles = [];
  for (const version of versions) {
    if (version > 0) bundles.push(await client.policyBundle(version));
  }
  return { format: EVIDENCE_FORMAT, subject, decisions, bundles };
}

async function save(path: string, evidence: Evidence): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(evidence, null, 2)}\n`, { flag: 'wx' });
  } catch (cause) {
    const reason = 'the file cannot be written, or is there already';
    throw new PlatformError('INVALID_INPUT', { field: path, reason }, { cause });
  }
}

const inJson = ({ decision, faults }: Replay) => ({
  id: decision.id,
  decidedAt: decision.decidedAt,
  policyVersion: decision.policyVersion,
  policyHash: decision.policyHash,
  same: faults.length === 0,
  faults,
});

function print(terminal: Terminal, { subject }: Evidence, replays: readonly Replay[]): void {
  if (replays.length === 0) terminal.out(printable(`Nothing was decided about ${subject}.`));
  for (const { decision, faults } of replays) {
    const { id, decidedAt, policyVersion, policyHash } = decision;
    const verdict =
      faults.length === 0
        ? styled(terminal, 'green', 'the same, byte for byte')
        : styled(terminal, 'red', 'not the same');
    const which = printable(`${decidedAt}  ${id}  version ${policyVersion} (${policyHash})`);
    terminal.out(`${which}: ${verdict}`);
    for (const fault of faults) terminal.out(printable(`  ${fault}`));
  }
}
