import { expect, test } from 'vitest';
import { type Bytes, hex, utf8 } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { leafHash } from '#core/merkle.ts';
import { MerkleTree } from '#core/merkle-tree.ts';
import { instant } from '#core/time.ts';
import { auditOrigin, cosignersOf, cosignerName, printCheckpoint } from '#mandate/checkpoint.ts';
import { parseNote } from '#mandate/signed-note.ts';
import { cosignedIn, cosigning } from './cosigning.ts';
import { newKeyPair } from './identity.ts';
import type { JournalEntry } from './journal.ts';
import type { CosignAnswer } from './proto/cosign-request.ts';
import type { Starts } from './starts.ts';

const ORGANIZATION = parseId('organization', 'org_01980000-0000-7000-8000-000000000001', 'it');
const ORIGIN = auditOrigin(ORGANIZATION);
const NOW = instant(Date.UTC(2026, 6, 1));

function logOf(...leaves: string[]): MerkleTree {
  const tree = new MerkleTree();
  for (const leaf of leaves) tree.append(leafHash(utf8(leaf)));
  return tree;
}

const LOG = logOf('a', 'b', 'c', 'd', 'e', 'f', 'g');
const FORK = logOf('a', 'b', 'x', 'd', 'e', 'f', 'g');

/** A request to follow the first `size` leaves of a log from `oldSize`, as an honest worker makes it. */
const request = (log: MerkleTree, oldSize: number, size: number, origin = ORIGIN) => ({
  checkpoint: printCheckpoint({ origin, size: BigInt(size), root: log.root(size) }),
  oldSize,
  proof: oldSize > 0 && oldSize < size ? log.consistencyProof(oldSize, size).map(hex) : [],
});

const STANDING = { requireStanding: () => undefined, cosigned: () => [] };

function openNode(
  entries: JournalEntry[] = [],
  starts: Pick<Starts, 'requireStanding' | 'cosigned'> = STANDING,
) {
  const signing = newKeyPair('Ed25519');
  const written: JournalEntry[] = [...entries];
  const disk = { isFull: false };
  const journal = {
    append: async (entry: JournalEntry) => {
      await Promise.resolve();
      if (disk.isFull) throw new PlatformError('AUDIT_UNAVAILABLE', { reason: 'the journal' });
      written.push(entry);
    },
  };
  const cosigned = cosignedIn(entries);
  const node = cosigning({ me: 2, signing, journal, cosigned, starts, now: () => NOW });
  return { node, written, disk, cosigner: { name: cosignerName(2), publicKey: signing.publicKey } };
}

const headOf = (log: MerkleTree, size: number) => ({ size, root: hex(log.root(size)) });

function noteOf(answer: CosignAnswer) {
  if (answer.kind !== 'cosigned') throw new Error(answer.kind);
  return parseNote(answer.note);
}

test('a node cosigns a log as it grows, in its own name and with its own key', async () => {
  const { node, cosigner } = openNode();
  for (const [oldSize, size] of [
    [0, 1],
    [1, 4],
    [4, 4],
    [4, 7],
  ] as const) {
    const note = noteOf(await node.cosign(request(LOG, oldSize, size)));
    expect([...cosignersOf(note, [cosigner])]).toEqual([cosigner.name]);
  }
});

test('what was cosigned is on the disk before the signature leaves, and holds after a restart', async () => {
  const { node, written } = openNode();
  await node.cosign(request(LOG, 0, 4));
  expect(written).toEqual([{ kind: 'cosigned', origin: ORIGIN, ...headOf(LOG, 4) }]);
  const { node: restarted } = openNode(written);
  const fork = { kind: 'refused', reason: 'forked', head: headOf(LOG, 4) };
  expect(await restarted.cosign(request(FORK, 4, 6))).toEqual(fork);
  expect(await restarted.cosign(request(LOG, 4, 6))).toMatchObject({ kind: 'cosigned' });
});

test('a log that is another one, or shorter than it was, is refused with what was cosigned', async () => {
  const { node, written } = openNode();
  await node.cosign(request(LOG, 0, 5));
  const head = headOf(LOG, 5);
  const forked = { kind: 'refused', reason: 'forked', head };
  expect(await node.cosign(request(FORK, 5, 5))).toEqual(forked);
  expect(await node.cosign(request(FORK, 5, 7))).toEqual(forked);
  const honest = request(LOG, 5, 7);
  expect(await node.cosign({ ...honest, proof: [] })).toEqual(forked);
  const truncated = { kind: 'refused', reason: 'truncated', head };
  expect(await node.cosign(request(LOG, 5, 3))).toEqual(truncated);
  expect(await node.cosign(request(FORK, 0, 7))).toEqual({ kind: 'elsewhere', head });
  expect(await node.cosign(request(FORK, 3, 7))).toEqual({ kind: 'elsewhere', head });
  expect(written).toHaveLength(1);
  expect(await node.cosign(honest)).toMatchObject({ kind: 'cosigned' });
});

test('of two histories that are asked for at one time, one is cosigned', async () => {
  const { node } = openNode();
  const answers = await Promise.all([
    node.cosign(request(LOG, 0, 7)),
    node.cosign(request(FORK, 0, 7)),
  ]);
  expect(answers.map(({ kind }) => kind)).toEqual(['cosigned', 'elsewhere']);
});

test('nothing is cosigned that cannot be written down', async () => {
  const { node, disk } = openNode();
  disk.isFull = true;
  const attempt = node.cosign(request(LOG, 0, 7));
  await expect(attempt).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
});

/** What other nodes had cosigned when this one started. */
const toldOf = (...told: readonly (readonly [number, MerkleTree, number])[]) => ({
  requireStanding: () => undefined,
  cosigned: () => told.map(([party, log, size]) => ({ party, head: headOf(log, size) })),
});

test('a node on an older disk cosigns only what follows from all that the others had cosigned', async () => {
  const older: JournalEntry[] = [{ kind: 'cosigned', origin: ORIGIN, ...headOf(LOG, 2) }];
  const { node, written } = openNode(older, toldOf([1, LOG, 5], [3, LOG, 4], [4, LOG, 2]));
  // The fork is right by its own disk.
  expect(await openNode(older).node.cosign(request(FORK, 2, 7))).toMatchObject({
    kind: 'cosigned',
  });
  const asked = { kind: 'elsewhere', head: headOf(LOG, 5) };
  expect(await node.cosign(request(FORK, 2, 7))).toEqual(asked);
  await expect(node.cosign(request(FORK, 5, 7))).rejects.toMatchObject({
    code: 'SIGNERS_UNAVAILABLE',
    context: { reason: expect.stringMatching(/party 1 had cosigned 5 entries.*LOG_DIFFERS/) },
  });
  await expect(node.cosign(request(LOG, 2, 3))).rejects.toThrow(/party 1 had cosigned 5 entries/);
  expect(written).toHaveLength(1);
  // What was shown of one checkpoint says nothing of another one.
  expect(await node.cosign(request(LOG, 2, 7))).toEqual(asked);
  expect(await node.cosign(request(LOG, 5, 7))).toEqual({
    kind: 'elsewhere',
    head: headOf(LOG, 4),
  });
  expect(await node.cosign(request(FORK, 4, 7))).toEqual({
    kind: 'elsewhere',
    head: headOf(LOG, 2),
  });
  expect(await node.cosign(request(LOG, 2, 7))).toEqual(asked);
  await node.cosign(request(LOG, 5, 7));
  expect(await node.cosign(request(LOG, 4, 7))).toMatchObject({ kind: 'cosigned' });
  expect(written.at(-1)).toEqual({ kind: 'cosigned', origin: ORIGIN, ...headOf(LOG, 7) });
  expect(await node.cosign(request(LOG, 7, 7))).toMatchObject({ kind: 'cosigned' });
});

test('a node that has nothing in writing of a log follows the others all the same', async () => {
  const { node } = openNode([], toldOf([1, LOG, 5]));
  const asked = { kind: 'elsewhere', head: headOf(LOG, 5) };
  expect(await node.cosign(request(FORK, 0, 7))).toEqual(asked);
  expect(await node.cosign(request(LOG, 0, 5))).toEqual(asked);
  expect(await node.cosign(request(LOG, 5, 5))).toMatchObject({ kind: 'cosigned' });
});

function requireStanding(): never {
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'NOT_STANDING' });
}

test('a node that has started cosigns nothing before it stands', async () => {
  const { node, written } = openNode([], { ...STANDING, requireStanding });
  await expect(node.cosign(request(LOG, 0, 5))).rejects.toThrow(/NOT_STANDING/);
  expect(written).toEqual([]);
});

test('each log counts for itself', async () => {
  const { node } = openNode();
  await node.cosign(request(LOG, 0, 5));
  const other = auditOrigin(
    parseId('organization', 'org_01980000-0000-7000-8000-000000000002', 'it'),
  );
  expect(await node.cosign(request(FORK, 0, 3, other))).toMatchObject({ kind: 'cosigned' });
});

const checkpointOf = (origin: string, size: bigint, root: Bytes = LOG.root()) =>
  printCheckpoint({ origin, size, root });

test.each([
  ['of something else', checkpointOf('example.com/log', 3n)],
  ['of a log under another name', checkpointOf(`x/${ORIGIN}`, 3n)],
  ['of no entries', checkpointOf(ORIGIN, 0n)],
  ['of more entries than can be', checkpointOf(ORIGIN, 2n ** 53n)],
  ['that is none', 'three\nblind\nmice\n'],
])('a checkpoint %s is not cosigned', async (_, checkpoint) => {
  const { node, written } = openNode();
  const attempt = node.cosign({ checkpoint, oldSize: 0, proof: [] });
  await expect(attempt).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(written).toEqual([]);
});
