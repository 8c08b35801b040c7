/**
 * After a start a node gives no word before the others have said where they last heard it (docs/adr/0027).
 * The worker carries what they sign from one to the other; it can hold that up, and change nothing in it.
 */
import type { Receipt } from '#mandate/receipt-text.ts';
import type { Refusal } from '#signer-cluster/proto/frames.ts';
import type { OpenRequest } from '#signer-cluster/proto/open-request.ts';
import {
  type KnownStarts,
  readKnownStarts,
  readReceipt,
  readTold,
} from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';
import { type Answers, askEach, readTexts } from './ask-each.ts';
import type { SignerLink } from './link.ts';
import type { RelayTimeouts } from './relay.ts';

/**
 * What a node says that waits for the others, and one that has heard of another start than a statement names, or of
 * two at one time: an operator may have said since which one is kept.
 */
const DUE = /NOT_STANDING|STARTED_ANEW|TWO_COPIES/;

/** Whether a node says this because one has started. */
export const isDue = (reason: string): boolean => DUE.test(reason);

/** Whether nodes refuse because one has started. */
export const isStartDue = (refusals: Iterable<Refusal>): boolean =>
  [...refusals].some(({ reason }) => isDue(reason));

/** Asks, and once more after the nodes have heard of each other's starts where one asks for that. */
export async function stood<T>(ask: () => Promise<T>, stand: () => Promise<void>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error && isDue(error.message))) throw error;
    await stand();
    return ask();
  }
}

/** Asks these nodes; an answer for each that has one. */
export type AskNodes = (
  parties: readonly PartyId[],
  openFor: (party: PartyId) => OpenRequest,
) => Promise<ReadonlyMap<PartyId, string>>;

export const askOver =
  (links: readonly SignerLink[], timeouts: RelayTimeouts): AskNodes =>
  async (parties, openFor) => {
    const asked = links.filter(({ party }) => parties.includes(party));
    const { texts }: Answers = await askEach(asked, openFor, timeouts);
    return texts;
  };

/** Whoever does not answer is left out: those who need its word wait on. */
export async function standUp(all: readonly PartyId[], ask: AskNodes): Promise<void> {
  const asked = await ask(all, () => ({ purpose: 'starts' }));
  const known = readTexts(asked, readKnownStarts);
  const parties = [...known.keys()];
  const due = parties.filter((party) => isToStand(party, known));
  if (due.length === 0) return;
  const starts = readTexts(
    await ask(due, (party) => ({ purpose: 'start', replaces: replacedBy(party, known) })),
    readReceipt,
  );
  const heard = await ask(parties, (party) => ({
    purpose: 'takeStarts',
    starts: [...starts].flatMap(([from, start]) => (from === party ? [] : [start])),
  }));
  const told = [...readTexts(heard, readTold).values()].flat();
  await ask(due, (party) => ({ purpose: 'stand', told: told.filter(isAbout(party)) }));
}

/** One that waits, or whose start another one has not heard of. */
function isToStand(party: PartyId, known: ReadonlyMap<PartyId, KnownStarts>): boolean {
  const own = known.get(party);
  if (own?.isStanding === false) return true;
  return [...known].some(([other, theirs]) => other !== party && at(party, theirs) !== own?.start);
}

const at = (party: PartyId, { heard }: KnownStarts): string =>
  heard.find((one) => one.party === party)?.start ?? '';

const replacedBy = (party: PartyId, known: ReadonlyMap<PartyId, KnownStarts>) =>
  [...known].flatMap(([other, theirs]) =>
    other === party ? [] : [{ party: other, start: at(party, theirs) }],
  );

const isAbout =
  (party: PartyId) =>
  ({ statement }: Receipt): boolean => {
    try {
      return (JSON.parse(statement) as { readonly of?: unknown } | null)?.of === party;
    } catch {
      // Whoever writes nonsense has said nothing.
      return false;
    }
  };
