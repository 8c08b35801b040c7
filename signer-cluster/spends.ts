/**
 * The spends that this node has in writing, by organisation. Each counts against limits from its
 * receipt on, whatever becomes of its session and its transaction
 * (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md). Nothing takes it out again but the proof that
 * nobody can sign it any more (docs/adr/0017-a-spend-counts-with-a-quorums-receipts.md).
 */
import { MINUTE_MS } from '#core/time.ts';
import { Ledger } from '#mandate/ledger.ts';
import type { Shape } from '#mandate/quorum.ts';
import { readSpend } from '#mandate/spend-text.ts';
import { type SpendAgreement, spendAgreement } from '#mandate/spend-agreement.ts';
import type { Stage } from '#mandate/withdrawal.ts';
import type { Journal, JournalEntry } from './journal.ts';

type Entry = Extract<JournalEntry, { kind: 'spend' }>;

/** `id` is the hash of the intent; `created` is what the intent says, milliseconds since 1970. */
export type Spend = Omit<Entry, 'kind'>;

export type Spends = {
  of(organization: string): SpendAgreement<Spend>;
  /** All that counts, in the order in which it was known. */
  all(): readonly Spend[];
  /**
   * What another committee had in writing: a share of it may have left a node that is not in this one, so that
   * nobody's word here can end it. The journal has said so.
   */
  inherit(inherited: readonly Pick<Spend, 'id' | 'organization'>[]): void;
  /** The same of one whose claim has been shown: the claim is in the journal, and judged again after a start. */
  claim(spend: Spend): void;
  /** When the newest of all was made, as its intent says; 0 where there is none. */
  readonly newest: number;
  /** What the policy's totals are worked out from. */
  ledger(organization: string): Ledger;
  /** It was judged by whoever calls. Known when it is called, durable when it resolves. */
  record(spend: Spend): Promise<void>;
  /** Durable when it resolves. @throws EVIDENCE_REJECTED when a share of it may have left */
  withdraw(organization: string, id: string): Promise<Stage>;
  /** Durable when it resolves. @throws EVIDENCE_REJECTED when too few have withdrawn */
  bury(organization: string, id: string, withdrawn: ReadonlyMap<number, Stage>): Promise<void>;
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

  const all = new Map<string, Spend>();
  let newest = 0;

  function note(spend: Spend): void {
    all.set(spend.id, spend);
    newest = Math.max(newest, spend.created);
    const own = of(spend.organization);
    own.learn(spend);
    if (spend.counted === undefined || own.find(spend.id) === undefined) return;
    ledger(spend.organization).count(readSpend(spend.counted));
  }

  restore(entries, { of, ledger, note });

  /** Words that are given, or on their way to the disk. */
  const given = new Map<string, Promise<void>>();

  /** Once on the disk; whoever asks again waits for the same writing. */
  function writeOnce(
    entry: Extract<JournalEntry, { kind: 'withdrawn' | 'buried' }>,
  ): Promise<void> {
    const name = `${entry.kind} ${entry.organization} ${entry.id}`;
    const written = given.get(name) ?? journal.append(entry);
    given.set(name, written);
    return written;
  }

  /** The disk has it as good as this one: the same transactions, at about the same time. */
  function isWritten({ id, organization, counted }: Spend): boolean {
    const own = of(organization);
    if (!own.isKnown(id)) return false;
    if (counted === undefined || own.find(id) === undefined) return true;
    const before = ledger(organization).find(id)?.spend;
    const after = readSpend(counted);
    if (before === undefined || after.at - before.at > MOVED_AFTER_MS) return false;
    return before.transactions.length === after.transactions.length;
  }

  return {
    of,
    all: () => [...all.values()].filter(({ id, organization }) => of(organization).find(id)),
    inherit(inherited) {
      for (const { id, organization } of inherited) of(organization).restore(id, 'signed');
    },
    claim(spend) {
      note(spend);
      of(spend.organization).restore(spend.id, 'signed');
    },
    get newest() {
      return newest;
    },
    ledger,
    async withdraw(organization, id) {
      const stage = of(organization).withdraw(id);
      await writeOnce({ kind: 'withdrawn', organization, id });
      return stage;
    },
    async bury(organization, id, withdrawn) {
      of(organization).bury(id, withdrawn);
      ledger(organization).bury(id);
      await writeOnce({ kind: 'buried', organization, id });
    },
    async record(spend) {
      if (isWritten(spend)) return writing.get(spend.id);
      note(spend);
      const written = journal.append({ ...spend, kind: 'spend' });
      writing.set(spend.id, written);
      await written;
      if (writing.get(spend.id) === written) writing.delete(spend.id);
      return undefined;
    },
  };
}

/**
 * What the disk has. It does not say which spends this node has confirmed, so any may be; that a share left
 * is there before the share.
 */
function restore(
  entries: readonly JournalEntry[],
  { of, ledger, note }: Pick<Spends, 'of' | 'ledger'> & { readonly note: (spend: Spend) => void },
): void {
  const organizations = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind === 'handed-over') {
      for (const [id, organization] of organizations) of(organization).restore(id, 'signed');
    } else if (entry.kind === 'spend') {
      const { kind: _, ...spend } = entry;
      note(spend);
      organizations.set(spend.id, spend.organization);
      of(spend.organization).restore(spend.id, 'confirmed');
    } else if (entry.kind === 'sign') {
      const organization = organizations.get(entry.intent);
      if (organization !== undefined) of(organization).restore(entry.intent, 'signed');
    } else if (entry.kind === 'withdrawn' || entry.kind === 'buried') {
      of(entry.organization).restore(entry.id, entry.kind);
      if (entry.kind === 'buried') ledger(entry.organization).bury(entry.id);
    }
  }
}
