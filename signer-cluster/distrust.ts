/**
 * Whom this node no longer works with. A peer that provably cheated in an OT-based step may have
 * learnt a bit of a secret, so the pair is banned for the whole organisation and epoch; a set that
 * produced an invalid signature is quarantined. Only an operator lifts either. A verdict holds in
 * memory at once, before the disk has it, so that no other session of the pair sends another byte.
 */
import { PlatformError } from '#core/errors.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Journal, JournalEntry } from './journal.ts';

type Ban = Extract<JournalEntry, { kind: 'ban' }>;
type Quarantine = Extract<JournalEntry, { kind: 'quarantine' }>;

/** The set of nodes that would work together, for one organisation and pair epoch. */
export type Circle = {
  readonly organization: string;
  readonly epoch: number;
  readonly signers: readonly PartyId[];
};

export type Distrust = {
  /** @throws KEY_LOCKED that names the parties */
  requireTrusted(circle: Circle): void;
  /** Durable when it resolves. */
  record(verdict: Ban | Quarantine): Promise<void>;
};

export function distrust(journal: Journal, entries: readonly JournalEntry[]): Distrust {
  const verdicts = entries.filter((entry) => entry.kind === 'ban' || entry.kind === 'quarantine');
  return {
    requireTrusted(circle) {
      const locked = verdicts.find((verdict) => concerns(verdict, circle));
      if (locked === undefined) return;
      const parties = locked.kind === 'ban' ? [locked.peer] : locked.signers;
      throw new PlatformError('KEY_LOCKED', {
        reason:
          locked.kind === 'ban'
            ? `party ${locked.peer} broke the protocol (${locked.check})`
            : `parties ${locked.signers.join(' and ')} made an invalid signature`,
        parties: parties.map(String),
      });
    },
    record(verdict) {
      verdicts.push(verdict);
      return journal.append(verdict);
    },
  };
}

function concerns(verdict: Ban | Quarantine, circle: Circle): boolean {
  if (verdict.organization !== circle.organization || verdict.epoch !== circle.epoch) return false;
  return verdict.kind === 'ban'
    ? circle.signers.includes(verdict.peer)
    : verdict.signers.join() === circle.signers.join();
}
