/**
 * The job that has the signer nodes carry out the task of a key. The nodes settle what a crash left
 * behind and do nothing twice, so it may be cut off anywhere and run again.
 */
import { equalBytes, hex, type Bytes } from '#core/bytes.ts';
import { type ErrorCode, isPlatformError, type PlatformError } from '#core/errors.ts';
import type { KeyId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { Key, type KeyRow, type KeyTask, lockKey } from '#persistence/key.ts';
import type { Services } from './services.ts';
import { reasonOf, retryDelayMs } from './transition.ts';

/** What no later try would end otherwise. */
const FINAL: readonly ErrorCode[] = ['EVIDENCE_REJECTED', 'IDEMPOTENCY_CONFLICT', 'INVALID_INPUT'];

/** Takes the key's task to its end, or notes what is in the way; it is tried again later. */
export async function advanceKey(services: Services, id: KeyId): Promise<void> {
  const key = await reader(services.db).findOne(Key, { id });
  const task = key?.task;
  if (!key || !task) return;
  try {
    await TASKS[task.kind](services, key);
  } catch (error) {
    if (isPlatformError(error) && FINAL.includes(error.code)) {
      await giveUp(services, key, task, error);
      return;
    }
    if (!isPlatformError(error)) services.log.error({ error, key: id }, 'a task of a key failed');
    await postpone(services, key, error);
  }
}

/**
 * The key as the nodes made it. Asking again answers with the same key.
 * @throws SIGNERS_UNAVAILABLE, KEY_LOCKED, IDEMPOTENCY_CONFLICT, INVALID_INPUT
 */
export const makeKey = (
  { cluster }: Services,
  { id, organization, scheme }: KeyRow,
): Promise<{ readonly publicKey: Bytes }> => cluster.createKey({ keyId: id, organization, scheme });

const TASKS: Readonly<Record<KeyTask['kind'], (services: Services, key: KeyRow) => Promise<void>>> =
  {
    async create(services, key) {
      const { publicKey } = await makeKey(services, key);
      await settle(services, key, 'key.active', (locked) => {
        locked.state = 'ACTIVE';
        locked.publicKey = publicKey;
      });
    },
    async refresh(services, key) {
      const { publicKey } = await services.cluster.refreshKey({ keyId: key.id });
      if (!key.publicKey || !equalBytes(publicKey, key.publicKey)) {
        throw new Error(`the nodes refreshed ${key.id} to another key`);
      }
      await settle(services, key, 'key.refreshed', (locked) => {
        locked.refreshedAt = services.clock.now();
      });
    },
  };

/** Ends the task; whoever was slower finds it ended. */
async function settle(
  services: Services,
  { id, organization }: KeyRow,
  action: string,
  change: (locked: KeyRow) => void,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockKey(tx, organization, id);
    if (!locked?.task) return;
    endTask(locked);
    change(locked);
    const publicKey = hex(locked.publicKey ?? new Uint8Array());
    await record(services, tx, {
      organization,
      actor: 'system',
      action,
      subject: id,
      detail: { scheme: locked.scheme, publicKey },
    });
    await appendKeyEvent(services, tx, locked);
  });
}

function endTask(locked: KeyRow): void {
  locked.task = null;
  locked.waiting = null;
  locked.failure = null;
  locked.attempts = 0;
  locked.dueAt = null;
}

async function giveUp(
  services: Services,
  { id, organization }: KeyRow,
  { kind }: KeyTask,
  { code, message }: PlatformError,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockKey(tx, organization, id);
    if (locked?.task?.kind !== kind) return;
    endTask(locked);
    locked.failure = { code, message };
    if (locked.state === 'CREATING') locked.state = 'FAILED';
    const detail = { task: kind, code, reason: message };
    const entry = { organization, actor: 'system', action: 'key.refused', subject: id } as const;
    await record(services, tx, { ...entry, detail });
    await appendKeyEvent(services, tx, locked);
  });
}

async function postpone(
  services: Services,
  { id, organization }: KeyRow,
  error: unknown,
): Promise<void> {
  const { code, message } = reasonOf(error);
  await transaction(services.db, async (tx) => {
    const locked = await lockKey(tx, organization, id);
    if (!locked?.task) return;
    const now = services.clock.now();
    const isNew = locked.waiting?.code !== code || locked.waiting.message !== message;
    locked.dueAt = instant(now + retryDelayMs(locked.attempts));
    locked.attempts += 1;
    if (!isNew) return;
    const since = locked.waiting?.code === code ? locked.waiting.since : formatInstant(now);
    locked.waiting = { code, message, since };
    await appendKeyEvent(services, tx, locked);
  });
}

/** Tells subscribers what the key looks like now. */
export async function appendKeyEvent(services: Services, tx: Tx, key: KeyRow): Promise<void> {
  await tx.flush();
  await appendEvent(tx, {
    organization: key.organization,
    type: 'key.updated',
    subject: key.id,
    at: services.clock.now(),
    payload: {
      state: key.state,
      task: key.task?.kind ?? null,
      waiting: key.waiting ? { ...key.waiting } : null,
      version: key.version,
    },
  });
}
