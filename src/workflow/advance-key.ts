/**
 * The job that has the signer nodes carry out the task of a key. The nodes settle what a crash left
 * behind and do nothing twice, so it may be cut off anywhere and run again.
 */
import type { MadeKey } from '#cluster-client/key-request.ts';
import { type Bytes, equalBytes, hex, parseHex } from '#core/bytes.ts';
import { type ErrorCode, isPlatformError, type PlatformError } from '#core/errors.ts';
import type { KeyId } from '#core/ids.ts';
import { DAY_MS, formatInstant, instant, parseInstant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import type { AuditDetail } from '#core/audit-entry.ts';
import { reader, transaction, type Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { Key, type KeyRow, type KeyTask, lockKey } from '#persistence/key.ts';
import { lockWallet, Wallet, type WalletRow } from '#persistence/wallet.ts';
import { bringAuthority } from './bring-authority.ts';
import type { Services } from './services.ts';
import { reasonOf, retryDelayMs } from './transition.ts';
import { appendWalletEvent } from './wallet-event.ts';

/** What no later try would end otherwise. */
const FINAL: readonly ErrorCode[] = ['EVIDENCE_REJECTED', 'IDEMPOTENCY_CONFLICT', 'INVALID_INPUT'];

/** How long a task waits for the word of operators; theirs holds as long at most. */
const OPERATORS_WAIT_MS = DAY_MS;
const OPERATORS_RETRY_MS = 2_000;
const NO_WORD: ErrorCode = 'OPERATOR_APPROVAL_REQUIRED';

const isFinal = ({ clock }: Services, { since }: KeyTask, { code }: PlatformError): boolean =>
  FINAL.includes(code) ||
  (code === NO_WORD && clock.now() > parseInstant(since) + OPERATORS_WAIT_MS);

/** Takes the key's task to its end, or notes what is in the way; it is tried again later. */
export async function advanceKey(services: Services, id: KeyId): Promise<void> {
  const key = await reader(services.db).findOne(Key, { id });
  const task = key?.task;
  if (!key || !task) return;
  try {
    await carryOut(services, key, task);
  } catch (error) {
    if (isPlatformError(error) && isFinal(services, task, error)) {
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
): Promise<MadeKey> => cluster.createKey({ keyId: id, organization, scheme });

async function carryOut(services: Services, key: KeyRow, task: KeyTask): Promise<void> {
  const { cluster } = services;
  const { id: keyId, organization, scheme } = key;
  await bringAuthority(services, organization);
  switch (task.kind) {
    case 'create': {
      const made = await makeKey(services, key);
      return settle(services, key, { action: 'key.active', change: (it) => activateKey(it, made) });
    }
    case 'import': {
      const { dealing } = task;
      const made = await cluster.importKey({ keyId, organization, scheme, dealing });
      return settle(services, key, {
        action: 'key.imported',
        change: (it) => activateKey(it, made),
      });
    }
    case 'refresh': {
      const holders = key.holders ? { holders: key.holders } : {};
      requireSameKey(key, await cluster.refreshKey({ keyId, ...holders }));
      const refreshedAt = services.clock.now();
      const change = (it: KeyRow): void => {
        it.refreshedAt = refreshedAt;
      };
      return settle(services, key, { action: 'key.refreshed', change });
    }
    case 'reshare': {
      const { dealers, receivers, threshold } = task;
      const sets = { dealers, receivers, threshold };
      requireSameKey(key, await cluster.reshareKey({ keyId, organization, scheme, ...sets }));
      const refreshedAt = services.clock.now();
      const change = (it: KeyRow): void => {
        it.holders = receivers;
        it.refreshedAt = refreshedAt;
      };
      const detail = { dealers: [...dealers], receivers: [...receivers], threshold };
      return settle(services, key, { action: 'key.reshared', change, detail });
    }
    case 'export': {
      const { recipient, exporters } = task;
      const wanted = { keyId, recipient: parseHex(recipient), exporters };
      const { shares } = await cluster.exportKey(wanted);
      const change = (it: KeyRow): void => {
        it.state = 'EXPORTED';
        it.exported = { recipient, exporters, shares };
      };
      const detail = { recipient, exporters: [...exporters] };
      return settle(services, key, { action: 'key.exported', change, detail });
    }
    default:
      return task satisfies never;
  }
}

/** New shares are of the same key: anything else is a fault that no later try mends. */
function requireSameKey(key: KeyRow, { publicKey }: { readonly publicKey: Bytes }): void {
  if (key.publicKey && equalBytes(publicKey, key.publicKey)) return;
  throw new Error(`the nodes took shares of another key than ${key.id}`);
}

/** The key as the nodes have made it, or taken it in. */
export function activateKey(key: KeyRow, { publicKey, chainCode }: MadeKey): void {
  key.state = 'ACTIVE';
  key.publicKey = publicKey;
  key.chainCode = chainCode;
}

type Ending = {
  readonly action: string;
  readonly change: (locked: KeyRow) => void;
  readonly detail?: AuditDetail;
};

/** Ends the task; whoever was slower finds it ended. */
async function settle(
  services: Services,
  { id, organization }: KeyRow,
  { action, change, detail = {} }: Ending,
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockKey(tx, organization, id);
    if (!locked?.task) return;
    endTask(locked);
    change(locked);
    const archived = locked.state === 'EXPORTED' ? await archiveWalletsOf(tx, locked) : [];
    const publicKey = hex(locked.publicKey ?? new Uint8Array());
    await record(services, tx, {
      organization,
      actor: 'system',
      action,
      subject: id,
      detail: { scheme: locked.scheme, publicKey, ...detail },
    });
    await appendKeyEvent(services, tx, locked);
    for (const wallet of archived) await appendWalletEvent(services, tx, wallet);
  });
}

/** Nobody signs for them any more. */
async function archiveWalletsOf(tx: Tx, { id, organization }: KeyRow): Promise<WalletRow[]> {
  const found = await tx.find(Wallet, { key: id }, { orderBy: { id: 'asc' } });
  const archived: WalletRow[] = [];
  for (const { id: walletId } of found) {
    const wallet = await lockWallet(tx, organization, walletId);
    if (wallet === null || wallet.state === 'ARCHIVED') continue;
    wallet.state = 'ARCHIVED';
    wallet.dueAt = null;
    archived.push(wallet);
  }
  return archived;
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
    const delayMs = code === NO_WORD ? OPERATORS_RETRY_MS : retryDelayMs(locked.attempts);
    locked.dueAt = instant(now + delayMs);
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
