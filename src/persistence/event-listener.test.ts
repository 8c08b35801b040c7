import { expect, test } from 'vitest';
import { newId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { createTestDatabase } from '#testing/postgres.ts';
import { connectDatabase, reader, transaction } from './database.ts';
import { appendEvent } from './event.ts';
import { openEventListener } from './event-listener.ts';
import { insertOrganization } from './organization.ts';

test('a listener hears of committed events, and again after its connection was cut', async () => {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url });
  const now = instant(1_800_000_000_000);
  const organization = newId('organization', now, new Uint8Array(10));
  await transaction(db, (tx) =>
    insertOrganization(tx, { id: organization, name: 'Acme', createdAt: now }),
  );

  let heard = Promise.withResolvers<string>();
  let connected = Promise.withResolvers<void>();
  const listener = await openEventListener({
    url: database.url,
    onEvent: (id, cursor) => heard.resolve(`${id} ${cursor}`),
    onConnected: () => connected.resolve(),
    onError: () => undefined,
  });
  const event = {
    organization,
    type: 'wallet.updated',
    subject: 's',
    at: now,
    payload: {},
  } as const;

  await transaction(db, (tx) => appendEvent(tx, event));
  expect(await heard.promise).toBe(`${organization} 1`);

  connected = Promise.withResolvers<void>();
  heard = Promise.withResolvers<string>();
  await reader(db).execute(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where query like 'listen countersign_events%' and datname = current_database()`,
  );
  await connected.promise;
  await transaction(db, (tx) => appendEvent(tx, event));
  expect(await heard.promise).toBe(`${organization} 2`);

  await listener.close();
  await db.close();
  await database.drop();
});
