/** The event of a wallet. */
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import type { Services } from './services.ts';

/** Tells subscribers what the wallet looks like now. */
export async function appendWalletEvent(
  services: Services,
  tx: Tx,
  wallet: WalletRow,
  change: { readonly frozen?: boolean } = {},
): Promise<void> {
  await tx.flush();
  await appendEvent(tx, {
    organization: wallet.organization,
    type: 'wallet.updated',
    subject: wallet.id,
    wallet: wallet.id,
    at: services.clock.now(),
    payload: {
      state: wallet.state,
      address: wallet.address ?? null,
      version: wallet.version,
      ...change,
    },
  });
}
