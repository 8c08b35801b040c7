/** Keys: making one, having the nodes take new shares of it, and reading them. */
import { canonicalText } from '#core/canonical.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#identity/permissions.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import { keyChange } from '#mandate/change-input.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { findKey, Key, type KeyRow, lockKey } from '#persistence/key.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { lockExternalId } from '#persistence/transfer.ts';
import { appendKeyEvent } from './advance-key.ts';
import { requireSameRequest } from './idempotency.ts';
import {
  type CreateKeyInput,
  type KeyRequest,
  parseKeyChoice,
  parseKeyInput,
  type RefreshKeyInput,
} from './inputs.ts';
import type { Services } from './services.ts';
import { LEASE_MS } from './transition.ts';

/**
 * A key in state CREATING; a job has the nodes make it, and it becomes ACTIVE with its public key.
 * The same externalId and input return the first key.
 * @throws FORBIDDEN, INVALID_INPUT, IDEMPOTENCY_CONFLICT, and what `signedTransaction` throws
 */
export async function createKey(
  services: Services,
  actor: Actor,
  input: CreateKeyInput,
  signed: SignedAction | null | undefined,
): Promise<KeyRow> {
  await requireAction(services, actor, 'createKey');
  const request = parseKeyInput(input);
  const clientInput = canonicalText(keyChange(request));
  const action = { operation: 'createKey', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    const { organization } = actor;
    const { externalId } = request;
    if (externalId !== '') {
      await lockExternalId(tx, organization, 'key', externalId);
      const first = await tx.findOne(Key, { organization, externalId });
      if (first !== null) {
        const known = { first, author: first.createdBy };
        return requireSameRequest(tx, actor, known, clientInput, signed);
      }
    }
    await consume((stored) => changeWithInput(parseChange(stored), keyChange(request)));
    const key = newKey(services, tx, actor, request, clientInput);
    await begin(services, tx, actor, key, 'create');
    return key;
  });
}

/** A key that the nodes have not made yet. */
export function newKey(
  services: Services,
  tx: Tx,
  actor: Actor,
  { name, scheme, externalId }: KeyRequest,
  clientInput: string,
): KeyRow {
  return tx.create(Key, {
    id: freshId(services, 'key'),
    organization: actor.organization,
    scheme,
    name,
    state: 'CREATING',
    externalId: externalId === '' ? null : externalId,
    clientInput,
    createdBy: actor.user,
    createdAt: services.clock.now(),
    attempts: 0,
  });
}

/**
 * New shares of an active key on every node: what was stolen before is worth nothing afterwards. Where
 * that is under way already, nothing more is begun.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, VERSION_CONFLICT while the nodes do something else with
 *   it, and what `signedTransaction` throws
 */
export async function refreshKey(
  services: Services,
  actor: Actor,
  input: RefreshKeyInput,
  signed: SignedAction | null | undefined,
): Promise<KeyRow> {
  await requireAction(services, actor, 'refreshKey');
  const choice = parseKeyChoice(input);
  const action = { operation: 'refreshKey', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    await requireKey(tx, actor, choice.keyId);
    await consume((stored) => changeWithInput(parseChange(stored), choice));
    const key = await requireKey(tx, actor, choice.keyId, lockKey);
    if (key.task?.kind === 'refresh') return key;
    if (key.task) {
      const reason = `the nodes are at another task of it: ${key.task.kind}`;
      throw new PlatformError('VERSION_CONFLICT', { field: 'keyId', reason });
    }
    requireActive(key);
    await begin(services, tx, actor, key, 'refresh');
    return key;
  });
}

/** Has a job do it; `key` is locked by the caller, or new. */
async function begin(
  services: Services,
  tx: Tx,
  { user }: Actor,
  key: KeyRow,
  kind: 'create' | 'refresh',
): Promise<void> {
  key.task = { kind, user };
  key.failure = null;
  key.dueAt = instant(services.clock.now() + LEASE_MS);
  await tx.flush();
  await services.jobs.send(tx, { name: 'advance-key', key: key.id });
  await record(services, tx, {
    organization: key.organization,
    actor: user,
    action: kind === 'create' ? 'key.created' : 'key.refresh-requested',
    subject: key.id,
    detail: { name: key.name, scheme: key.scheme },
  });
  await appendKeyEvent(services, tx, key);
}

/** @throws NOT_FOUND */
export async function requireKey(
  tx: Tx,
  { organization }: Actor,
  id: KeyRow['id'],
  find: typeof findKey = findKey,
): Promise<KeyRow> {
  const key = await find(tx, organization, id);
  if (key === null) throw new PlatformError('NOT_FOUND', { field: 'keyId' });
  return key;
}

/** @throws INVALID_INPUT for a key that is not made yet, or signs no more */
export function requireActive({ state }: KeyRow): void {
  if (state === 'ACTIVE') return;
  throw invalidInput('keyId', `the key is ${state.toLowerCase()}`, 'Use a key that is active.');
}

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listKeys(
  services: Services,
  actor: Actor,
  page: PageRequest,
): Promise<Page<KeyRow>> {
  requirePermission(actor, 'keys:read');
  const { organization } = actor;
  return findPage(reader(services.db), Key, { organization }, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readKey(services: Services, actor: Actor, id: string): Promise<KeyRow> {
  requirePermission(actor, 'keys:read');
  const key = await findKey(reader(services.db), actor.organization, parseId('key', id));
  if (key === null) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return key;
}
