/** A key as clients see it. */
import { hex } from '#core/bytes.ts';
import type { KeyId } from '#core/ids.ts';
import type { KeyRow } from '#persistence/key.ts';
import type { Key } from '#schema/key.ts';
import { waitingView } from './waiting-view.ts';

type Linked = 'createdBy' | 'wallets' | 'xpub' | 'exportedShares';
export type KeyView = Omit<Key, Linked> & { readonly id: KeyId; readonly row: KeyRow };

export const keyView = (row: KeyRow): KeyView => ({
  row,
  id: row.id,
  name: row.name,
  scheme: row.scheme,
  curve: row.scheme === 'frost-ed25519' ? 'ed25519' : 'secp256k1',
  state: row.state,
  provenance: row.provenance,
  publicKey: row.publicKey ? hex(row.publicKey) : null,
  task: row.task?.kind ?? null,
  waiting: row.waiting ? waitingView(row.waiting) : null,
  failure: row.failure ?? null,
  externalId: row.externalId,
  createdAt: row.createdAt,
  refreshedAt: row.refreshedAt,
});
