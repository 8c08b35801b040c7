/**
 * The third step of a payment: before a share leaves, a quorum of nodes has the spend in writing, and this
 * node counts whatever any of them counts (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import { PlatformError } from '#core/errors.ts';
import { MINUTE_MS } from '#core/time.ts';
import { type CheckedReceipt, requireReceipts } from '#mandate/receipt.ts';
import { authorityOf, requireThawed } from './authority.ts';
import { confirmedBy } from './confirm-spends.ts';
import type { Evidence } from './evidence.ts';
import type { Party } from './party.ts';
import type { SignRequest } from './proto/open-request.ts';
import { notariesOf } from './receipts.ts';
import { spendOf, subjectOf } from './reserve-spend.ts';
import type { KeyRecord } from './store.ts';

/** How far the clocks of those who gave receipts may be from this node's, and how old a receipt may be. */
const APART_MAX_MS = MINUTE_MS;

/** `decideAlone` has judged it over all that this node knows, and nothing was awaited since. */
const judgedByCaller = (): void => undefined;

/**
 * Durable when it resolves. A set-up gives nothing away, and each node counts how often it signs one.
 * @throws EVIDENCE_REJECTED without a quorum; SIGNERS_UNAVAILABLE when the receipts are old, this node
 *   is behind or does not know what others know: it can be told, and asked again
 */
export async function requireAgreed(
  party: Party,
  key: KeyRecord,
  evidence: Evidence,
  open: Pick<SignRequest, 'receipts' | 'confirmations'>,
): Promise<void> {
  const { organization } = key;
  requireThawed(party, organization);
  const state = authorityOf(party, organization);
  if (state === undefined || evidence.isSetUp) return;
  const spend = spendOf(key, evidence);
  const receipts = requireReceipts(open.receipts, subjectOf(spend), notariesOf(party));
  requireOfNow(party, receipts);
  requireUpToDate(state.head, receipts);
  const about = { organization, intent: spend.id };
  const confirmed = confirmedBy(party, about, open.receipts, open.confirmations);
  const recordedBy = receipts.map((receipt) => receipt.party);
  const own = party.spends.of(organization);
  // In one piece: whatever comes of it, what this node says that it knows is in its ledger and its journal.
  const written = party.spends.record(spend);
  const agreed = async () => own.requireAgreed({ recordedBy, confirmed, since: 0 }, judgedByCaller);
  await Promise.all([written, agreed()]);
}

const later = (reason: string): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', { reason });

/** An old receipt was given by what its node knew of authority then. */
function requireOfNow({ now }: Party, receipts: readonly CheckedReceipt[]): void {
  const own = now();
  const apart = receipts.find(({ own: { at } }) => {
    return typeof at !== 'number' || Math.abs(own - at) > APART_MAX_MS;
  });
  if (apart === undefined) return;
  throw later(`the receipt of party ${apart.party} is of another time (CLOCKS_APART)`);
}

/** Whoever gave a receipt by a longer log knows a change that this node does not. */
function requireUpToDate(
  head: { readonly sequence: number; readonly hash: string },
  receipts: readonly CheckedReceipt[],
): void {
  for (const { party, own } of receipts) {
    const theirs = headOf(own['authority']);
    if (theirs === undefined) {
      throw later(`party ${party} decided without the organisation's log (AUTHORITY_BEHIND)`);
    }
    if (theirs.sequence < head.sequence) continue;
    if (theirs.sequence > head.sequence) {
      throw later(`party ${party} knows later changes of authority (AUTHORITY_BEHIND)`);
    }
    if (theirs.hash !== head.hash) {
      throw later(`party ${party} has another log of authority (AUTHORITY_DIFFERS)`);
    }
  }
}

function headOf(value: unknown) {
  const { sequence, hash } = (value ?? {}) as { readonly sequence?: unknown; hash?: unknown };
  return typeof sequence === 'number' && typeof hash === 'string' ? { sequence, hash } : undefined;
}
