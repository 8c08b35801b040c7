/** A wallet as clients see it. */
import type { WalletId } from '#core/ids.ts';
import type { WalletRow } from '#persistence/wallet.ts';
import type { Wallet } from '#schema/wallet.ts';
import { waitingView } from './waiting-view.ts';

type Linked = 'frozen' | 'network' | 'key' | 'createdBy' | 'balances' | 'transfers';
export type WalletView = Omit<Wallet, Linked> & { readonly id: WalletId; readonly row: WalletRow };

export const walletView = (row: WalletRow): WalletView => ({
  row,
  id: row.id,
  name: row.name,
  state: row.state,
  tags: row.tags,
  path: row.path,
  createdAt: row.createdAt,
  address: row.address,
  attestations: row.attestations ?? [],
  externalId: row.externalId,
  waiting: row.waiting ? waitingView(row.waiting) : null,
});
