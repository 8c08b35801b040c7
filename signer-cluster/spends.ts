/**
 * The spends that this node has in writing, by organisation. Each counts against limits from its
 * receipt on, whatever becomes of its session and its transaction: nothing takes it out again
 * (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import { MINUTE_MS } from '#core/time.ts';
import { Ledger } from '#mandate/ledger.ts';
import type { Shape } from '#mandate/quorum.ts';
import { readSpend } from '#mandate/spend-text.ts';
import { type SpendAgreement, spendAgreement } from '#mandate/spend-agreement.ts';
import type { Journal, JournalEntry } from './journal.ts';

type Entry = Extract<JournalEntry, { kind: 'spend' }>;

/** `id` is the hash of the intent; `created` is what the intent says, milliseconds since 1970. */
export type Spend = Omit<Entry, 'kind'>;

export type Spends = {
  of(organization: string): SpendAgreement<Spend>;
  /** What the policy's totals are worked out from. */
  ledger(organization: string): Ledger;
  /** It was judged by whoever calls. Known when it is called, durable when it resolves. */
  record(spend: Spend): Promise<void>;
};

/** A payment that is asked for again is in the windows of then; in between, the writing is spared. */
const MOVED_AFTER_MS = MINUTE_MS;

export function spends(
  journal: Pick<Journal, 'append'>,
  entries: readonly JournalEntry[],
  shape: Shape,
): Spends {
  const organizations = new Map<string, SpendAgreement<Spend>>();
  const ledgers = new Map<string, Ledger>();
  /** Whoever asks again for a spend whose first writing is on its way must wait for that. */
  const writing = new Map<string, Promise<void>>();
  const of = (organization: string): SpendAgreement<Spend> => {
    const known = organizations.get(organization) ?? spendAgreement<Spend>(shape);
    organizations.set(organization, known);
    return known;
  };
  const ledger = (organization: string): Ledger => {
    const known = ledgers.get(organization) ?? new Ledger();
    ledgers.set(organization, known);
    return known;
  };

  function note(spend: Spend): void {
    of(spend.organization).learn(spend);
    if (spend.counted === undefined) return;
    ledger(spend.organization).count(readSpend(spend.counted));
  }

  for (const entry of entries) {
    if (entry.kind !== 'spend') continue;
    const { kind: _, ...spend } = entry;
    note(spend);
  }

  /** The disk has it as good as this one: the same transactions, at about the same time. */
  function isWritten({ id, organization, counted }: Spend): boolean {
    if (of(organization).find(id) === undefined) return false;
    if (counted === undefined) return true;
    const before = ledger(organization).find(id)?.spend;
    const after = readSpend(counted);
    if (before === undefined || after.at - before.at > MOVED_AFTER_MS) return false;
    return before.transactions.length === after.transactions.length;
  }

  return {
    of,
    ledger,
    async record(spend) {
      if (isWritten(spend)) return writing.get(spend.id);
      note(spend);
      const written = journal.append({ kind: 'spend', ...spend });
      writing.set(spend.id, written);
      await written;
      if (writing.get(spend.id) === written) writing.delete(spend.id);
      return undefined;
    },
  };
}
