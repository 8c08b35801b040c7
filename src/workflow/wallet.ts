/** Wallets: creating one, and reading them. */
import { canonicalText } from '#core/canonical.ts';
import { invalidInput, PlatformError } from '#core/errors.ts';
import { type KeyId, parseId, type WalletId } from '#core/ids.ts';
import type { Money, NetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { findNetwork } from '#chains/registry.ts';
import { schemeOf } from '#chains/scheme.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { type OperatorTokens, requireOperator } from '#identity/operator.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { record } from '#identity/services.ts';
import type { Changed } from '#identity/change-request.ts';
import { consumeChange } from '#identity/signed-change.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import { walletChange } from '#mandate/change-input.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { lockKey } from '#persistence/key.ts';
import { findPage, type Page, type PageRequest } from '#persistence/page.ts';
import { lockExternalId } from '#persistence/transfer.ts';
import { findWallet, Wallet, type WalletRow } from '#persistence/wallet.ts';
import { networkOf } from './assets.ts';
import { requireThawed } from './frozen.ts';
import { requireSameRequest } from './idempotency.ts';
import { type CreateWalletInput, parseWalletInput, type WalletRequest } from './inputs.ts';
import { newKey, requireActive, requireKey } from './key.ts';
import type { Services } from './services.ts';
import { LEASE_MS } from './transition.ts';
import { appendWalletEvent } from './wallet-event.ts';

/**
 * A wallet in state CREATING; a job has the nodes make its key, and it becomes ACTIVE with its
 * address. The same externalId and input return the first wallet.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, IDEMPOTENCY_CONFLICT, and what `signedTransaction`
 *   throws
 */
export async function createWallet(
  services: Services,
  actor: Actor,
  input: CreateWalletInput,
  signed: SignedAction | null | undefined,
): Promise<WalletRow> {
  await requireAction(services, actor, 'createWallet');
  const request = parseWalletInput(input);
  const clientInput = canonicalText(walletChange(request));
  const action = { operation: 'createWallet', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    const { organization } = actor;
    const { externalId } = request;
    if (externalId !== '') {
      await lockExternalId(tx, organization, 'wallet', externalId);
      const first = await tx.findOne(Wallet, { organization, externalId });
      if (first !== null) {
        const known = { first, author: first.createdBy };
        return requireSameRequest(tx, actor, known, clientInput, signed);
      }
    }
    const input = walletChange(request);
    const changed = await consumeChange(services, tx, actor, { input, consume });
    return insertWallet(services, tx, actor, { request, clientInput, changed });
  });
}

/**
 * The log says which key the wallet has, and at which path.
 * @throws INVALID_INPUT for a named key that is not made yet, or signs no more
 */
async function insertWallet(
  services: Services,
  tx: Tx,
  actor: Actor,
  wanted: {
    readonly request: WalletRequest;
    readonly clientInput: string;
    readonly changed: Changed;
  },
): Promise<WalletRow> {
  const { request, clientInput, changed } = wanted;
  const createdAt = services.clock.now();
  const { organization } = actor;
  const { network, name, tags } = request;
  const id = parseId('wallet', changed.subject);
  const made = changed.state.wallets.get(id);
  if (made === undefined) throw new Error(`the log holds no wallet ${id}`);
  const { key, path } = made;
  if (request.keyId === '') {
    const scheme = schemeOf(findNetwork(network));
    newKey(services, tx, actor, { id: key, name, scheme, externalId: '', clientInput: '' });
  } else {
    requireActive(await requireKey(tx, actor, key, lockKey));
  }
  const wallet = tx.create(Wallet, {
    id,
    organization,
    key,
    path,
    network,
    name,
    tags,
    state: 'CREATING',
    externalId: request.externalId === '' ? null : request.externalId,
    clientInput,
    createdBy: actor.user,
    createdAt,
    attempts: 0,
    dueAt: instant(createdAt + LEASE_MS),
  });
  await tx.flush();
  await services.jobs.send(tx, { name: 'generate-key', wallet: wallet.id });
  await record(services, tx, {
    organization,
    actor: actor.user,
    action: 'wallet.created',
    subject: wallet.id,
    detail: { network, name, tags: [...tags], key, path },
  });
  await appendWalletEvent(services, tx, wallet);
  return wallet;
}

/**
 * The wallet that a transfer names, if the transfer can come from it.
 * @throws NOT_FOUND, INVALID_INPUT when it is not ready, or on another network than the asset, KEY_LOCKED
 *   when it is frozen
 */
export async function requireUsableWallet(
  tx: Tx,
  actor: Actor,
  transfer: { readonly wallet: WalletId; readonly network: NetworkId },
  find: (
    tx: Tx,
    organization: Actor['organization'],
    id: WalletId,
  ) => Promise<WalletRow | null> = findWallet,
): Promise<WalletRow> {
  const wallet = await find(tx, actor.organization, transfer.wallet);
  if (wallet === null) throw new PlatformError('NOT_FOUND', { field: 'walletId' });
  if (wallet.state !== 'ACTIVE') {
    const reason = `the wallet is ${wallet.state.toLowerCase()}`;
    throw invalidInput('walletId', reason, 'Use a wallet that is active.');
  }
  if (wallet.network !== transfer.network) {
    const reason = `not an asset of ${wallet.network}, the network of the wallet`;
    throw invalidInput('asset', reason, `Use an asset of ${wallet.network}.`);
  }
  await requireThawed(tx, actor.organization, wallet.id);
  return wallet;
}

/** Newest first. @throws FORBIDDEN, INVALID_INPUT */
export async function listWallets(
  services: Services,
  actor: Actor,
  page: PageRequest,
  filter: { readonly key?: KeyId } = {},
): Promise<Page<WalletRow>> {
  requirePermission(actor, 'wallets:read');
  const { organization } = actor;
  return findPage(reader(services.db), Wallet, { ...filter, organization }, 'id', page);
}

/** @throws FORBIDDEN, NOT_FOUND, INVALID_INPUT */
export async function readWallet(services: Services, actor: Actor, id: string): Promise<WalletRow> {
  requirePermission(actor, 'wallets:read');
  const wallet = await findWallet(reader(services.db), actor.organization, parseId('wallet', id));
  if (wallet === null) throw new PlatformError('NOT_FOUND', { field: 'id' });
  return wallet;
}

/**
 * A wallet of any organisation, for whoever operates the machine on which its local chain runs.
 * @throws UNAUTHENTICATED for another operator token, NOT_FOUND, also for a wallet of a real network
 */
export async function readLocalWallet(
  services: Services,
  operatorTokens: OperatorTokens,
  id: string,
): Promise<WalletRow> {
  requireOperator(operatorTokens);
  const wallet = await reader(services.db).findOne(Wallet, { id: parseId('wallet', id) });
  if (wallet !== null && findNetwork(wallet.network).local) return wallet;
  throw new PlatformError('NOT_FOUND', { field: 'id' });
}

/**
 * What the chain says that the wallet holds, for each asset of its network; nothing before it has
 * an address.
 * @throws FORBIDDEN, CHAIN_UNAVAILABLE
 */
export async function readBalances(
  services: Services,
  actor: Actor,
  wallet: WalletRow,
): Promise<readonly Money[]> {
  requirePermission(actor, 'wallets:read');
  if (typeof wallet.address !== 'string') return [];
  const { assets } = await networkOf(reader(services.db), actor.organization, wallet.network);
  return services.chains.connection(wallet.network).balances(wallet.address, assets);
}
