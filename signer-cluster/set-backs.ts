/**
 * Setbacks that operators have accepted: the disk of a node was put back, and how far its peers had heard its
 * journal to be is given up. Nodes are shared and each organisation's keys are its own, so that an
 * organisation whose log was here has its own say as well: until its log holds a change that gives up
 * exactly these places (`restoreNode`), nothing of its keys is done with that node (docs/adr/0034).
 */
import { PlatformError } from '#core/errors.ts';
import { nodeSubject } from '#mandate/authority/nodes.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import type { CheckedReceipt, OwnWord } from '#mandate/receipt-text.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { Authority } from './authority.ts';
import { shortHash } from './committee.ts';
import type { Journal, JournalEntry, Position } from './journal.ts';
import type { Party } from './party.ts';
import { readPosition } from './standing.ts';

export type SetBack = {
  readonly party: PartyId;
  /** Where its journal was last heard to be, and is no more. */
  readonly lost: Position;
  /** The record that was pinned then, in hex. */
  readonly committee: string;
  /** Whose logs were here then: nothing was done for any other, so that nothing of it can be forgotten. */
  readonly organizations: readonly string[];
};

/** The operator's word for a peer was used: the peer goes on from where `journals` has it. */
export type AcceptedEntry = {
  readonly kind: 'accepted';
  readonly approval: string;
  readonly party: PartyId;
  readonly journals: readonly ({ readonly party: PartyId } & Position)[];
  /** Absent where nothing is lost. */
  readonly setBack?: Omit<SetBack, 'party'>;
};

export type SetBacks = {
  /**
   * Uses the word, from which on the peer is where `journals` says; `lost` is absent where nothing is. It holds
   * at once, and is durable when it resolves.
   */
  accept(
    word: Pick<AcceptedEntry, 'approval' | 'party' | 'journals'>,
    lost: Position | undefined,
  ): Promise<void>;
  /** What this node has given up of the journals of others, oldest first. */
  given(): readonly SetBack[];
  /** What a peer says for the present start of this node that it has given up of its journal. */
  hear(from: PartyId, told: readonly SetBack[]): void;
  /** By who said so. */
  told(): ReadonlyMap<PartyId, readonly SetBack[]>;
};

export function setBacks(parts: {
  readonly committee: string;
  readonly journal: Pick<Journal, 'append'>;
  readonly entries: readonly JournalEntry[];
  readonly authority: Pick<Authority, 'find' | 'pins'>;
}): SetBacks {
  const { committee, journal, entries, authority } = parts;
  const given = entries.flatMap((entry) => (entry.kind === 'accepted' ? setBackOf(entry) : []));
  const told = new Map<PartyId, readonly SetBack[]>();
  return {
    async accept(word, lost) {
      const pinned = [...authority.pins().keys()];
      const organizations = pinned.filter((id) => authority.find(id) !== undefined);
      const setBack = lost === undefined ? {} : { setBack: { lost, committee, organizations } };
      const entry = { kind: 'accepted', ...word, ...setBack } as const;
      given.push(...setBackOf(entry));
      await journal.append(entry);
    },
    given: () => given,
    hear: (from, list) => void told.set(from, list),
    told: () => told,
  };
}

const setBackOf = ({ party, setBack }: AcceptedEntry): readonly SetBack[] =>
  setBack === undefined ? [] : [{ party, ...setBack }];

/** What a node says to one that has started, beside where it heard its journal to be. */
export const toldOfSetBacks = (given: readonly SetBack[], party: PartyId): OwnWord => {
  const own = given.filter((one) => one.party === party);
  if (own.length === 0) return {};
  return {
    setBacks: own.map(({ lost, committee, organizations }) => ({
      lost: { ...lost },
      committee,
      organizations: [...organizations],
    })),
  };
};

/** Undefined for anything that no node says. */
export function readSetBacks(party: PartyId, value: unknown = []): readonly SetBack[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const read = value.map((one: unknown) => {
    const { lost, committee, organizations } = (one ?? {}) as Record<string, unknown>;
    const place = readPosition(lost);
    const areIds =
      Array.isArray(organizations) && organizations.every((id) => typeof id === 'string');
    if (place === undefined || typeof committee !== 'string' || !areIds) return undefined;
    return { party, lost: place, committee, organizations };
  });
  return read.every((one) => one !== undefined) ? read : undefined;
}

/** Those that the organisation's log does not give up: as often as a place was lost, so often it is named. */
export function openSetBacks(
  all: readonly SetBack[],
  organization: string,
  state: Pick<AuthorityState, 'nodes'> | undefined,
): readonly SetBack[] {
  const seen = new Map<string, number>();
  return all.filter((setBack) => {
    if (!setBack.organizations.includes(organization)) return false;
    const subject = nodeSubject(setBack);
    const { count, head } = setBack.lost;
    const name = `${subject} ${count} ${head}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    const restored = state?.nodes.get(subject)?.restored ?? [];
    return restored.filter((one) => one.count === count && one.head === head).length < times;
  });
}

/** The organisations that have not restored it; `all` are those of whoever gave it up. */
export const missingOf = (
  { authority }: Pick<Party, 'authority'>,
  all: readonly SetBack[],
  one: SetBack,
): readonly string[] =>
  one.organizations.filter((id) => openSetBacks(all, id, authority.find(id)).includes(one));

type Knowing = Pick<Party, 'me' | 'setBacks' | 'starts' | 'authority'>;

function openOf(
  { me, setBacks: known, starts, authority }: Knowing,
  organization: string,
  party: PartyId,
): SetBack | undefined {
  const lists =
    party === me
      ? [...known.told()].flatMap(([from, list]) => (starts.isLeftOut(from) ? [] : [list]))
      : [known.given().filter((one) => one.party === party)];
  const state = authority.find(organization);
  for (const list of lists) {
    const [open] = openSetBacks(list, organization, state);
    if (open !== undefined) return open;
  }
  return undefined;
}

/**
 * For whatever is done with an organisation's keys: nothing together with a node that was set back, nor by this
 * node when it was, before the organisation has said so.
 * @throws KEY_LOCKED
 */
export function requireRestored(
  party: Knowing,
  organization: string,
  parties: readonly PartyId[],
): void {
  for (const one of parties) {
    const open = openOf(party, organization, one);
    if (open === undefined) continue;
    const { lost, committee } = open;
    throw new PlatformError('KEY_LOCKED', {
      reason:
        `party ${one} of record ${shortHash(committee)} was set back behind entry ${lost.count} ` +
        `(${shortHash(lost.head)}), and the organisation's log has no restoreNode for it: two of its people ` +
        'sign one with what "countersign signer status" shows (NOT_RESTORED)',
      parties: [String(one)],
    });
  }
}

/** Those whose word counts for the organisation. */
export const restoredOf = <R extends CheckedReceipt>(
  party: Knowing,
  organization: string,
  receipts: readonly R[],
): readonly R[] => receipts.filter((one) => openOf(party, organization, one.party) === undefined);
