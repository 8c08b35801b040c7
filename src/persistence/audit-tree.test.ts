import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditHash, auditLeaf } from '#core/audit-entry.ts';
import { hex } from '#core/bytes.ts';
import { newId, type OrganizationId } from '#core/ids.ts';
import { verifyConsistency, verifyInclusion } from '#core/merkle-proof.ts';
import { MerkleTree } from '#core/merkle-tree.ts';
import { instant } from '#core/time.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import {
  appendAudit,
  AuditEntry,
  auditStatement,
  eraseAuditDetail,
  findAuditBreak,
} from './audit.ts';
import {
  checkpointOver,
  consistencyProof,
  growTree,
  inclusionProof,
  keepCheckpoint,
  latestCheckpoint,
  rootAt,
  treeSize,
} from './audit-tree.ts';
import { connectDatabase, type Database, reader, transaction } from './database.ts';
import { insertOrganization } from './organization.ts';

const NOW = instant(Date.UTC(2026, 6, 1));
let count = 0;
const entropy = () => Uint8Array.from({ length: 10 }, (_, i) => (i === 9 ? count++ : 0) & 255);
const SALT = new Uint8Array(32).fill(7);

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await connectDatabase({ url: database.url });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

async function organization(): Promise<OrganizationId> {
  const id = newId('organization', NOW, entropy());
  await transaction(db, (tx) => insertOrganization(tx, { id, name: 'Acme', createdAt: NOW }));
  return id;
}

async function append(organization: OrganizationId, entries: number): Promise<void> {
  await transaction(db, async (tx) => {
    for (let made = 0; made < entries; made++) {
      const id = newId('audit', NOW, entropy());
      const about = { actor: 'system', action: 'test.done', subject: 'nothing' } as const;
      const detail = { name: `Alice ${made}` };
      await appendAudit(tx, { ...about, id, organization, at: NOW, detail, salt: SALT });
    }
  });
}

const grow = (organization: OrganizationId) =>
  transaction(db, (tx) => growTree({ tx, organization }));
const treeOf = (organization: OrganizationId) => ({ tx: reader(db), organization });

const entriesOf = (organization: OrganizationId) =>
  reader(db).find(AuditEntry, { organization }, { orderBy: { sequence: 'asc' } });

test('the tree is that of the entries, however they came into it, and proves each of them', async () => {
  const id = await organization();
  expect(await grow(id)).toBe(0);
  const sizes: number[] = [];
  for (const entries of [1, 4, 2]) {
    await append(id, entries);
    sizes.push((await Promise.all([grow(id), grow(id)]))[0]);
  }
  expect(sizes).toEqual([1, 5, 7]);
  const own = new MerkleTree();
  for (const entry of await entriesOf(id)) own.append(auditLeaf(auditHash(auditStatement(entry))));
  const tree = treeOf(id);
  expect(await treeSize(tree)).toBe(7);
  const head = async (size: number) => ({ size: BigInt(size), root: await rootAt(tree, size) });
  for (const size of sizes) expect(hex(await rootAt(tree, size))).toBe(hex(own.root(size)));
  const whole = await head(7);
  for (let sequence = 1; sequence <= 7; sequence++) {
    const leaf = own.leaf(sequence - 1) as Uint8Array;
    const proof = await inclusionProof(tree, sequence, 7);
    expect(verifyInclusion(BigInt(sequence - 1), leaf, whole, proof)).toBe(true);
  }
  for (const size of sizes) {
    const proof = await consistencyProof(tree, size, 7);
    expect(verifyConsistency(await head(size), whole, proof)).toBe(true);
  }
});

test('erasing the particulars of an entry leaves the log, the tree and its proofs as they were', async () => {
  const id = await organization();
  await append(id, 3);
  await grow(id);
  const before = await entriesOf(id);
  const root = await rootAt(treeOf(id), 3);
  await transaction(db, (tx) => eraseAuditDetail(tx, before[1]?.id as never));
  const after = await entriesOf(id);
  expect(after[1]).toMatchObject({ detail: null, salt: null });
  expect(JSON.stringify(after[1])).not.toContain('Alice');
  expect(after.map(({ hash }) => hex(hash))).toEqual(before.map(({ hash }) => hex(hash)));
  expect(await findAuditBreak(reader(db), id)).toBeUndefined();
  const rebuilt = new MerkleTree();
  for (const entry of after) rebuilt.append(auditLeaf(auditHash(auditStatement(entry))));
  expect(hex(rebuilt.root())).toBe(hex(root));
});

test('a checkpoint is kept once, and found for every entry that it covers', async () => {
  const id = await organization();
  const note = (size: number, text: string) =>
    transaction(db, (tx) =>
      keepCheckpoint(tx, { organization: id, size, note: text, createdAt: NOW }),
    );
  expect(await latestCheckpoint(treeOf(id))).toBeUndefined();
  await note(2, 'first');
  await note(5, 'second');
  await note(5, 'third');
  expect(await latestCheckpoint(treeOf(id))).toMatchObject({ size: 5, note: 'second' });
  expect(await checkpointOver(treeOf(id), 2)).toMatchObject({ size: 2 });
  expect(await checkpointOver(treeOf(id), 3)).toMatchObject({ size: 5 });
  expect(await checkpointOver(treeOf(id), 6)).toBeUndefined();
});

const CHANGES = [
  "update audit_entries set action = 'nothing'",
  'update audit_entries set detail = null, salt = null',
  "update audit_entries set detail = '{}'",
  'delete from audit_entries',
  'truncate audit_entries',
  "update audit_nodes set hash = ''",
  'delete from audit_nodes',
  'truncate audit_nodes',
  "update audit_checkpoints set note = ''",
  'delete from audit_checkpoints',
  'truncate audit_checkpoints',
];

test('no entry, no node of the tree and no checkpoint is changed or removed', async () => {
  const id = await organization();
  await append(id, 1);
  await grow(id);
  const row = { organization: id, size: 1, note: 'note', createdAt: NOW };
  await transaction(db, (tx) => keepCheckpoint(tx, row));
  for (const statement of CHANGES) {
    const attempt = reader(db).execute(statement);
    await expect(attempt, statement).rejects.toThrow(/only takes new rows/);
  }
});

test('the platform, where it is no superuser, has not even the right to', async () => {
  const role = 'platform_without_rights';
  await reader(db).execute(`create role ${role} nologin`);
  try {
    for (const table of ['audit_entries', 'audit_nodes', 'audit_checkpoints']) {
      await reader(db).execute(`alter table ${table} owner to ${role}`);
    }
    for (const statement of CHANGES) {
      if (statement.startsWith('update audit_entries set detail')) continue;
      const attempt = transaction(db, async (tx) => {
        await tx.execute(`set local role ${role}`);
        await tx.execute(statement);
      });
      await expect(attempt, statement).rejects.toThrow(/permission denied/);
    }
  } finally {
    await reader(db).execute(`reassign owned by ${role} to current_user`);
    await reader(db).execute(`drop owned by ${role}`);
    await reader(db).execute(`drop role ${role}`);
  }
});
