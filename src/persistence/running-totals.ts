/**
 * What earlier transfers add up to. A transfer counts from its reservation until that is released: at
 * the time at which it left, with the value of its own time, and however long ago it was asked for
 * while it is still to leave. There is no upper end: another gateway's clock may be ahead, and what it
 * reserved counts. The caller holds the locks that keep a reservation from slipping in beside it.
 */
import type { OrganizationId, TransferId } from '#core/ids.ts';
import { countsAgainstLimits, TRANSFER_STATES } from '#core/transfer-state.ts';
import { formatInstant, type Instant, instant } from '#core/time.ts';
import { readInstant } from './columns.ts';
import type { Tx } from './database.ts';

export type ScopeField = 'wallet' | 'initiator' | 'asset' | 'recipient' | 'network';

export type History = {
  readonly organization: OrganizationId;
  /** Only transfers with these; one field may stand twice. */
  readonly scope: readonly (readonly [field: ScopeField, value: string])[];
  /** What left later than this counts. */
  readonly after: number;
  /** Does not count. */
  readonly except?: TransferId;
};

/** What is added up or compared: minor units of a currency, base units, or the number of transfers. */
export type Measure =
  | { readonly of: 'value'; readonly currency: string }
  | { readonly of: 'amount' }
  | { readonly of: 'requests' };

/**
 * States in which the amount is still to leave. So is that of a FAILED transfer that is still looked
 * at, because somebody may hold a signature of it.
 */
const STILL_TO_LEAVE = TRANSFER_STATES.filter(
  (state) => countsAgainstLimits(state) && !['BROADCAST', 'CONFIRMED'].includes(state),
);

const COLUMNS: Readonly<Record<ScopeField, readonly string[]>> = {
  wallet: ['r.wallet_id', 't.wallet_id'],
  initiator: ['r.initiator', 't.initiator'],
  asset: ['t.asset'],
  recipient: ['t.recipient'],
  network: ['t.network'],
};

/**
 * Several transfers that await an input have all reserved and are not decided: each counts those that
 * were asked for before it, and not the later ones, which will count it. Otherwise they would all
 * stand in each other's way.
 */
const NEITHER_ITSELF_NOR_AFTER_IT = `and r.released_at is null and t.id <> ?
  and not (t.state = 'PENDING_POLICY' and t.id collate "C" > ?
    and exists (select 1 from transfers where id = ? and state = 'PENDING_POLICY'))`;

/** The common table expression `counted` with these columns, and its parameters. */
function counted(history: History, columns: string): { sql: string; parameters: string[] } {
  const { organization, scope, after, except = '' } = history;
  const start = formatInstant(instant(Math.max(0, after)));
  const named = scope.flatMap(([field, value]) =>
    COLUMNS[field].map((column) => ({ clause: `and ${column} = ?`, value })),
  );
  const clauses = [NEITHER_ITSELF_NOR_AFTER_IT, ...named.map(({ clause }) => clause)];
  const values = [except, except, except, ...named.map(({ value }) => value)];
  const states = STILL_TO_LEAVE.map(() => '?').join(',');
  // Two parts rather than one with `or`: each has an index of its own.
  const sql = `with counted as (
      select ${columns}, false as reserved from reservations r join transfers t on t.id = r.transfer_id
      where r.organization_id = ? and r.at > ? ${clauses.join(' ')}
      union all
      select ${columns}, true as reserved from transfers t join reservations r on r.transfer_id = t.id
      where t.organization_id = ? and r.at <= ? ${clauses.join(' ')}
        and (t.state in (${states}) or (t.state = 'FAILED' and t.due_at is not null))
    )`;
  const parameters = [organization, start, ...values];
  return { sql, parameters: [...parameters, ...parameters, ...STILL_TO_LEAVE] };
}

/**
 * The sum of all that counts, or the largest of it; 0 where there is none. Undefined where a transfer
 * that counts has no value in the currency: the total is then not known.
 */
export async function totalReserved(
  tx: Tx,
  history: History,
  function_: 'sum' | 'max',
  measure: Measure,
): Promise<bigint | undefined> {
  await tx.flush();
  const { sql, parameters } = counted(history, 'r."values", t.units');
  const measured = { value: `("values"->>?)::numeric`, amount: 'units', requests: '1' }[measure.of];
  const rows = await tx.execute<{ total: string; unknown: string }[]>(
    `${sql} select coalesce(${function_}(measured), 0)::text as total,
            count(*) filter (where measured is null) as unknown
     from (select ${measured} as measured from counted) as measures`,
    [...parameters, ...(measure.of === 'value' ? [measure.currency] : [])],
  );
  const [row] = rows;
  return row === undefined || Number(row.unknown) > 0 ? undefined : BigInt(row.total);
}

/** How many different ones there are of a field, and whether `sought` is among them. */
export async function distinctReserved(
  tx: Tx,
  history: History,
  field: ScopeField,
  sought: string,
): Promise<{ readonly total: bigint; readonly seen: boolean }> {
  await tx.flush();
  const { sql, parameters } = counted(history, `${COLUMNS[field].at(-1)} as named`);
  const [row] = await tx.execute<{ total: string; seen: boolean }[]>(
    `${sql} select count(distinct named)::text as total, coalesce(bool_or(named = ?), false) as seen
     from counted`,
    [...parameters, sought],
  );
  return { total: BigInt(row?.total ?? 0), seen: row?.seen === true };
}

export type PastReservation = {
  readonly at: Instant;
  /** Still to leave. */
  readonly reserved: boolean;
  /** The snapshot of the request's own time, as canonical text. */
  readonly facts: string;
};

/** What counts, one by one; undefined where there are more than `most`. */
export async function pastReservations(
  tx: Tx,
  history: History,
  most: number,
): Promise<readonly PastReservation[] | undefined> {
  await tx.flush();
  const { sql, parameters } = counted(history, 'r.at, r.facts');
  const rows = await tx.execute<{ at: string | Date; reserved: boolean; facts: string }[]>(
    `${sql} select at, reserved, facts from counted limit ?`,
    [...parameters, most + 1],
  );
  if (rows.length > most) return undefined;
  return rows.map(({ at, reserved, facts }) => ({ at: readInstant(at), reserved, facts }));
}
