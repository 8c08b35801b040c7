/** An audit log for whoever attacks one: entries, checkpoints under three nodes, and their keys. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { AUDIT_DOMAIN, auditHash, commitmentOf, FIRST_AUDIT_HASH } from '#core/audit-entry.ts';
import { type Bytes, hex, parseBase64url, parseHex } from '#core/bytes.ts';
import { newId, type OrganizationId } from '#core/ids.ts';
import { Frontier } from '#core/merkle-tree.ts';
import { formatInstant, instant } from '#core/time.ts';
import type { CheckpointLine, EntryLine } from '#mandate/audit-export.ts';
import { auditOrigin, cosign, cosignerName, printCheckpoint } from '#mandate/checkpoint.ts';
import { printNote } from '#mandate/signed-note.ts';
import { inspectEntry, type Inspected } from '#mandate/verify-log.ts';

export type Line = EntryLine | CheckpointLine;

const NOW = instant(Date.UTC(2026, 6, 1));
export const ORGANIZATION: OrganizationId = newId('organization', NOW, new Uint8Array(10).fill(1));

/** A node that cosigns. */
function newNode(party: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const cosigner = { name: cosignerName(party), publicKey: parseBase64url(x as string) };
  const signBytes = (message: Bytes) => new Uint8Array(sign(null, message, privateKey));
  return { cosigner, cosign: (text: string) => cosign(text, 1_800_000_000n, cosigner, signBytes) };
}

/** 2 of 3, so a quorum is all three, and one of them may be corrupted. */
export const NODES = [newNode(1), newNode(2), newNode(3)];
export const CORRUPTED = NODES.slice(0, 1);
export const WITNESSES = { cosigners: NODES.map(({ cosigner }) => cosigner), quorum: 3 };

/** What was found out about a line, kept while the line itself is. */
const INSPECTED = new WeakMap<EntryLine, Inspected>();

export function inspect(line: EntryLine): Inspected {
  const known = INSPECTED.get(line) ?? inspectEntry(line);
  INSPECTED.set(line, known);
  return known;
}

/** An entry in its place after another, with fresh hashes. */
export function placed(
  line: Pick<EntryLine, 'entry' | 'salt' | 'detail' | 'evidence'>,
  sequence: number,
  previous: string,
): EntryLine {
  const { salt, detail } = line;
  const commitment =
    salt === null || detail === null
      ? line.entry.commitment
      : hex(commitmentOf(parseHex(salt), detail));
  const entry = { ...line.entry, sequence, previous, commitment };
  return { ...line, kind: 'entry', entry, hash: hex(auditHash(entry)) };
}

const ACTIONS = ['transfer.created', 'approval.voted', 'transfer.queued', 'transfer.broadcast'];

const madeEntry = (sequence: number, previous: string): EntryLine =>
  placed(
    {
      entry: {
        domain: AUDIT_DOMAIN,
        id: newId('audit', NOW, entropyOf(sequence)),
        organization: ORGANIZATION,
        sequence,
        at: formatInstant(instant(NOW + sequence)),
        actor: 'system',
        action: ACTIONS[sequence % ACTIONS.length] as string,
        subject: newId('transfer', NOW, entropyOf(Math.floor(sequence / ACTIONS.length))),
        commitment: '',
        previous,
      },
      salt: sequence.toString(16).padStart(64, '0'),
      detail: { evidence: 'ab'.repeat(32), from: 'PENDING', note: `entry ${sequence}` },
      evidence: {},
    },
    sequence,
    previous,
  );

const entropyOf = (number: number): Bytes => {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(6, number);
  return bytes;
};

export type Cosigner = (typeof NODES)[number];

/** A log of this length, with a checkpoint after so many entries each time and at its end. */
export function makeLog(entries: number, every: number): Line[] {
  const made: EntryLine[] = [];
  let previous = hex(FIRST_AUDIT_HASH);
  for (let sequence = 1; sequence <= entries; sequence++) {
    const line = madeEntry(sequence, previous);
    previous = line.hash;
    made.push(line);
  }
  return [...withCheckpoints(made, every, NODES)];
}

/**
 * The entries with checkpoints that these nodes cosign, after so many each time and at the end. The
 * checkpoints over less than `genuine` entries stay as they are.
 */
export function* withCheckpoints(
  lines: Iterable<Line>,
  every: number,
  nodes: readonly Cosigner[],
  genuine = 0,
): Generator<Line> {
  const frontier = new Frontier();
  const checkpoint = (): Line => {
    const { size, root } = frontier;
    const text = printCheckpoint({ origin: auditOrigin(ORGANIZATION), size: BigInt(size), root });
    return {
      kind: 'checkpoint',
      note: printNote({ text, signatures: nodes.map((node) => node.cosign(text)) }),
    };
  };
  for (const line of lines) {
    if (line.kind !== 'entry') {
      if (frontier.size < genuine) yield line;
      continue;
    }
    frontier.append(inspect(line).leaf);
    yield line;
    if (frontier.size >= genuine && frontier.size % every === 0) yield checkpoint();
  }
  if (frontier.size % every !== 0) yield checkpoint();
}
