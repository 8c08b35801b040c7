/** What each node answers by itself, without the others: a text, or why not. */
import { FrameRefused } from '#signer-cluster/proto/fields.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { SignerLink } from './link.ts';
import { type RelayTimeouts, relaySession } from './relay.ts';

export type Answers = {
  readonly texts: ReadonlyMap<PartyId, string>;
  readonly refusals: ReadonlyMap<PartyId, Refusal>;
  /** Who did not answer. */
  readonly lost: readonly PartyId[];
};

/** Asks all of them at once; resolves when each has answered or its time is over. */
export async function askEach(
  links: readonly SignerLink[],
  openFor: (party: PartyId) => OpenRequest,
  timeouts: RelayTimeouts,
): Promise<Answers> {
  const texts = new Map<PartyId, string>();
  const refusals = new Map<PartyId, Refusal>();
  const lost: PartyId[] = [];
  await Promise.all(
    links.map(async (link) => {
      const end = await relaySession({
        links: [link],
        open: openFor(link.party),
        timeouts,
        accepts: () => true,
        document: (party, text) => texts.set(party, text),
      });
      if (end.kind === 'done') return;
      texts.delete(link.party);
      const refusal = end.kind === 'refused' ? end.refusals.get(link.party) : undefined;
      if (refusal === undefined) lost.push(link.party);
      else refusals.set(link.party, refusal);
    }),
  );
  return { texts, refusals, lost };
}

/** Reads what a node wrote; one that writes nonsense is as good as silent. */
export function readTexts<T>(
  texts: ReadonlyMap<PartyId, string>,
  read: (value: unknown) => T,
): ReadonlyMap<PartyId, T> {
  const found = new Map<PartyId, T>();
  for (const [party, text] of texts) {
    try {
      found.set(party, read(JSON.parse(text)));
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof FrameRefused)) throw error;
    }
  }
  return found;
}
