/** A database with wallets and reservations that are written as a test wants them. */
import type { ScopeField } from '#persistence/running-totals.ts';
import { newId, type OrganizationId, type UserId, type WalletId } from '#core/ids.ts';
import { type AssetId, networkOf, parseAssetId } from '#core/money.ts';
import type { TransferState } from '#core/transfer-state.ts';
import { type Instant, instant } from '#core/time.ts';
import { connectDatabase, transaction } from '#persistence/database.ts';
import { Key } from '#persistence/key.ts';
import { releaseReservation, Reservation } from '#persistence/ledger.ts';
import { insertOrganization } from '#persistence/organization.ts';
import { Transfer } from '#persistence/transfer.ts';
import { Wallet } from '#persistence/wallet.ts';
import { createTestDatabase } from './postgres.ts';

export const LEDGER_NOW = instant(Date.UTC(2026, 6, 10));
const USDC = parseAssetId('USDC@local-evm');
const STATEMENT = {
  statement: '',
  credentialId: '',
  authenticatorData: '',
  clientDataJSON: '',
  signature: '',
};

export type LedgerEntry = {
  readonly at: Instant;
  readonly isReleased?: boolean;
  /** By default one that has left. */
  readonly state?: TransferState;
  /** A FAILED one that may still be paid. */
  readonly isWatched?: boolean;
  readonly values?: Readonly<Record<string, string>>;
  readonly facts?: string;
  readonly units?: bigint;
} & { readonly [F in Exclude<ScopeField, 'network' | 'asset' | 'wallet'>]?: string } & {
  readonly asset?: AssetId;
};

let count = 0;

/** Ids of their own for all ledgers of a process. */
const entropy = () => {
  count += 1;
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, count >> 16, (count >> 8) & 255, count & 255]);
};

export async function openLedger() {
  const database = await createTestDatabase();
  const db = await connectDatabase({ url: database.url });

  const openOrganization = async (): Promise<OrganizationId> => {
    const id = newId('organization', LEDGER_NOW, entropy());
    await transaction(db, (tx) =>
      insertOrganization(tx, { id, name: 'Acme', createdAt: LEDGER_NOW }),
    );
    return id;
  };

  const insertWallet = async (organization: OrganizationId): Promise<WalletId> => {
    const id = newId('wallet', LEDGER_NOW, entropy());
    const key = newId('key', LEDGER_NOW, entropy());
    const made = {
      organization,
      name: 'w',
      state: 'ACTIVE' as const,
      clientInput: '',
      createdBy: newId('user', LEDGER_NOW, entropy()),
      createdAt: LEDGER_NOW,
      attempts: 0,
    };
    await transaction(db, async (tx) => {
      tx.create(Key, { ...made, id: key, scheme: 'ecdsa-secp256k1', provenance: 'generated' });
      const network = networkOf(USDC);
      tx.create(Wallet, { ...made, id, key, path: 'm', network, tags: [] });
    });
    return id;
  };

  const reserve = async (
    organization: OrganizationId,
    entries: readonly (LedgerEntry & { readonly wallet: WalletId })[],
  ) => {
    const rows = entries.map((entry) => ({
      ...entry,
      id: newId('transfer', LEDGER_NOW, entropy()),
    }));
    await transaction(db, async (tx) => {
      for (const { id, wallet, at, asset = USDC, ...entry } of rows) {
        const initiator = (entry.initiator ?? newId('user', LEDGER_NOW, entropy())) as UserId;
        tx.create(Transfer, {
          id,
          organization,
          wallet,
          network: networkOf(asset),
          asset,
          units: entry.units ?? 1n,
          recipient: entry.recipient ?? '0x',
          memo: '',
          externalId: id,
          clientInput: '',
          initiator,
          state: entry.state ?? 'CONFIRMED',
          intent: '',
          intentHash: '',
          statement: STATEMENT,
          attempts: 0,
          dueAt: entry.isWatched === true ? at : null,
          createdAt: at,
          updatedAt: at,
          expiresAt: at,
        });
        const { values = {}, facts = '' } = entry;
        const owner = { organization, wallet, initiator };
        tx.create(Reservation, { ...owner, transfer: id, at, values, facts });
      }
      await tx.flush();
      for (const { id, isReleased } of rows) {
        if (isReleased === true) await releaseReservation(tx, id, LEDGER_NOW);
      }
    });
    return rows.map(({ id }) => id);
  };

  return {
    db,
    openOrganization,
    insertWallet,
    reserve,
    async close() {
      await db.close();
      await database.drop();
    },
  };
}
