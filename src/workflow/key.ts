/** Keys: making one, having the nodes take new shares of it, and reading them. */
import { canonicalText } from '#core/canonical.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { type KeyId, parseId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import { extendedKey } from '#cluster-client/extended-key.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { record } from '#identity/services.ts';
import { consumeChange } from '#identity/signed-change.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import { type ChangeInput, changeWithInput, parseChange } from '#mandate/change.ts';
import { exportChange, importChange, keyChange, reshareChange } from '#mandate/change-input.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { findKey, Key, type KeyRow, type KeyTask, lockKey } from '#persistence/key.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { lockExternalId } from '#persistence/transfer.ts';
import { appendKeyEvent } from './advance-key.ts';
import { requireSameRequest } from './idempotency.ts';
import {
  type CreateKeyInput,
  type ExportKeyInput,
  type ImportKeyInput,
  type KeyRequest,
  parseExportInput,
  parseImportInput,
  parseKeyChoice,
  parseKeyInput,
  parseReshareInput,
  type RefreshKeyInput,
  type ReshareKeyInput,
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
  const wanted = { operation: 'createKey', request, change: keyChange(request), signed };
  return addKey(services, actor, wanted, { kind: 'create' });
}

/**
 * A key that existed outside, which a dealer has split for the nodes. In state CREATING until they have
 * taken it in, which waits for the word of enough of their operators. It is marked as imported.
 * @throws FORBIDDEN, INVALID_INPUT, IDEMPOTENCY_CONFLICT, and what `signedTransaction` throws
 */
export async function importKey(
  services: Services,
  actor: Actor,
  input: ImportKeyInput,
  signed: SignedAction | null | undefined,
): Promise<KeyRow> {
  await requireAction(services, actor, 'importKey');
  const request = parseImportInput(input);
  const { dealing } = request;
  const wanted = { operation: 'importKey', request, change: importChange(request), signed };
  return addKey(services, actor, wanted, { kind: 'import', dealing });
}

async function addKey(
  services: Services,
  actor: Actor,
  wanted: {
    readonly operation: string;
    readonly request: KeyRequest;
    readonly change: ChangeInput;
    readonly signed: SignedAction | null | undefined;
  },
  task: Wish,
): Promise<KeyRow> {
  const { operation, request, change, signed } = wanted;
  const clientInput = canonicalText(change);
  return signedTransaction(services, actor, { operation, signed }, async (tx, consume) => {
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
    const { subject } = await consumeChange(services, tx, actor, { input: change, consume });
    const id = parseId('key', subject);
    const key = newKey(services, tx, actor, { ...request, id, clientInput });
    if (task.kind === 'import') key.provenance = 'imported';
    await begin(services, tx, actor, key, task);
    return key;
  });
}

/** A key that the nodes have not made yet; the authority log holds it already. */
export function newKey(
  services: Services,
  tx: Tx,
  actor: Actor,
  made: KeyRequest & { readonly id: KeyId; readonly clientInput: string },
): KeyRow {
  const { id, name, scheme, externalId, clientInput } = made;
  return tx.create(Key, {
    id,
    organization: actor.organization,
    scheme,
    name,
    state: 'CREATING',
    provenance: 'generated',
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
  const wanted = { operation: 'refreshKey', keyId: choice.keyId, change: choice, signed };
  return changeKey(services, actor, wanted, { kind: 'refresh' });
}

/**
 * Gives an active key to other holders, or under another threshold: the dealers hold shares now. It
 * waits for the word of each dealer's operator. The key and its wallets stay.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, VERSION_CONFLICT while the nodes do something else with
 *   it, and what `signedTransaction` throws
 */
export async function reshareKey(
  services: Services,
  actor: Actor,
  input: ReshareKeyInput,
  signed: SignedAction | null | undefined,
): Promise<KeyRow> {
  await requireAction(services, actor, 'reshareKey');
  const { keyId, ...sets } = parseReshareInput(input);
  const change = reshareChange({ keyId, ...sets });
  const wanted = { operation: 'reshareKey', keyId, change, signed };
  return changeKey(services, actor, wanted, { kind: 'reshare', ...sets });
}

/**
 * Lets an active key leave: the exporters' shares, encrypted to the recipient. It waits for the word of
 * each exporter's operator; then nobody signs with the key any more, and its wallets are archived.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, VERSION_CONFLICT while the nodes do something else with
 *   it, and what `signedTransaction` throws
 */
export async function exportKey(
  services: Services,
  actor: Actor,
  input: ExportKeyInput,
  signed: SignedAction | null | undefined,
): Promise<KeyRow> {
  await requireAction(services, actor, 'exportKey');
  const { keyId, recipient, exporters } = parseExportInput(input);
  const change = exportChange({ keyId, recipient, exporters });
  const wanted = { operation: 'exportKey', keyId, change, signed };
  return changeKey(services, actor, wanted, { kind: 'export', recipient, exporters });
}

async function changeKey(
  services: Services,
  actor: Actor,
  wanted: {
    readonly operation: string;
    readonly keyId: KeyId;
    readonly change: ChangeInput;
    readonly signed: SignedAction | null | undefined;
  },
  task: Wish,
): Promise<KeyRow> {
  const { operation, keyId, change, signed } = wanted;
  return signedTransaction(services, actor, { operation, signed }, async (tx, consume) => {
    const known = await requireKey(tx, actor, keyId);
    if (known.task && isSameWish(known.task, task)) {
      await consume((stored) => changeWithInput(parseChange(stored), change));
      return known;
    }
    await consumeChange(services, tx, actor, { input: change, consume });
    const key = await requireKey(tx, actor, keyId, lockKey);
    if (key.task && isSameWish(key.task, task)) return key;
    if (key.task) {
      const reason = `the nodes are at another task of it: ${key.task.kind}`;
      throw new PlatformError('VERSION_CONFLICT', { field: 'keyId', reason });
    }
    requireActive(key);
    await begin(services, tx, actor, key, task);
    return key;
  });
}

/** A task before it is known who asked for it, and when. */
type Wish = DistributiveOmit<KeyTask, 'user' | 'since'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const isSameWish = (task: KeyTask, wish: Wish): boolean => {
  const { user, since } = task;
  return canonicalText({ ...task }) === canonicalText({ ...wish, user, since });
};

const REQUESTED: Readonly<Record<KeyTask['kind'], string>> = {
  create: 'key.created',
  import: 'key.import-requested',
  refresh: 'key.refresh-requested',
  reshare: 'key.reshare-requested',
  export: 'key.export-requested',
};

/** Has a job do it; `key` is locked by the caller, or new. */
async function begin(
  services: Services,
  tx: Tx,
  { user }: Actor,
  key: KeyRow,
  wish: Wish,
): Promise<void> {
  const now = services.clock.now();
  key.task = { ...wish, user, since: formatInstant(now) };
  key.failure = null;
  key.dueAt = instant(now + LEASE_MS);
  await tx.flush();
  await services.jobs.send(tx, { name: 'advance-key', key: key.id });
  await record(services, tx, {
    organization: key.organization,
    actor: user,
    action: REQUESTED[wish.kind],
    subject: key.id,
    detail: { name: key.name, scheme: key.scheme, ...wish },
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

/**
 * The extended public key at a path: who has it sees every address below. Undefined where the key is
 * not made yet, and on ed25519.
 * @throws FORBIDDEN, INVALID_INPUT for a path that is none
 */
export function readExtendedKey(actor: Actor, key: KeyRow, path: string): string | undefined {
  requirePermission(actor, 'keys:read');
  const { scheme, publicKey, chainCode } = key;
  return publicKey && chainCode ? extendedKey(scheme, { publicKey, chainCode }, path) : undefined;
}
