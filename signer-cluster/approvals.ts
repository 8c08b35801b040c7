/**
 * What a local operator has allowed. Operations that move a key, let one in or out, or lift a ban take
 * such a word on each node that contributes: it names exactly what may happen, holds once, for a
 * while, and survives a restart.
 */
import { hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** Ids and keys as texts; keys and boxes in hex. */
export type Operation =
  | { readonly operation: 'readmit'; readonly organization: string; readonly party: PartyId }
  /** A node may go on from where its journal is now, whatever was heard of it before. */
  | { readonly operation: 'accept'; readonly party: PartyId }
  /** This node may go on after exactly this start of its own without the word of that one. */
  | { readonly operation: 'stand'; readonly party: PartyId; readonly start: string }
  | {
      readonly operation: 'reshare';
      readonly key: string;
      readonly receivers: readonly PartyId[];
      readonly threshold: number;
    }
  | {
      readonly operation: 'import';
      readonly key: string;
      readonly organization: string;
      readonly scheme: string;
      readonly publicKey: string;
    }
  | { readonly operation: 'export'; readonly key: string; readonly recipient: string };

export type Approval = Extract<JournalEntry, { kind: 'approval' }>;

export type Approvals = {
  /** Durable when it resolves. @throws AUDIT_UNAVAILABLE */
  approve(operation: Operation, minutes: number): Promise<Approval>;
  /** The unused, unexpired approval of exactly this, if there is one. */
  find(operation: Operation): Approval | undefined;
  /** @throws OPERATOR_APPROVAL_REQUIRED */
  require(operation: Operation): Approval;
  /** It serves nothing any more when this resolves. @throws OPERATOR_APPROVAL_REQUIRED when it was used */
  use(approval: Approval): Promise<void>;
  /**
   * Its id, for the journal entry of what it is used for: from that entry on it is used, and not before.
   * @throws OPERATOR_APPROVAL_REQUIRED when it was used
   */
  spend(approval: Approval): string;
  /** Those that still hold. */
  pending(): readonly Approval[];
};

export const APPROVAL_MINUTES_MAX = 24 * 60;

/** Names exactly one operation with all that matters about it. */
export const detailsOf = (operation: Operation): string =>
  hex(hashOf({ domain: 'countersign/operation/v1', ...operation }));

const missing = (what: string): PlatformError =>
  new PlatformError('OPERATOR_APPROVAL_REQUIRED', {
    reason: `no operator of this node has approved this ${what}`,
    hint: 'Run countersign signer approve on the node.',
  });

export function approvals(
  journal: Journal,
  entries: readonly JournalEntry[],
  now: () => Instant,
  newId: () => string,
): Approvals {
  const known = new Map<string, Approval>();
  for (const entry of entries) {
    if (entry.kind === 'approval') known.set(entry.id, entry);
    if (entry.kind === 'approval-used') known.delete(entry.id);
    if (entry.kind === 'accepted') known.delete(entry.approval);
    if (entry.kind === 'key-exported') known.delete(entry.approval ?? '');
    if (entry.kind === 'pairs-committed' || entry.kind === 'key-committed') {
      for (const id of entry.approvals ?? []) known.delete(id);
    }
  }
  const pending = (): readonly Approval[] =>
    [...known.values()].filter(({ expires }) => expires > now());
  const find = (operation: Operation): Approval | undefined =>
    pending().find(({ details }) => details === detailsOf(operation));
  function spend({ id, operation }: Approval): string {
    if (!known.delete(id)) throw missing(operation);
    return id;
  }
  return {
    pending,
    find,
    spend,
    async approve(operation, minutes) {
      const entry: Approval = {
        kind: 'approval',
        id: newId(),
        operation: operation.operation,
        details: detailsOf(operation),
        expires: instant(now() + minutes * MINUTE_MS),
      };
      await journal.append(entry);
      known.set(entry.id, entry);
      return entry;
    },
    require(operation) {
      const approval = find(operation);
      if (approval === undefined) throw missing(operation.operation);
      return approval;
    },
    async use(approval) {
      await journal.append({ kind: 'approval-used', id: spend(approval) });
    },
  };
}
