/**
 * From one record to the next: what the members of the one before have counted counts here, before this
 * node gives a receipt or a share under the new one (docs/adr/0023). Each of them tells it, signed, in
 * pages; it is told after that node has pinned the new record, and so gives no receipt of the old one any more.
 */
import type { Canonical } from '#core/canonical.ts';
import { hex } from '#core/bytes.ts';
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import {
  type Testimony,
  type ToldHead,
  type ToldSpend,
  agreeingOf,
  headsOf,
  mergeTestimonies,
  readPage,
} from '#mandate/handover.ts';
import { quorumOf } from '#mandate/quorum.ts';
import type { Notaries, Receipt } from '#mandate/receipt-text.ts';
import { checkReceipt } from '#mandate/receipt.ts';
import { readJson } from '#mandate/statement.ts';
import type { Authority } from './authority.ts';
import { type Committee, type Member, partyOf, shortHash } from './committee.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Spends } from './spends.ts';

export type Handover = {
  /** Whether nothing is awaited from the record before. */
  readonly isComplete: boolean;
  /** Whether this node's own word counts: it was a member, and missed nothing of what was before that. */
  readonly canTell: boolean;
  /** @throws SIGNERS_UNAVAILABLE when spends of before, or changes of authority, may be missing here */
  requireComplete(organization: string): void;
  /** The spends from this one on, as many as go into a message, and how many there are. */
  tell(from: number): { readonly [field: string]: Canonical };
  /**
   * Takes one page of each of some parties, of which each continues the one before it. From the page on that
   * makes a quorum of the parties whole, this node is complete; durable when it resolves.
   * @throws SIGNERS_UNAVAILABLE when they contradict each other, and no quorum of them agrees
   */
  take(pages: readonly Receipt[]): Promise<void>;
};

export type HandoverParts = {
  readonly me: number;
  readonly committee: Committee;
  readonly entries: readonly JournalEntry[];
  readonly journal: Pick<Journal, 'append'>;
  readonly spends: Pick<Spends, 'all' | 'record' | 'of' | 'inherit'>;
  readonly authority: Pick<Authority, 'find' | 'pins'>;
  readonly now: () => Instant;
};

/** Some hundred kilobytes. */
const PAGE = 512;

type Progress = { readonly spends: ToldSpend[]; heads: readonly ToldHead[]; isWhole: boolean };

export function handover(parts: HandoverParts): Handover {
  const { me, committee, entries, journal, spends, authority, now } = parts;
  const { previous, generation } = committee;
  const own = hex(committee.hash);
  const done = entries.filter((entry) => entry.kind === 'handed-over');
  let heads = done.find((entry) => entry.committee === own)?.heads;
  const wasWhole = generation === 2 || done.some((entry) => entry.committee === previous?.hash);
  const progress = new Map<number, Progress>();

  function dueOf(organization: string): string | undefined {
    if (previous === undefined) return undefined;
    if (heads === undefined) {
      const [before, present] = [shortHash(previous.hash), shortHash(own)];
      return `this node has not heard what record ${before} counted, which ${present} follows (HANDOVER_DUE)`;
    }
    const due = heads.find((head) => head.organization === organization)?.sequence ?? 0;
    const at = authority.find(organization)?.head.sequence ?? 0;
    if (at >= due) return undefined;
    return `this node's log of authority ends at ${at}, and went to ${due} before (AUTHORITY_BEHIND)`;
  }

  async function finish(notaries: Notaries): Promise<void> {
    const whole = new Map<number, Testimony>([...progress].filter(([, { isWhole }]) => isWhole));
    if (whole.size < quorumOf(notaries) || heads !== undefined) return;
    const { threshold } = notaries;
    const agreeing = agreeingOf(whole, { threshold, quorum: quorumOf(notaries) });
    const merged = mergeTestimonies(agreeing, threshold, now());
    const told = headsOf(agreeing, threshold);
    const unknown = merged.filter(
      ({ id, organization }) => spends.of(organization).find(id) === undefined,
    );
    // Without digests: whichever bytes the intent stood for, this node was not there, and signs none for it.
    await Promise.all(unknown.map((spend) => spends.record({ ...spend, digests: [] })));
    await journal.append({ kind: 'handed-over', committee: own, heads: told });
    spends.inherit(spends.all());
    heads = told;
    progress.clear();
  }

  return {
    get isComplete() {
      return previous === undefined || heads !== undefined;
    },
    canTell: previous?.parties.includes(me) === true && wasWhole,
    requireComplete(organization) {
      const reason = dueOf(organization);
      if (reason !== undefined) throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
    },
    tell(from) {
      const all = spends.all();
      const page = all.slice(from, from + PAGE);
      const known = [...authority.pins().keys()].flatMap((organization) => {
        const sequence = authority.find(organization)?.head.sequence;
        return sequence === undefined ? [] : [{ organization, sequence }];
      });
      return { total: all.length, spends: page.map(toldOf), heads: known };
    },
    async take(pages) {
      if (previous === undefined || heads !== undefined) return;
      const notaries = formerNotaries(committee, previous);
      for (const page of pages) keepPage(progress, page, previous.hash, notaries);
      await finish(notaries);
    },
  };
}

const toldOf = ({ id, organization, key, created, expires, counted }: ToldSpend): ToldSpend => ({
  id,
  organization,
  key,
  created,
  expires,
  ...(counted === undefined ? {} : { counted }),
});

/** The members of the record before, who sign under the present one. */
export function formerNotaries(
  committee: Committee,
  { threshold, parties }: NonNullable<Committee['previous']>,
): Notaries {
  const keys = parties.map(
    (party) => [party, (partyOf(committee, party) as Member).identity] as const,
  );
  return {
    threshold,
    members: parties.length,
    committee: hex(committee.hash),
    keys: new Map(keys),
  };
}

/** A page that does not follow what was heard of its teller is left out, and so is one that is not his. */
function keepPage(
  progress: Map<number, Progress>,
  page: Receipt,
  previous: string,
  notaries: Notaries,
): void {
  const from = fromOf(page);
  const { party, own } = checkReceipt(page, { kind: 'handover', previous, from }, notaries);
  const before = from === 0 ? undefined : progress.get(party);
  const told = readPage(own);
  const known = before?.spends ?? [];
  if (known.length !== from || told === undefined) return;
  const { total, spends, heads } = told;
  known.push(...spends);
  progress.set(party, { spends: known, heads, isWhole: known.length >= total });
}

/** What the statement says of itself; the check of its signature holds it to that. */
function fromOf({ statement }: Receipt): number {
  const { from } = (readJson(statement) ?? {}) as { readonly from?: unknown };
  return typeof from === 'number' ? from : 0;
}
