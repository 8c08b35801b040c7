/**
 * The spends that this node has in writing, by organisation. Each counts against limits from its
 * receipt on, whatever becomes of its session, until its transaction is provably dead
 * (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import { type Shape } from '#mandate/quorum.ts';
import { type Judge, type SpendAgreement, spendAgreement } from '#mandate/spend-agreement.ts';
import type { Journal, JournalEntry } from './journal.ts';

type Entry = Extract<JournalEntry, { kind: 'spend' }>;

/** `id` is the hash of the intent; `created` is what the intent says, milliseconds since 1970. */
export type Spend = Omit<Entry, 'kind'>;

export type Spends = {
  of(organization: string): SpendAgreement<Spend>;
  /** Judged and known when it is called, durable when it resolves. @throws what `judge` throws */
  record(spend: Spend, judge: Judge<Spend>): Promise<void>;
  /** A spend of another node's. Durable when it resolves. */
  learn(spend: Spend): Promise<void>;
};

export function spends(
  journal: Pick<Journal, 'append'>,
  entries: readonly JournalEntry[],
  shape: Shape,
): Spends {
  const organizations = new Map<string, SpendAgreement<Spend>>();
  /** Whoever asks again for a spend whose first writing is on its way must wait for that. */
  const writing = new Map<string, Promise<void>>();
  const of = (organization: string): SpendAgreement<Spend> => {
    const known = organizations.get(organization) ?? spendAgreement<Spend>(shape);
    organizations.set(organization, known);
    return known;
  };
  for (const entry of entries) {
    if (entry.kind !== 'spend') continue;
    const { kind: _, ...spend } = entry;
    of(spend.organization).learn(spend);
  }

  async function write(spend: Spend): Promise<void> {
    const written = journal.append({ kind: 'spend', ...spend });
    writing.set(spend.id, written);
    await written;
    writing.delete(spend.id);
  }

  return {
    of,
    async record(spend, judge) {
      const own = of(spend.organization);
      const isKnown = own.find(spend.id) !== undefined;
      own.record(own.find(spend.id) ?? spend, judge);
      await (isKnown ? writing.get(spend.id) : write(spend));
    },
    async learn(spend) {
      const own = of(spend.organization);
      if (own.find(spend.id) !== undefined) return writing.get(spend.id);
      own.learn(spend);
      return write(spend);
    },
  };
}
