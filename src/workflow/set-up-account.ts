/**
 * What some chain families ask of an account before its first payment. It has no intent of its own:
 * the nodes sign it under the mandate of the payment that needs it, and only when its bytes give
 * nothing away. Only one set-up of an account can succeed, and each has a short life: the one that was
 * signed is sent again until it must have expired, and only then another is signed.
 */
import type { SealedTransaction } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Bytes } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import { MINUTE_MS } from '#core/time.ts';
import { record } from '#identity/services.ts';
import { reader, transaction } from '#persistence/database.ts';
import { lockAccount, NetworkAccount } from '#persistence/transaction.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import { bringAuthority } from './bring-authority.ts';
import type { Services } from './services.ts';
import { provenMandateOf } from './sign-transfer.ts';

const POLLS_MS = [0, 20, 80, 320];
/** Longer than any family's set-up can still be taken into a block. */
const LIFE_MS = 2 * MINUTE_MS;

/**
 * Resolves when the account can send its first payment.
 * @throws CHAIN_UNAVAILABLE while its set-up is on its way, INSUFFICIENT_FUNDS, EVIDENCE_REJECTED,
 * SIGNERS_UNAVAILABLE, KEY_LOCKED
 */
export async function setUpAccount(
  services: Services,
  transfer: TransferRow,
  wallet: WalletRow,
  address: string,
): Promise<void> {
  const network = findNetwork(transfer.network);
  const connection = services.chains.connection(transfer.network);
  const unsigned = await connection.setUp(address);
  if (unsigned === undefined) return;
  const sealed =
    (await livingSetUp(services, transfer, address)) ??
    (await signSetUp(services, transfer, wallet, { address, unsigned }));
  await connection.broadcast(sealed);
  for (const delayMs of POLLS_MS) {
    if (delayMs > 0) await services.clock.sleep(delayMs);
    const status = await connection.status(sealed.hash);
    if (status.state === 'included' && status.confirmations >= network.confirmations) return;
  }
  const reason = "the set-up of the wallet's account is not final yet";
  throw new PlatformError('CHAIN_UNAVAILABLE', { network: network.id, reason });
}

/** The set-up that was signed last, while a block may still take it. */
async function livingSetUp(
  services: Services,
  { network }: TransferRow,
  address: string,
): Promise<SealedTransaction | undefined> {
  const account = await reader(services.db).findOne(NetworkAccount, { network, address });
  const { setUpRaw: raw, setUpHash: hash, setUpAt } = account ?? {};
  if (!raw || !hash || !setUpAt) return undefined;
  return services.clock.now() < setUpAt + LIFE_MS ? { raw, hash } : undefined;
}

async function signSetUp(
  services: Services,
  transfer: TransferRow,
  wallet: WalletRow,
  { address, unsigned }: { readonly address: string; readonly unsigned: Bytes },
): Promise<SealedTransaction> {
  const network = findNetwork(transfer.network);
  const verbs = verbsOf(network);
  const { units } = verbs.explainSetUp(network, unsigned, address);
  await bringAuthority(services, transfer.organization);
  const { signatures } = await services.cluster.sign({
    keyId: wallet.key,
    mandate: await provenMandateOf(services, transfer, unsigned),
  });
  const sealed = verbs.seal(network, unsigned, signatures, address);
  await transaction(services.db, async (tx) => {
    const account = await lockAccount(tx, network.id, address);
    account.setUpRaw = sealed.raw;
    account.setUpHash = sealed.hash;
    account.setUpAt = services.clock.now();
    await record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action: 'wallet.account-set-up',
      subject: wallet.id,
      detail: { transfer: transfer.id, hash: sealed.hash, costMax: units.toString() },
    });
  });
  return sealed;
}
