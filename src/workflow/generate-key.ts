/** The job that has the signer nodes make a wallet's key, or lead one that exists to it. */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { MadeKey } from '#cluster-client/key-request.ts';
import type { RegisteredWallet } from '#cluster-client/signer-cluster.ts';
import { hex } from '#core/bytes.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { WalletId } from '#core/ids.ts';
import { formatInstant, instant, MINUTE_MS } from '#core/time.ts';
import { record } from '#identity/services.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';
import { requireAttested } from '#mandate/wallet-address.ts';
import { reader, transaction } from '#persistence/database.ts';
import { Key } from '#persistence/key.ts';
import { lockWallet, Wallet, type WalletRow, wantWordsOf } from '#persistence/wallet.ts';
import { bringAuthority } from './bring-authority.ts';
import { activateKey, makeKey } from './advance-key.ts';
import type { Services } from './services.ts';
import { reasonOf, retryDelayMs } from './transition.ts';
import { appendWalletEvent } from './wallet-event.ts';

/** Of a wallet that has an address, whose nodes are asked for their words anew. */
const ANEW_RETRY_MS = 10 * MINUTE_MS;

/**
 * The nodes make a key once for its id, and register a wallet once, so asking again returns the same
 * public keys. The wallet is ACTIVE, and its address is told, once every node that holds the key has signed it
 * with the key of its that the committee's record names. One that is ACTIVE gets their words anew (`renewWords`).
 */
export async function generateKey(services: Services, id: WalletId): Promise<void> {
  const wallet = await reader(services.db).findOne(Wallet, { id });
  if (wallet === null || wallet.dueAt === null || wallet.state === 'ARCHIVED') return;
  try {
    const { organization, key: keyId, path } = wallet;
    const key = await reader(services.db).findOneOrFail(Key, { id: keyId });
    await bringAuthority(services, organization);
    const made = key.publicKey ? undefined : await makeKey(services, key);
    const request = { wallet: id, keyId, organization, path };
    const own = await services.cluster.registerWallet(request);
    await activate(services, wallet, made, own);
  } catch (error) {
    if (!isPlatformError(error)) services.log.error({ error, wallet: id }, 'no key was made');
    await postponeWallet(services, wallet, error);
  }
}

async function activate(
  services: Services,
  wallet: WalletRow,
  made: MadeKey | undefined,
  { publicKey, attestations }: RegisteredWallet,
): Promise<void> {
  const { id, organization, key: keyId, path, network } = wallet;
  const address = verbsOf(findNetwork(network)).address(publicKey);
  const told = { wallet: id, organization, key: keyId, path, network, address };
  requireAttested(told, [...attestations.values()], requireNodeKeys(services));
  if (wallet.state === 'ACTIVE') return keepWords(services, wallet, { address, attestations });
  await transaction(services.db, async (tx) => {
    const locked = await lockWallet(tx, wallet.organization, wallet.id);
    if (locked?.state !== 'CREATING') return;
    const key = await tx.findOneOrFail(Key, { id: locked.key });
    // A key that was made for this wallet alone has no task of its own.
    if (key.state === 'CREATING' && made !== undefined) activateKey(key, made);
    locked.state = 'ACTIVE';
    locked.address = address;
    locked.attestations = [...attestations.values()];
    locked.waiting = null;
    locked.dueAt = null;
    await record(services, tx, {
      organization: locked.organization,
      actor: 'system',
      action: 'wallet.active',
      subject: locked.id,
      detail: { key: locked.key, path: locked.path, publicKey: hex(publicKey), address },
    });
    await appendWalletEvent(services, tx, locked);
  });
}

/** @throws NOT_CONFIGURED where the worker cannot tell a node's signature from another's */
function requireNodeKeys({ cluster }: Services): NodeKeys {
  const keys = cluster.nodeKeys();
  if (keys !== undefined) return keys;
  const reason = "the worker has no record of the nodes' committee: put it into SIGNER_TLS";
  throw new PlatformError('NOT_CONFIGURED', { reason });
}

/** The address is what it was, and those who hold the key now have signed it. */
async function keepWords(
  services: Services,
  { id, organization }: WalletRow,
  { address, attestations }: Pick<RegisteredWallet, 'attestations'> & { readonly address: string },
): Promise<void> {
  await transaction(services.db, async (tx) => {
    const locked = await lockWallet(tx, organization, id);
    if (locked?.state !== 'ACTIVE') return;
    if (locked.address !== address) {
      const reason = `the nodes now say the address ${address}`;
      throw new PlatformError('EVIDENCE_REJECTED', { field: 'attestations', reason });
    }
    locked.attestations = [...attestations.values()];
    locked.waiting = null;
    locked.attempts = 0;
    locked.dueAt = null;
    await appendWalletEvent(services, tx, locked);
  });
}

/**
 * Has the nodes asked anew about every wallet whose words are in part of somebody who is no member any more:
 * who pins the record of today would not find it covered. @returns how many there are
 */
export async function renewWords(services: Services): Promise<number> {
  const keys = services.cluster.nodeKeys()?.keys;
  if (keys === undefined) return 0;
  const members = [...keys.keys()];
  return transaction(services.db, (tx) => wantWordsOf(tx, members, services.clock.now()));
}

async function postponeWallet(
  services: Services,
  wallet: WalletRow,
  error: unknown,
): Promise<void> {
  const { code, message } = reasonOf(error);
  await transaction(services.db, async (tx) => {
    const locked = await lockWallet(tx, wallet.organization, wallet.id);
    if (locked === null || locked.state === 'ARCHIVED') return;
    const now = services.clock.now();
    const delayMs = locked.state === 'ACTIVE' ? ANEW_RETRY_MS : retryDelayMs(locked.attempts);
    const isNew = locked.waiting?.code !== code || locked.waiting.message !== message;
    locked.dueAt = instant(now + delayMs);
    locked.attempts += 1;
    if (!isNew) return;
    const since = locked.waiting?.code === code ? locked.waiting.since : formatInstant(now);
    locked.waiting = { code, message, since };
    await appendWalletEvent(services, tx, locked);
  });
}
