/** What must be true of payments afterwards, asked of the database and of the chain themselves. */
import { paymentsOf, pendingOf, sentBy } from '#test/chain-record.ts';
import type { AcceptPlatform } from './accept-platform.ts';
import type { Ordered } from './payer.ts';

export type Reckoning = {
  readonly lost: number;
  readonly double: number;
  readonly stuck: number;
  readonly breaks: readonly string[];
};

const AFTER_APPROVAL = ['queued', 'signing', 'broadcast', 'confirmed'];

/** Every payment that was acknowledged is one transaction on the chain, and one entry for each step. */
export async function reckon(
  stage: AcceptPlatform,
  ordered: readonly Ordered[],
  to: string,
): Promise<Reckoning> {
  const rows = await stage.psql<{ readonly id: string; readonly state: string }>(
    'select id, state from transfers',
  );
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const breaks: string[] = [];
  let lost = 0;
  let double = 0;
  let stuck = 0;
  for (const { wallet, units, transfer } of ordered) {
    const state = states.get(transfer);
    const moved = { from: wallet.address ?? '', to, units };
    const found = await paymentsOf(stage.chain.url, moved);
    if (state === undefined) {
      lost += 1;
      breaks.push(`${transfer} was acknowledged, and the database has lost it`);
    } else if (state !== 'CONFIRMED') {
      stuck += 1;
      breaks.push(`${transfer} is ${state}`);
    }
    if (found.length > 1) {
      double += 1;
      breaks.push(`${transfer} was paid ${found.length} times: ${found.join(' ')}`);
    } else if (found.length === 0 && state === 'CONFIRMED') {
      lost += 1;
      breaks.push(`${transfer} is CONFIRMED, and the chain does not have it`);
    }
  }
  if (rows.length !== ordered.length) {
    breaks.push(`${rows.length} transfers for ${ordered.length} payments`);
  }
  breaks.push(...(await foreignTransactions(stage, ordered)), ...(await auditGaps(stage, ordered)));
  return { lost, double, stuck, breaks };
}

/** An account has sent its payments and nothing else, and nothing of it waits for a block. */
async function foreignTransactions(
  { chain }: AcceptPlatform,
  ordered: readonly Ordered[],
): Promise<readonly string[]> {
  const breaks: string[] = [];
  const byAddress = Map.groupBy(ordered, ({ wallet }) => wallet.address ?? '');
  for (const [address, own] of byAddress) {
    const sent = await sentBy(chain.url, address);
    const pending = await pendingOf(chain.url, address);
    if (sent !== own.length) breaks.push(`${address} sent ${sent} for ${own.length} payments`);
    if (pending !== 0) breaks.push(`${pending} transactions of ${address} wait`);
  }
  return breaks;
}

/** The log counts 1, 2, 3, ..., and each payment has each of its steps in it, once. */
async function auditGaps(
  stage: AcceptPlatform,
  ordered: readonly Ordered[],
): Promise<readonly string[]> {
  const [whole] = await stage.psql<{ readonly entries: string; readonly last: string }>(
    'select count(*) as entries, max(sequence) as last from audit_entries group by organization_id',
  );
  const breaks: string[] = [];
  if (whole?.entries !== whole?.last) {
    breaks.push(`the audit log has ${whole?.entries} entries, and the last is ${whole?.last}`);
  }
  const rows = await stage.psql<{ readonly subject: string; readonly actions: readonly string[] }>(
    `select subject, array_agg(action order by sequence) as actions from audit_entries
     where action like 'transfer.%' group by subject`,
  );
  const actions = new Map(rows.map((row) => [row.subject, row.actions]));
  for (const { transfer } of ordered) {
    const [created, ...steps] = actions.get(transfer) ?? [];
    const own = steps.filter((action) => action !== 'transfer.pending_approval');
    const expected = AFTER_APPROVAL.map((state) => `transfer.${state}`);
    if (created !== 'transfer.created' || own.join() !== expected.join()) {
      breaks.push(`the log of ${transfer}: ${[created, ...steps].join(' ')}`);
    }
  }
  return breaks;
}
