/**
 * Brings an organisation's authority log to the nodes, each from where its own copy ends, and gathers
 * their receipts of its head.
 */
import type { OrganizationId } from '#core/ids.ts';
import type { AuthorityHead } from '#mandate/authority/chain.ts';
import type { Receipt } from '#mandate/receipt-text.ts';
import type { AuthorityRequest } from '#signer-cluster/proto/open-request.ts';
import { type HeadWithReceipt, readHeadWithReceipt } from '#signer-cluster/proto/receipt-fields.ts';
import { askEach, readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import type { RelayTimeouts } from './relay.ts';
import { isDue } from './stand-up.ts';

export type AuthorityLog = {
  readonly organization: OrganizationId;
  readonly head: AuthorityHead;
  /** The texts of the entries from this sequence on, at most `max` of them. */
  entries(from: number, max: number): Promise<readonly string[]>;
};

export type BroughtAuthority = {
  /** Of the nodes that have exactly this log. */
  readonly receipts: readonly Receipt[];
  /** Why each other node has not, in words, by party. */
  readonly behind: ReadonlyMap<number, string>;
};

/** A policy may take a megabyte, and a message four. */
const BATCH_MAX = 3;

export type AuthorityNodes = {
  readonly links: readonly SignerLink[];
  /**
   * Nodes that have left the committee: they deal as the log orders, and new ones may have nobody else to hear
   * it from.
   */
  readonly former: readonly SignerLink[];
  readonly timeouts: RelayTimeouts;
  /** Has the nodes tell each other of their starts. */
  readonly stand: () => Promise<void>;
};

/** Who was away for long gets the receipts of the others with it: then the age of a change is no matter. */
export async function bringAuthority(
  { links, former, timeouts, stand }: AuthorityNodes,
  log: AuthorityLog,
): Promise<BroughtAuthority> {
  const [first, others] = await Promise.all([
    bringToAll(links, { ...log, receipts: [] }, timeouts),
    bringToAll(former, { ...log, receipts: [] }, timeouts),
  ]);
  const late = links.filter(({ party }) => first.behind.has(party));
  if (late.length === 0) return first;
  // Who has started has taken the log, and signs that once the others have said where it was.
  const isStartDue = [...first.behind.values(), ...others.behind.values()].some(isDue);
  if (isStartDue) await stand();
  const receipts = [...first.receipts, ...others.receipts];
  if (receipts.length === 0 && !isStartDue) return first;
  const then = await bringToAll(late, { ...log, receipts }, timeouts);
  return { receipts: [...first.receipts, ...then.receipts], behind: then.behind };
}

/** With the receipts of other nodes for this head. */
type WitnessedLog = AuthorityLog & { readonly receipts: readonly Receipt[] };

async function bringToAll(
  links: readonly SignerLink[],
  log: WitnessedLog,
  timeouts: RelayTimeouts,
): Promise<BroughtAuthority> {
  const receipts: Receipt[] = [];
  const behind = new Map<number, string>();
  await Promise.all(
    links.map(async (link) => {
      const told = await bringTo(link, log, timeouts);
      if (typeof told === 'string') behind.set(link.party, told);
      else receipts.push(told);
    }),
  );
  return { receipts, behind };
}

async function bringTo(
  link: SignerLink,
  log: WitnessedLog,
  timeouts: RelayTimeouts,
): Promise<Receipt | string> {
  const { organization, head, receipts } = log;
  const begin: Omit<AuthorityRequest, 'from' | 'entries'> = {
    purpose: 'authority',
    organization,
    head: { ...head },
    receipts: [],
  };
  let from = 0;
  let entries: readonly string[] = [];
  for (;;) {
    const isLast = from + entries.length > head.sequence;
    const word = isLast && entries.length > 0 ? { receipts } : {};
    const answer = await ask(link, { ...begin, ...word, from, entries }, timeouts);
    if (typeof answer === 'string' && entries.length > 0) return answer;
    const at = typeof answer === 'string' ? -1 : answer.head.sequence;
    if (typeof answer !== 'string' && at >= head.sequence) {
      if (answer.head.hash !== head.hash) return 'it has another log';
      return answer.receipt ?? answer.waits ?? '';
    }
    from = at + 1;
    entries = await log.entries(from, BATCH_MAX);
    if (entries.length === 0) return `it awaits entry ${from}`;
  }
}

/** Where the node is, or why it refused. */
async function ask(
  link: SignerLink,
  open: AuthorityRequest,
  timeouts: RelayTimeouts,
): Promise<HeadWithReceipt | string> {
  const { party } = link;
  const { texts, refusals } = await askEach([link], () => open, timeouts);
  const told = readTexts(texts, readHeadWithReceipt).get(party);
  return told ?? refusals.get(party)?.reason ?? 'it does not answer';
}
