/**
 * Brings the nodes of a record what those of the record before have counted (docs/adr/0023): every node
 * that was a member then tells it in signed pages, and every node that has not heard it takes them.
 */
import type { Receipt } from '#mandate/receipt-text.ts';
import { readReceipt } from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';
import { askEach, readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import type { RelayTimeouts } from './relay.ts';

/** What a node says that has not heard what was counted before. */
const HANDOVER_DUE = 'HANDOVER_DUE';

type Nodes = {
  readonly links: readonly SignerLink[];
  /** Nodes that have left the committee, and may have to tell. */
  readonly former: readonly SignerLink[];
  readonly timeouts: RelayTimeouts;
  /** Has the nodes tell each other of their starts. */
  readonly stand: () => Promise<void>;
};

/** Asks, and once more after a handover where nodes ask for one: that is once for each record. */
export async function handedOver<T>(ask: () => Promise<T>, nodes: Nodes): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error && error.message.includes(HANDOVER_DUE))) throw error;
    await handOver(nodes);
    return ask();
  }
}

type Told = { readonly next: number; readonly isWhole: boolean };

/** Until every node has heard all that it needs, or nobody has more to tell. */
async function handOver({ links, former, timeouts, stand }: Nodes): Promise<void> {
  // Who has just started tells nothing; pinning a record is a start.
  await stand();
  let tellers: readonly SignerLink[] = [...links, ...former];
  const at = new Map<PartyId, number>();
  while (tellers.length > 0) {
    const open = (party: PartyId) => ({ purpose: 'handover', from: at.get(party) ?? 0 }) as const;
    const pages = readTexts((await askEach(tellers, open, timeouts)).texts, readReceipt);
    const complete = await give(links, [...pages.values()], timeouts);
    if (complete.size === links.length) return;
    const told = new Map([...pages].map(([party, page]) => [party, toldIn(page)]));
    tellers = tellers.filter(({ party }) => told.get(party)?.isWhole === false);
    for (const [party, { next }] of told) at.set(party, next);
  }
}

async function give(
  links: readonly SignerLink[],
  pages: readonly Receipt[],
  timeouts: RelayTimeouts,
): Promise<Set<PartyId>> {
  const complete = new Set<PartyId>();
  // One page at a time: together they may be more than a message holds.
  for (const page of pages) {
    const asked = await askEach(
      links,
      () => ({ purpose: 'takeHandover', pages: [page] }),
      timeouts,
    );
    for (const [party, text] of asked.texts) if (isComplete(text)) complete.add(party);
  }
  return complete;
}

type Statement = {
  readonly from?: number;
  readonly own?: { readonly total?: number; readonly spends?: readonly unknown[] };
};

function toldIn({ statement }: Receipt): Told {
  const { from = 0, own } = (parsed(statement) ?? {}) as Statement;
  const count = own?.spends?.length ?? 0;
  const next = from + count;
  // Who tells nothing of what he says there is would be asked for ever.
  return { next, isWhole: count === 0 || next >= (own?.total ?? 0) };
}

const isComplete = (text: string): boolean =>
  (parsed(text) as { readonly isComplete?: unknown } | null)?.isComplete === true;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever writes nonsense has said nothing.
    return null;
  }
}
