import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, type OrganizationId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { appendAudit, AuditEntry, findAuditBreak } from './audit.ts';
import { connectDatabase, type Database, reader, transaction, type Tx } from './database.ts';
import { appendEvent, latestCursor, readEvents } from './event.ts';
import { insertOrganization } from './organization.ts';

const NOW = instant(Date.UTC(2026, 6, 1));
let count = 0;
const entropy = () => Uint8Array.from({ length: 10 }, (_, i) => (i === 9 ? count++ : 0) & 255);

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

const audit = (tx: Tx, organization: OrganizationId, detail: AuditDetail) =>
  appendAudit(tx, {
    id: newId('audit', NOW, entropy()),
    organization,
    at: NOW,
    actor: 'system',
    action: 'test.done',
    subject: 'nothing',
    detail,
    salt: new Uint8Array(32).fill(count),
  });

const event = (tx: Tx, organization: OrganizationId, index: number) =>
  appendEvent(tx, {
    organization,
    type: 'transfer.updated',
    subject: `s${index}`,
    at: NOW,
    payload: { index },
  });

test('audit entries of concurrent transactions form one chain, without those rolled back', async () => {
  const id = await organization();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      transaction(db, async (tx) => {
        await audit(tx, id, { index, text: 'é\u2028"', nested: { b: [1, null], a: true } });
        if (index % 4 === 0) throw new Error('rolled back');
      }),
    ),
  );
  expect(outcomes.filter((outcome) => outcome.status === 'rejected')).toHaveLength(10);
  const entries = await reader(db).find(AuditEntry, { organization: id });
  expect(entries.map((entry) => entry.sequence).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  expect(await findAuditBreak(reader(db), id)).toBeUndefined();
});

test.each([
  ['a changed detail', "update audit_entries set detail = '{}'", 3],
  ['another salt', "update audit_entries set salt = '\\x00'", 3],
  ['half of an erasure', 'update audit_entries set salt = null', 3],
  ['another commitment', "update audit_entries set commitment = '\\x00'", 3],
  ['a changed hash', "update audit_entries set hash = '\\x00'", 3],
  ['a deleted entry', 'delete from audit_entries', 3],
  ['another actor', "update audit_entries set actor = 'usr_x'", 3],
])('the chain shows %s', async (_, statement, broken) => {
  const id = await organization();
  for (let index = 0; index < 5; index++) await transaction(db, (tx) => audit(tx, id, { index }));
  expect(await findAuditBreak(reader(db), id)).toBeUndefined();
  await transaction(db, async (tx) => {
    // Who owns the server goes past its triggers.
    await tx.execute('set local session_replication_role = replica');
    await tx.execute(`${statement} where organization_id = ? and sequence = 3`, [id]);
  });
  expect(await findAuditBreak(reader(db), id)).toBe(broken);
});

test('a reader that follows the cursor misses no event of concurrent transactions', async () => {
  const id = await organization();
  const seen: number[] = [];
  let after = 0;
  const read = async () => {
    for (const row of await readEvents(reader(db), { organization: id, after, limit: 7 })) {
      seen.push(row.cursor);
      after = row.cursor;
    }
  };
  const writing = { isDone: false };
  const writers = Promise.all(
    Array.from({ length: 60 }, (_, index) => transaction(db, (tx) => event(tx, id, index))),
  ).finally(() => {
    writing.isDone = true;
  });
  while (!writing.isDone) await read();
  await writers;
  while (after < (await latestCursor(reader(db), id))) await read();
  expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
});

test('each organisation counts for itself', async () => {
  const [first, second] = await Promise.all([organization(), organization()]);
  await transaction(db, (tx) => event(tx, first, 1));
  expect(await transaction(db, (tx) => event(tx, first, 2))).toBe(2);
  expect(await transaction(db, (tx) => event(tx, second, 1))).toBe(1);
  const rows = await readEvents(reader(db), { organization: second, after: 0, limit: 10 });
  expect(rows.map((row) => row.payload)).toEqual([{ index: 1 }]);
});

test('events are filtered by type and wallet', async () => {
  const id = await organization();
  await transaction(db, async (tx) => {
    const base = { organization: id, subject: 's', at: NOW, payload: {} };
    await appendEvent(tx, { ...base, type: 'wallet.updated', wallet: 'w1' });
    await appendEvent(tx, { ...base, type: 'transfer.updated', wallet: 'w1' });
    await appendEvent(tx, { ...base, type: 'transfer.updated', wallet: 'w2' });
  });
  const query = { organization: id, after: 0, limit: 10 };
  const cursors = async (filter: object) =>
    (await readEvents(reader(db), { ...query, ...filter })).map((row) => row.cursor);
  expect(await cursors({ types: ['transfer.updated'] })).toEqual([2, 3]);
  expect(await cursors({ wallet: 'w1' })).toEqual([1, 2]);
  expect(await cursors({ types: ['transfer.updated'], wallet: 'w1' })).toEqual([2]);
});
