/**
 * The third step of a payment: before a share leaves, a quorum of nodes has the spend in writing, and this
 * node counts whatever any of them counts (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import { MINUTE_MS } from '#core/time.ts';
import { requireQuorum } from '#mandate/quorum.ts';
import type { CheckedReceipt } from '#mandate/receipt-text.ts';
import { soundReceipts } from '#mandate/receipt.ts';
import { authorityOf, requireThawed } from './authority.ts';
import { confirmedBy } from './confirm-spends.ts';
import type { Evidence } from './evidence.ts';
import type { Party } from './party.ts';
import type { SignRequest } from './proto/open-request.ts';
import { notariesOf } from './receipts.ts';
import { spendOf, subjectOf } from './reserve-spend.ts';
import { restoredOf } from './set-backs.ts';
import type { KeyRecord } from './store.ts';

/** How far the clocks of those who gave receipts may be from this node's, and how old a receipt may be. */
const APART_MAX_MS = MINUTE_MS;

/** `decideAlone` has judged it over all that this node knows, and nothing was awaited since. */
const judgedByCaller = (): void => undefined;

/**
 * Durable when it resolves. A set-up gives nothing away, and each node counts how often it signs one.
 * @throws SIGNERS_UNAVAILABLE without a quorum whose receipts are of now, by no longer log than this node's,
 *   and whose spends it knows: it can be told, and asked again
 */
export async function requireAgreed(
  party: Party,
  key: KeyRecord,
  evidence: Evidence,
  open: Pick<SignRequest, 'receipts' | 'confirmations'>,
): Promise<void> {
  const { organization } = key;
  requireThawed(party, organization);
  const { head } = authorityOf(party, organization);
  if (evidence.isSetUp) return;
  party.handover.requireComplete(organization);
  party.starts.requireLog(organization);
  const spend = spendOf(key, evidence);
  const notaries = notariesOf(party);
  const given = soundReceipts(open.receipts, subjectOf(spend), notaries);
  const restored = new Set(restoredOf(party, organization, given));
  const faults = given.map((receipt) =>
    restored.has(receipt)
      ? faultOf(party, head, receipt)
      : `party ${receipt.party} was set back, and not restored by the organisation (NOT_RESTORED)`,
  );
  const receipts = given.filter((_, index) => faults[index] === undefined);
  const why = faults.filter((fault) => fault !== undefined).join('; ');
  const parties = receipts.map((receipt) => receipt.party);
  requireQuorum(
    { ...notaries, mode: party.mode },
    parties,
    why === '' ? 'receipts' : `receipts that count here (${why})`,
  );
  const about = { organization, intent: spend.id };
  const confirmed = confirmedBy(party, about, open.receipts, open.confirmations);
  const own = party.spends.of(organization);
  // In one piece: whatever comes of it, what this node says that it knows is in its ledger and its journal.
  const written = party.spends.record(spend);
  const agreed = async () =>
    own.requireAgreed({ id: spend.id, recordedBy: parties, confirmed }, judgedByCaller);
  await Promise.all([written, agreed()]);
}

/**
 * Why a receipt does not count here; undefined where it does. An old one was given by what its node knew of
 * authority then, and one by a longer log knows a change that this node does not.
 */
function faultOf(
  { now, mode, starts, standing }: Party,
  head: { readonly sequence: number; readonly hash: string },
  receipt: CheckedReceipt,
): string | undefined {
  const { party, own } = receipt;
  const { at, authority, mode: theirMode } = own;
  if (standing.doubled.has(party)) return `two copies of party ${party} live (TWO_COPIES)`;
  if (!starts.isCurrent(receipt)) {
    return `party ${party} has started since it gave its own, or not been heard of (STARTED_ANEW)`;
  }
  if (typeof at !== 'number' || Math.abs(now() - at) > APART_MAX_MS) {
    return `that of party ${party} is of another time (CLOCKS_APART)`;
  }
  // Who says nothing of it waits for a quorum.
  if ((theirMode ?? 'safety') !== mode) return `party ${party} is in another mode (MODES_DIFFER)`;
  const theirs = headOf(authority);
  if (theirs === undefined) {
    return `party ${party} decided without the organisation's log (AUTHORITY_BEHIND)`;
  }
  if (theirs.sequence > head.sequence) {
    return `party ${party} knows later changes of authority (AUTHORITY_BEHIND)`;
  }
  const differs = theirs.sequence === head.sequence && theirs.hash !== head.hash;
  return differs ? `party ${party} has another log of authority (AUTHORITY_DIFFERS)` : undefined;
}

function headOf(value: unknown) {
  const { sequence, hash } = (value ?? {}) as { readonly sequence?: unknown; hash?: unknown };
  return typeof sequence === 'number' && typeof hash === 'string' ? { sequence, hash } : undefined;
}
