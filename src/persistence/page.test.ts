import { afterAll, beforeAll, expect, test } from 'vitest';
import { base64url, utf8 } from '#core/bytes.ts';
import { newId, type OrganizationId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { createTestDatabase, type TestDatabase } from '#testing/postgres.ts';
import { AuditEntry } from './audit.ts';
import { connectDatabase, type Database, reader, transaction } from './database.ts';
import { insertOrganization, Organization } from './organization.ts';
import { findPage, type PageRequest } from './page.ts';

let database: TestDatabase;
let db: Database;
let made = 0;

async function insert(): Promise<OrganizationId> {
  const at = instant(1_800_000_000_000 + ++made);
  const id = newId('organization', at, new Uint8Array(10));
  await transaction(db, (tx) => insertOrganization(tx, { id, name: `${made}`, createdAt: at }));
  return id;
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = await connectDatabase({ url: database.url });
  for (let i = 0; i < 7; i++) await insert();
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const page = (request: PageRequest) => findPage(reader(db), Organization, {}, 'id', request);
const names = async (request: PageRequest) =>
  (await page(request)).edges.map(({ node }) => node.name).join('');

test('pages go from the newest to the oldest, and stay put when rows are added', async () => {
  const first = await page({ first: 3 });
  expect(first.edges.map(({ node }) => node.name)).toEqual(['7', '6', '5']);
  expect(first).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  await insert();
  const after = first.edges.at(-1)?.cursor ?? '';
  expect(await names({ first: 3, after })).toBe('432');
  const last = await page({ first: 4, after });
  expect(last).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
});

test('last and before go towards the newest', async () => {
  const { edges } = await page({ first: 8 });
  const before = edges[5]?.cursor ?? '';
  expect(await names({ last: 2, before })).toBe('54');
  expect(await page({ last: 2, before })).toMatchObject({
    hasPreviousPage: true,
    hasNextPage: true,
  });
  expect(await names({ last: 3 })).toBe('321');
});

test.each([
  ['above the limit', { first: 101 }, 'first'],
  ['negative', { first: -1 }, 'first'],
  ['a fraction', { last: 1.5 }, 'last'],
  ['both ends at once', { first: 1, last: 1 }, 'last'],
  ['no base64url', { after: '%%%' }, 'after'],
  ['a foreign cursor', { after: base64url(utf8('abc')) }, 'after'],
  ['a cursor of a numbered list', { before: base64url(utf8('17')) }, 'before'],
  ['a character that no text in the database has', { after: base64url(utf8('\0')) }, 'after'],
])('a page that is %s is INVALID_INPUT', async (_, request, field) => {
  await expect(page(request)).rejects.toMatchObject({ code: 'INVALID_INPUT', context: { field } });
});

test.each(['abc', '1e3', '-1', '0', '9'.repeat(16), '\0'])(
  'a numbered list refuses the cursor %j',
  async (text) => {
    const request = { after: base64url(utf8(text)) };
    const asked = findPage(reader(db), AuditEntry, {}, 'sequence', request);
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  },
);

test('a page of nothing is empty and says whether there is more', async () => {
  expect(await page({ first: 0 })).toMatchObject({ edges: [], hasNextPage: true });
});
