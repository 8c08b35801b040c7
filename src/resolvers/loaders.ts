/** Rows that many fields of one query need, read together, each organisation seeing its own only. */
import type { DecisionId, KeyId, OrganizationId, TransferId, UserId, WalletId } from '#core/ids.ts';
import type { NetworkId } from '#core/money.ts';
import type { Role } from '#core/roles.ts';
import { findAuthority } from '#identity/authority.ts';
import { type Database, reader } from '#persistence/database.ts';
import {
  Credential,
  type CredentialRow,
  RoleAssignment,
  User,
  type UserRow,
} from '#persistence/identity.ts';
import { Key, type KeyRow } from '#persistence/key.ts';
import {
  DECISION_ORDER,
  PolicyDecision,
  type PolicyDecisionRow,
} from '#persistence/policy-decision.ts';
import { ChainAlarm, type ChainAlarmRow } from '#persistence/transaction.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import { Wallet, type WalletRow } from '#persistence/wallet.ts';
import { Batch } from './batch.ts';

export type Loaders = {
  /** As the organisation's log has it; undefined before its first administrator has registered. */
  readonly authority: () => ReturnType<typeof findAuthority>;
  /** Oldest first. */
  readonly credentials: (id: UserId) => Promise<readonly CredentialRow[]>;
  readonly user: (id: UserId) => Promise<UserRow | undefined>;
  readonly roles: (id: UserId) => Promise<readonly Role[]>;
  readonly wallet: (id: WalletId) => Promise<WalletRow | undefined>;
  readonly key: (id: KeyId) => Promise<KeyRow | undefined>;
  readonly transfer: (id: TransferId) => Promise<TransferRow | undefined>;
  readonly decision: (id: DecisionId) => Promise<PolicyDecisionRow | undefined>;
  /** Oldest first. */
  readonly decisionsAbout: (id: TransferId) => Promise<readonly PolicyDecisionRow[]>;
  /** The same for every organisation. */
  readonly alarm: (network: NetworkId) => Promise<ChainAlarmRow | undefined>;
};

const byId = <Row extends { readonly id: string }>(
  rows: readonly Row[],
): ReadonlyMap<Row['id'], Row> => new Map(rows.map((row) => [row.id, row]));

/** `organization` says whose rows are seen; it is asked when the first row is. */
export function createLoaders(db: Database, organization: () => Promise<OrganizationId>): Loaders {
  const users = new Batch<UserId, UserRow>(async (ids) =>
    byId(
      await reader(db).find(User, { id: { $in: [...ids] }, organization: await organization() }),
    ),
  );
  const wallets = new Batch<WalletId, WalletRow>(async (ids) =>
    byId(
      await reader(db).find(Wallet, { id: { $in: [...ids] }, organization: await organization() }),
    ),
  );
  const keys = new Batch<KeyId, KeyRow>(async (ids) =>
    byId(await reader(db).find(Key, { id: { $in: [...ids] }, organization: await organization() })),
  );
  const transfers = new Batch<TransferId, TransferRow>(async (ids) =>
    byId(
      await reader(db).find(Transfer, {
        id: { $in: [...ids] },
        organization: await organization(),
      }),
    ),
  );
  const decisions = new Batch<DecisionId, PolicyDecisionRow>(async (ids) =>
    byId(
      await reader(db).find(PolicyDecision, {
        id: { $in: [...ids] },
        organization: await organization(),
      }),
    ),
  );
  const decisionsAbout = new Batch<TransferId, readonly PolicyDecisionRow[]>(async (subjects) => {
    const where = { subject: { $in: [...subjects] }, organization: await organization() };
    const rows = await reader(db).find(PolicyDecision, where, { orderBy: DECISION_ORDER });
    return Map.groupBy(rows, ({ subject }) => subject as TransferId);
  });
  const roles = new Batch<UserId, readonly Role[]>(async (ids) => {
    const rows = await reader(db).find(
      RoleAssignment,
      { user: { $in: [...ids] } },
      { orderBy: { role: 'asc' } },
    );
    const grouped = Map.groupBy(rows, ({ user }) => user);
    return new Map([...grouped].map(([user, held]) => [user, held.map(({ role }) => role)]));
  });
  const alarms = new Batch<NetworkId, ChainAlarmRow>(async (networks) => {
    const rows = await reader(db).find(ChainAlarm, { network: { $in: [...networks] } });
    return new Map(rows.map((row) => [row.network, row]));
  });
  const credentials = new Batch<UserId, readonly CredentialRow[]>(async (ids) => {
    const where = { user: { $in: [...ids] } };
    const rows = await reader(db).find(Credential, where, { orderBy: { id: 'asc' } });
    return Map.groupBy(rows, ({ user }) => user);
  });
  let authority: ReturnType<typeof findAuthority> | undefined;
  const readAuthority = async () => findAuthority(reader(db), await organization());
  return {
    authority: () => (authority ??= readAuthority()),
    credentials: async (id) => (await credentials.get(id)) ?? [],
    user: (id) => users.get(id),
    roles: async (id) => (await roles.get(id)) ?? [],
    wallet: (id) => wallets.get(id),
    key: (id) => keys.get(id),
    transfer: (id) => transfers.get(id),
    decision: (id) => decisions.get(id),
    decisionsAbout: async (id) => (await decisionsAbout.get(id)) ?? [],
    alarm: (network) => alarms.get(network),
  };
}
