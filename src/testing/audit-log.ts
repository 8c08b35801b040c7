/** An audit log as nodes cosign it: its entries in their places, checkpoints, and the nodes' keys. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { auditHash, commitmentOf } from '#core/audit-entry.ts';
import { type Bytes, hex, parseBase64url, parseHex } from '#core/bytes.ts';
import { Frontier } from '#core/merkle-tree.ts';
import type { AuthorityLine, CheckpointLine, EntryLine } from '#mandate/audit-export.ts';
import { auditOrigin, cosign, cosignerName, printCheckpoint } from '#mandate/checkpoint.ts';
import { parseId } from '#core/ids.ts';
import { printNote } from '#mandate/signed-note.ts';
import { inspectEntry } from '#mandate/verify-log.ts';

/** A node that cosigns, and gives receipts. */
export function cosigningNode(party: number) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const cosigner = { name: cosignerName(party), publicKey: parseBase64url(x as string) };
  const signBytes = (message: Bytes) => new Uint8Array(sign(null, message, privateKey));
  return {
    party,
    cosigner,
    sign: signBytes,
    cosign: (text: string) => cosign(text, 1_800_000_000n, cosigner, signBytes),
  };
}

export type CosigningNode = ReturnType<typeof cosigningNode>;

/** 2 of 3, so a quorum is all three, and one of them may be corrupted. */
export const NODES = [1, 2, 3].map(cosigningNode);
export const CORRUPTED = NODES.slice(0, 1);
export const WITNESSES = { cosigners: NODES.map(({ cosigner }) => cosigner), quorum: 3 };

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

export type LogPart = EntryLine | AuthorityLine | CheckpointLine;

/**
 * The entries with checkpoints that these nodes cosign, after so many each time and at the end. The
 * checkpoints over less than `genuine` entries stay as they are.
 */
export function* withCheckpoints<Line extends LogPart>(
  lines: Iterable<Line>,
  every: number,
  nodes: readonly CosigningNode[],
  { genuine = 0, leafOf = (line: EntryLine) => inspectEntry(line).leaf } = {},
): Generator<Line | CheckpointLine> {
  const frontier = new Frontier();
  let organization = '';
  const checkpoint = (): CheckpointLine => {
    const { size, root } = frontier;
    const origin = auditOrigin(parseId('organization', organization));
    const text = printCheckpoint({ origin, size: BigInt(size), root });
    const note = printNote({ text, signatures: nodes.map((node) => node.cosign(text)) });
    return { kind: 'checkpoint', note };
  };
  for (const line of lines) {
    if (line.kind === 'checkpoint') {
      if (frontier.size < genuine) yield line;
      continue;
    }
    yield line;
    if (line.kind !== 'entry') continue;
    ({ organization } = line.entry);
    frontier.append(leafOf(line));
    if (frontier.size >= genuine && frontier.size % every === 0) yield checkpoint();
  }
  if (frontier.size % every !== 0) yield checkpoint();
}
