/**
 * What some chain families ask of an account before its first payment. It has no intent of its own:
 * the nodes sign it under the mandate of the payment that needs it, and only when its bytes give
 * nothing away. Only one set-up of an account can succeed, so a try that was cut off is simply made
 * again.
 */
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { PlatformError } from '#core/errors.ts';
import { record } from '#identity/services.ts';
import { reader, transaction } from '#persistence/database.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import type { Services } from './services.ts';
import { mandateOf } from './sign-transfer.ts';

const POLLS_MS = [0, 20, 80, 320];

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
  const verbs = verbsOf(network);
  const { units } = verbs.explainSetUp(network, unsigned, address);
  const { signatures } = await services.cluster.sign({
    keyId: wallet.key,
    mandate: await mandateOf(reader(services.db), transfer, unsigned),
  });
  const sealed = verbs.seal(network, unsigned, signatures, address);
  await transaction(services.db, (tx) =>
    record(services, tx, {
      organization: transfer.organization,
      actor: 'system',
      action: 'wallet.account-set-up',
      subject: wallet.id,
      detail: { transfer: transfer.id, hash: sealed.hash, costMax: units.toString() },
    }),
  );
  await connection.broadcast(sealed);
  for (const delayMs of POLLS_MS) {
    if (delayMs > 0) await services.clock.sleep(delayMs);
    const status = await connection.status(sealed.hash);
    if (status.state === 'included' && status.confirmations >= network.confirmations) return;
  }
  const reason = "the set-up of the wallet's account is not final yet";
  throw new PlatformError('CHAIN_UNAVAILABLE', { network: network.id, reason });
}
