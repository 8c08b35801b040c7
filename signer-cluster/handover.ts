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
  type Claim,
  type Testimony,
  type ToldHead,
  type ToldSpend,
  headsOf,
  mergeTestimonies,
  readPage,
} from '#mandate/handover.ts';
import { judgeClaim } from '#mandate/claimed-spend.ts';
import { quorumOf } from '#mandate/quorum.ts';
import type { PriceBook } from '#policy-lang/price-book.ts';
import type { Notaries, Receipt } from '#mandate/receipt-text.ts';
import { checkReceipt } from '#mandate/receipt.ts';
import { readJson } from '#mandate/statement.ts';
import type { Authority } from './authority.ts';
import { type Committee, type Member, partyOf, shortHash } from './committee.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { ReplayGuard } from './replay-guard.ts';
import type { Spend, Spends } from './spends.ts';
import type { Starts } from './starts.ts';

export type Handover = {
  /** Whether nothing is awaited from the record before. */
  readonly isComplete: boolean;
  /** Whether this node's own word counts: it was a member, and missed nothing of what was before that. */
  readonly canTell: boolean;
  /**
   * What too few told is judged by the organisation's log now that it is here.
   * @throws SIGNERS_UNAVAILABLE when spends of before, or changes of authority, may be missing here
   */
  requireComplete(organization: string): void;
  /** The spends from this one on, as many as go into a message, and how many there are. */
  tell(from: number): { readonly [field: string]: Canonical };
  /**
   * Takes one page of each of some parties, of which each continues the one before it. From the page on that
   * makes a quorum of the parties whole, this node is complete; durable when it resolves.
   */
  take(pages: readonly Receipt[]): Promise<void>;
};

export type HandoverParts = {
  readonly me: number;
  readonly committee: Committee;
  readonly entries: readonly JournalEntry[];
  readonly journal: Pick<Journal, 'append'>;
  readonly spends: Pick<Spends, 'all' | 'record' | 'of' | 'inherit' | 'claim'>;
  readonly authority: Pick<Authority, 'find' | 'pins' | 'couldInitiate'>;
  readonly guard: Pick<ReplayGuard, 'bar'>;
  /** Without whose word the node's operator lets it go on. */
  readonly starts: Pick<Starts, 'isLeftOut'>;
  /** What this node's own source says of prices. */
  readonly prices: () => Promise<PriceBook>;
  readonly now: () => Instant;
};

/** In characters: half of what a statement may hold. */
const PAGE_LENGTH = 524_288;

type Progress = { readonly spends: ToldSpend[]; heads: readonly ToldHead[]; isWhole: boolean };

export function handover(parts: HandoverParts): Handover {
  const { me, committee, entries, journal, spends, authority, guard, starts, prices, now } = parts;
  const { previous, generation } = committee;
  const own = hex(committee.hash);
  const done = entries.filter((entry) => entry.kind === 'handed-over');
  let heads = done.find((entry) => entry.committee === own)?.heads;
  const wasWhole = generation === 2 || done.some((entry) => entry.committee === previous?.hash);
  const progress = new Map<number, Progress>();
  const claimed = claimsIn(entries, new Set(done.map((entry) => entry.committee)));
  /** What the record before counted, as this node heard it from the one before that. */
  const former = new Map([...claimed].filter(([, claim]) => claim.committee !== own));
  const open = new Map<string, Claim>(claimed);

  /** One intent, one transaction: its share may have left for other bytes than this node is asked for. */
  const bar = ({ id, key, expires }: Spend): void => guard.bar({ intent: id, key, expires });

  /** @throws SIGNERS_UNAVAILABLE where one cannot be judged yet */
  function judge(organization: string): void {
    const state = authority.find(organization);
    for (const [id, claim] of state === undefined ? [] : open) {
      if (claim.organization !== organization || state === undefined) continue;
      const couldInitiate = (credential: string) =>
        authority.couldInitiate(organization, credential);
      const tellers = claim.tellers.filter(({ party }) => !starts.isLeftOut(party));
      const verdict = judgeClaim({ ...claim, tellers }, { state, couldInitiate, now: now() });
      if (verdict.kind === 'behind') throw unshown(id, verdict);
      // It may be shown later by a log that only whoever is left out has.
      if (verdict.kind === 'invented' && tellers.length < claim.tellers.length) continue;
      if (verdict.kind === 'counts') {
        const spend = withoutBytes(verdict.spend);
        bar(spend);
        spends.claim(spend);
      }
      open.delete(id);
    }
  }

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
    const told = headsOf(whole, threshold);
    const quotes = await prices();
    const { believed, claims } = mergeTestimonies(whole, threshold, { now: now(), quotes });
    const isUnknown = ({ id, organization }: ToldSpend) =>
      spends.of(organization).find(id) === undefined;
    const known = believed.filter(isUnknown).map(withoutBytes);
    for (const spend of known) bar(spend);
    const asked = claims.filter(isUnknown);
    const entered = asked.map((claim) => ({ ...claim, kind: 'claimed', committee: own }) as const);
    await Promise.all([
      ...known.map((spend) => spends.record(spend)),
      ...entered.map((entry) => journal.append(entry)),
    ]);
    await journal.append({ kind: 'handed-over', committee: own, heads: told });
    spends.inherit(spends.all());
    for (const claim of asked) open.set(claim.id, claim);
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
      judge(organization);
    },
    tell(from) {
      // Judged or not, and first: whoever asks for the next page counts on the order of these.
      const counted = spends.all().filter(({ id }) => !former.has(id));
      const all: readonly (Spend | Claim)[] = [...former.values(), ...counted];
      const page = pageOf(all.slice(from).map(toldOf));
      const known = [...authority.pins().keys()].flatMap((organization) => {
        const sequence = authority.find(organization)?.head.sequence;
        return sequence === undefined ? [] : [{ organization, sequence }];
      });
      return { total: all.length, spends: page, heads: known };
    },
    async take(pages) {
      if (previous === undefined || heads !== undefined) return;
      const notaries = formerNotaries(committee, previous);
      for (const page of pages) keepPage(progress, page, previous.hash, notaries);
      await finish(notaries);
    },
  };
}

/** Whichever bytes the intent stood for, this node was not there. */
const withoutBytes = (told: ToldSpend): Spend => ({ ...told, digests: [] });

/** By id; those of a handover that a crash has cut off are told again. */
const claimsIn = (
  entries: readonly JournalEntry[],
  complete: ReadonlySet<string>,
): ReadonlyMap<string, Extract<JournalEntry, { kind: 'claimed' }>> =>
  new Map(
    entries.flatMap((entry) =>
      entry.kind === 'claimed' && complete.has(entry.committee) ? [[entry.id, entry]] : [],
    ),
  );

const unshown = (
  id: string,
  { party, sequence }: { readonly party: number; readonly sequence: number },
): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', {
    reason:
      `party ${party} tells of the spend ${id}, which this node's log of authority does not show, and says ` +
      `that its own goes to ${sequence} (HANDOVER_UNSHOWN); its operator can let this node go on without that word ` +
      `("countersign signer stand --without ${party}")`,
  });

/** As much of it as goes into a page. */
function pageOf(spends: readonly ToldSpend[]): readonly ToldSpend[] {
  let length = 0;
  const end = spends.findIndex((spend, index) => {
    length += JSON.stringify(spend).length;
    return index > 0 && length > PAGE_LENGTH;
  });
  return end === -1 ? spends : spends.slice(0, end);
}

/**
 * @throws FORBIDDEN for a spend that cannot be shown: those who hear would take it for an invention, and
 *   limits would be wider than they are
 */
function toldOf(spend: Spend | Claim): ToldSpend {
  const { id, organization, key, created, expires, counted, initiators = [] } = spend;
  if (initiators.length === 0) {
    const reason = `this node cannot show the request of the spend ${id}: its word is not whole`;
    throw new PlatformError('FORBIDDEN', { reason });
  }
  const told = { id, organization, key, created, expires, initiators };
  return counted === undefined ? told : { ...told, counted };
}

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
