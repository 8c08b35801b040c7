/** The job that has the signer nodes make a wallet's key, or lead one that exists to it. */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { MadeKey } from '#cluster-client/key-request.ts';
import type { RegisteredWallet } from '#cluster-client/signer-cluster.ts';
import { hex } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import type { WalletId } from '#core/ids.ts';
import { formatInstant, instant } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { requireSaid } from '#mandate/wallet-address.ts';
import { reader, transaction } from '#persistence/database.ts';
import { Key } from '#persistence/key.ts';
import { lockWallet, Wallet, type WalletRow } from '#persistence/wallet.ts';
import { bringAuthority } from './bring-authority.ts';
import { activateKey, makeKey } from './advance-key.ts';
import type { Services } from './services.ts';
import { reasonOf, retryDelayMs } from './transition.ts';
import { appendWalletEvent } from './wallet-event.ts';

/**
 * The nodes make a key once for its id, and register a wallet once, so asking again returns the same
 * public keys. The wallet is ACTIVE, and its address is told, once every node that holds the key has signed it.
 */
export async function generateKey(services: Services, id: WalletId): Promise<void> {
  const wallet = await reader(services.db).findOne(Wallet, { id });
  if (wallet?.state !== 'CREATING') return;
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
  requireSaid(told, attestations);
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

async function postponeWallet(
  services: Services,
  wallet: WalletRow,
  error: unknown,
): Promise<void> {
  const { code, message } = reasonOf(error);
  await transaction(services.db, async (tx) => {
    const locked = await lockWallet(tx, wallet.organization, wallet.id);
    if (locked?.state !== 'CREATING') return;
    const now = services.clock.now();
    const isNew = locked.waiting?.code !== code || locked.waiting.message !== message;
    locked.dueAt = instant(now + retryDelayMs(locked.attempts));
    locked.attempts += 1;
    if (!isNew) return;
    const since = locked.waiting?.code === code ? locked.waiting.since : formatInstant(now);
    locked.waiting = { code, message, since };
    await appendWalletEvent(services, tx, locked);
  });
}
