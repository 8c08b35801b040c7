import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizationId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { TestAuthority } from '#testing/authority.ts';
import { contentText } from '#mandate/authority/entry.ts';
import { findAuthority } from '#identity/authority.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import { authorityEntries, authorityHead, insertAuthority } from './authority.ts';
import { connectDatabase, type Database, reader, transaction } from './database.ts';
import { insertOrganization } from './organization.ts';

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

/** A log of three entries, stored. */
async function stored(seed: string) {
  const own = await TestAuthority.found(seed);
  const heads = [own.state.head];
  await own.createKey();
  heads.push(own.state.head);
  await own.createKey();
  heads.push(own.state.head);
  const { organization } = own.state;
  await transaction(db, async (tx) => {
    await insertOrganization(tx, { id: organization, name: 'Acme', createdAt: own.now });
  });
  const append = (from: number, to: number) =>
    transaction(db, async (tx) => {
      for (const { sequence, content } of own.entries.slice(from, to)) {
        const hash = heads[sequence]?.hash ?? '';
        const entry = { organization, sequence, hash, content: contentText(content) };
        await insertAuthority(tx, { ...entry, createdAt: own.now });
      }
    });
  return { own, organization, append };
}

test('the state of the log is the one that its stored entries add up to', async () => {
  const { own, organization, append } = await stored('stored');
  const read = () => findAuthority(reader(db), organization);
  expect(await read()).toBeUndefined();
  await append(0, 2);
  expect((await read())?.head.sequence).toBe(1);
  await append(2, 3);
  expect(await read()).toEqual(own.state);
  expect(await authorityHead(reader(db), organization)).toEqual(own.state.head);
});

test('entries are added, and neither changed nor removed nor given a place twice', async () => {
  const { organization, append } = await stored('kept');
  await append(0, 3);
  const run = (sql: string) => transaction(db, (tx) => tx.execute(sql, [organization]));
  for (const sql of [
    "update authority_entries set content = '{}' where organization_id = ?",
    'delete from authority_entries where organization_id = ?',
  ]) {
    await expect(run(sql)).rejects.toThrow(/only takes new rows|permission denied/);
  }
  await expect(append(2, 3)).rejects.toThrow(/unique|duplicate/i);
  expect(await authorityEntries(reader(db), organization, 0)).toHaveLength(3);
});

test('a log whose entries do not add up to its head is not read', async () => {
  const { own, organization, append } = await stored('broken');
  await append(0, 2);
  await transaction(db, async (tx) => {
    const forged = { ...own.genesis, name: 'Mallory' };
    const entry = {
      organization,
      sequence: 2,
      hash: 'ab'.repeat(32),
      content: contentText(forged),
    };
    await insertAuthority(tx, { ...entry, createdAt: instant(own.now) });
  });
  await expect(findAuthority(reader(db), organization)).rejects.toMatchObject({
    code: 'EVIDENCE_REJECTED',
  });
  expect(await findAuthority(reader(db), 'org_none' as OrganizationId)).toBeUndefined();
});
