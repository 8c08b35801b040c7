/**
 * The Merkle tree over each organisation's audit log: the hashes of its complete subtrees, and the
 * checkpoints that nodes cosigned. Entries become leaves in the order of their sequence, which is the
 * order of commits without gaps. Rows of both tables are only ever added.
 */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditLeaf } from '#core/audit-entry.ts';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import type { OrganizationId } from '#core/ids.ts';
import {
  completeSubtrees,
  foldSubtrees,
  type HashedSubtree,
  type LeafRange,
  proofRanges,
  type Subtree,
} from '#core/merkle.ts';
import { Frontier } from '#core/merkle-tree.ts';
import { at, bytes, counter } from './columns.ts';
import type { Tx } from './database.ts';
import { Organization } from './organization.ts';

export const AuditNode = defineEntity({
  name: 'AuditNode',
  tableName: 'audit_nodes',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    /** 0 for a leaf; a subtree of level l has 2^l leaves. */
    level: p.integer().primary(),
    index: counter().primary(),
    hash: bytes(),
  },
});

export const AuditCheckpoint = defineEntity({
  name: 'AuditCheckpoint',
  tableName: 'audit_checkpoints',
  properties: {
    organization: () => p.manyToOne(Organization).mapToPk().primary(),
    /** How many entries it covers. */
    size: counter().primary(),
    /** The checkpoint's text with the cosignatures of a quorum of nodes. */
    note: p.text(),
    createdAt: at(),
  },
});
export type AuditCheckpointRow = InferEntity<typeof AuditCheckpoint>;

/** A tree's reader: of one organisation, within one unit of work. */
export type TreeOf = { readonly tx: Tx; readonly organization: OrganizationId };

/** How many leaves the tree has. */
export async function treeSize({ tx, organization }: TreeOf): Promise<number> {
  const [row] = await tx.execute<{ size: string | null }[]>(
    'select max("index") + 1 as size from audit_nodes where organization_id = ? and level = 0',
    [organization],
  );
  return Number(row?.size ?? 0);
}

/** Entries that one transaction takes into the tree. */
const BATCH = 1_000;

/**
 * Takes the entries that are not in the tree yet into it, a batch of them at most, and tells its size.
 * Whoever does the same at this moment is waited for.
 */
export async function growTree(tree: TreeOf): Promise<number> {
  const { tx, organization } = tree;
  await tx.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `audit tree ${organization}`,
  ]);
  const size = await treeSize(tree);
  const rows = await tx.execute<{ sequence: string; hash: Uint8Array }[]>(
    `select sequence, hash from audit_entries
     where organization_id = ? and sequence > ? order by sequence limit ${BATCH}`,
    [organization, size],
  );
  if (rows.length === 0) return size;
  const frontier = new Frontier(
    size,
    await hashesOf(tree, completeSubtrees({ start: 0, end: size })),
  );
  const completed = rows.flatMap(({ sequence, hash }) => {
    // INVARIANT: leaf i is entry i + 1.
    if (Number(sequence) !== frontier.size + 1) throw new Error(`no entry ${frontier.size + 1}`);
    return frontier.append(auditLeaf(new Uint8Array(hash)));
  });
  await insertNodes(tree, completed);
  return frontier.size;
}

async function insertNodes(
  { tx, organization }: TreeOf,
  nodes: readonly HashedSubtree[],
): Promise<void> {
  const rows = nodes.map(({ level, index, hash }) => ({ level, index, hash: hex(hash) }));
  await tx.execute(
    `insert into audit_nodes (organization_id, level, "index", hash)
     select ?, level, "index", decode(hash, 'hex')
     from jsonb_to_recordset(?::jsonb) as node (level int, "index" bigint, hash text)`,
    [organization, JSON.stringify(rows)],
  );
}

/** The root of the first `size` entries, all of which are in the tree. */
export const rootAt = async (tree: TreeOf, size: number): Promise<Bytes> =>
  foldSubtrees(await hashesOf(tree, completeSubtrees({ start: 0, end: size })));

/** The proof that entry `sequence` is among the first `size`. */
export const inclusionProof = (tree: TreeOf, sequence: number, size: number): Promise<Bytes[]> =>
  proof(tree, { start: sequence - 1, end: sequence }, size);

/** The proof that the first `second` entries begin with the first `first`, of which there are some. */
export const consistencyProof = (tree: TreeOf, first: number, second: number): Promise<Bytes[]> =>
  proof(tree, { start: 0, end: first }, second);

async function proof(tree: TreeOf, range: LeafRange, size: number): Promise<Bytes[]> {
  const told = proofRanges(range, size).map(completeSubtrees);
  const hashes = await hashesOf(tree, told.flat());
  return told.map((subtrees) => foldSubtrees(hashes.splice(0, subtrees.length)));
}

/** The hashes of complete subtrees, in their order. */
async function hashesOf(
  { tx, organization }: TreeOf,
  subtrees: readonly Subtree[],
): Promise<Bytes[]> {
  if (subtrees.length === 0) return [];
  const rows = await tx.execute<{ level: number; index: string; hash: string }[]>(
    `select level, "index", encode(hash, 'hex') as hash from audit_nodes
     where organization_id = ? and (level, "index") in (${subtrees.map(() => '(?, ?)').join(', ')})`,
    [organization, ...subtrees.flatMap(({ level, index }) => [level, index])],
  );
  const found = new Map(rows.map(({ level, index, hash }) => [`${level}/${index}`, hash]));
  return subtrees.map(({ level, index }) => {
    const hash = found.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`the audit tree has no subtree ${level}/${index}`);
    return parseHex(hash);
  });
}

/** The newest checkpoint, or undefined before the first. */
export async function latestCheckpoint({
  tx,
  organization,
}: TreeOf): Promise<AuditCheckpointRow | undefined> {
  const [row] = await tx.find(
    AuditCheckpoint,
    { organization },
    { orderBy: { size: 'desc' }, limit: 1 },
  );
  return row;
}

/** The first checkpoint that covers the entry. */
export async function checkpointOver(
  { tx, organization }: TreeOf,
  sequence: number,
): Promise<AuditCheckpointRow | undefined> {
  const where = { organization, size: { $gte: sequence } };
  const [row] = await tx.find(AuditCheckpoint, where, { orderBy: { size: 'asc' }, limit: 1 });
  return row;
}

/** The organisations whose log has entries that no checkpoint covers. */
export async function grownLogs(tx: Tx): Promise<readonly OrganizationId[]> {
  const rows = await tx.execute<{ id: OrganizationId }[]>(
    `select organization_id as id from organization_logs as log
     where audit_sequence > coalesce((
       select max(size) from audit_checkpoints where organization_id = log.organization_id
     ), 0)`,
  );
  return rows.map(({ id }) => id);
}

/** Keeps a checkpoint; one of the same size that is kept already stays. */
export async function keepCheckpoint(tx: Tx, row: AuditCheckpointRow): Promise<void> {
  await tx.upsert(AuditCheckpoint, row, { onConflictAction: 'ignore', disableIdentityMap: true });
}
