/**
 * What nodes know of an organisation's spends, compared: which of them lacks what another one has, and where
 * they differ without having said in what. It is told in ranges (`#mandate/known-spends.ts`); where the
 * digests of a range differ, the next question cuts it.
 */
import { type Cut, END, type Known, RANGES_MAX, readKnown } from '#mandate/known-spends.ts';
import type { Told } from '#mandate/spend-agreement.ts';
import type { ConfirmAnswer, ReceiptFields } from '#signer-cluster/proto/receipt-fields.ts';
import type { PartyId } from '#signing/kernel.ts';

export type ToldBy = ReadonlyMap<PartyId, Told & Pick<ConfirmAnswer, 'splits' | 'recent'>>;

export type Differences = {
  /** By party, the ids that others have listed and it has not. */
  readonly missing: ReadonlyMap<PartyId, readonly string[]>;
  /** Which ranges to ask for next, in order to find what is different; `undefined` where nothing is hidden. */
  readonly finer: readonly Cut[] | undefined;
};

/**
 * All of them have been asked for the same ranges. `turn` counts the questions: what a liar says of where to
 * cut is taken once in a while only.
 */
export function compareSpends(untils: readonly Cut[], told: ToldBy, turn: number): Differences {
  const missing = new Map<PartyId, string[]>();
  const cuts = new Set<Cut>();
  for (const index of differing(untils, told)) {
    const all = new Set([...told.values()].flatMap(({ ids }) => ids[index] ?? []));
    for (const [party, own] of told) {
      if (!isListed(own, index)) continue;
      const listed = new Set(own.ids[index]);
      const unknown = [...all].filter((id) => !listed.has(id));
      if (unknown.length > 0) missing.set(party, [...(missing.get(party) ?? []), ...unknown]);
    }
    const within = cutsWithin(told, index, turn);
    const bounds = [untils[index - 1] ?? END, untils[index] ?? END];
    const added = within.length === 0 ? [] : [...bounds, ...within].filter((cut) => cut < END);
    if (cuts.size + added.length < RANGES_MAX) for (const cut of added) cuts.add(cut);
  }
  return { missing, finer: cuts.size === 0 ? undefined : [...cuts].toSorted().concat(END) };
}

/**
 * The ranges in which nodes differ, by index. Those come first in which one differs that mostly does not, and
 * of these the newest: who differs everywhere is a liar, or has everything to learn.
 */
function differing(untils: readonly Cut[], told: ToldBy): readonly number[] {
  const apart = new Map<number, readonly PartyId[]>();
  const timesApart = new Map<PartyId, number>();
  for (const index of untils.keys()) {
    const parties = partiesApart(told, index);
    if (parties.length > 0) apart.set(index, parties);
    for (const party of parties) timesApart.set(party, (timesApart.get(party) ?? 0) + 1);
  }
  const rankOf = (parties: readonly PartyId[]) =>
    Math.min(...parties.map((party) => timesApart.get(party) ?? 0));
  return [...apart]
    .toSorted(([a, one], [b, other]) => rankOf(one) - rankOf(other) || b - a)
    .map(([index]) => index);
}

/** Those that say something else of the range than most do. */
function partiesApart(told: ToldBy, index: number): readonly PartyId[] {
  const digests = [...told].map(([party, { known }]) => [party, known[index]?.digest] as const);
  const counts = new Map<string | undefined, number>();
  for (const [, digest] of digests) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  const [common] = [...counts].toSorted(([, a], [, b]) => b - a).map(([digest]) => digest);
  return digests.filter(([, digest]) => digest !== common).map(([party]) => party);
}

/** Whether all of them know the same spends there. */
export const isAlike = (told: ToldBy, index: number): boolean =>
  new Set([...told.values()].map(({ known }) => known[index]?.digest)).size <= 1;

const isListed = ({ known, ids }: Told, index: number): boolean =>
  known[index]?.count === ids[index]?.length;

/** One of those who have not listed the range says where to cut it. */
function cutsWithin(told: ToldBy, index: number, turn: number): readonly Cut[] {
  const silent = [...told.values()].filter((own) => !isListed(own, index));
  return silent[turn % silent.length]?.splits[index] ?? [];
}

/** The cut before the newest spends, behind which nodes differ for moments only: what most of them say. */
export function recentOf(told: ToldBy): Cut | undefined {
  const cuts = [...told.values()].flatMap(({ recent }) => (recent === undefined ? [] : [recent]));
  const inOrder = cuts.filter((cut) => cut < END).toSorted();
  return inOrder[Math.floor(inOrder.length / 2)];
}

/** What a node's confirmation says that it knows; nothing where it cannot be read. */
export function knownIn({ statement }: ReceiptFields): Known {
  try {
    const said = JSON.parse(statement) as { readonly own?: { readonly known?: unknown } } | null;
    return readKnown(said?.own?.known) ?? [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
