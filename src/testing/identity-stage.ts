/** A database, a clock that a test turns, and the services with which people sign in. */
import { randomBytes } from 'node:crypto';
import type { OrganizationId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { connectDatabase, reader } from '#persistence/database.ts';
import { Credential } from '#persistence/identity.ts';
import { Session } from '#persistence/session.ts';
import { createTestDatabase } from './postgres.ts';
import type { IdentityServices } from '#identity/services.ts';

export const ORIGIN = 'http://localhost:4000';

export async function openStage() {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url });
  let now = Date.UTC(2026, 6, 1, 9, 30);
  const services: IdentityServices = {
    db,
    clock: { now: (): Instant => instant(now) },
    random: (size) => new Uint8Array(randomBytes(size)),
    origin: ORIGIN,
  };
  return {
    services,
    url: database.url,
    pass(ms: number): void {
      now += ms;
    },
    /** The audit entries of an organisation, oldest first. */
    audit: (organization: OrganizationId) =>
      reader(db).find(AuditEntry, { organization }, { orderBy: { sequence: 'asc' } }),
    /** How many passkeys and sessions there are. */
    async count() {
      const tx = reader(db);
      return { credentials: await tx.count(Credential), sessions: await tx.count(Session) };
    },
    async close(): Promise<void> {
      await db.close();
      await database.drop();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;
