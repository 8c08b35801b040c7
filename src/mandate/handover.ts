/**
 * What the members of a record tell those of the record that follows it: every spend that they have in
 * writing, and how far their logs of authority go (docs/adr/0023). Pure: the node checks who said it.
 */
import { canonicalText } from '#core/canonical.ts';
import { PlatformError, isPlatformError } from '#core/errors.ts';
import type { Price } from '#core/money.ts';
import { type Instant, instant } from '#core/time.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { Spend } from './ledger.ts';
import { readSpend, spendText } from './spend-text.ts';

/** `id` is the hash of the intent; times in milliseconds since 1970; `counted` is a `spendText`. */
export type ToldSpend = {
  readonly id: string;
  readonly organization: string;
  readonly key: string;
  readonly created: number;
  readonly expires: number;
  readonly counted?: string;
};

/** How far the teller's log of an organisation goes. */
export type ToldHead = { readonly organization: string; readonly sequence: number };

/** All that one party has told. */
export type Testimony = {
  readonly spends: readonly ToldSpend[];
  readonly heads: readonly ToldHead[];
};

/** `total` is how many spends there are to tell, on this page and on all others. */
export type ToldPage = Testimony & { readonly total: number };

/**
 * What a party has told on one page; undefined where any of it is no such thing. What is read goes into this
 * node's journal: a field that nobody asked for could make another entry of it.
 */
export function readPage(own: unknown): ToldPage | undefined {
  const { total, spends, heads } = own as Readonly<Record<string, unknown>>;
  if (!isCount(total) || !Array.isArray(spends) || !Array.isArray(heads)) return undefined;
  const told = spends.map(readTold);
  const ends = heads.map(readHead);
  const areWhole = told.every((one) => one !== undefined) && ends.every((one) => one !== undefined);
  return areWhole ? { total, spends: told, heads: ends } : undefined;
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

function readTold(value: unknown): ToldSpend | undefined {
  const said = (value ?? {}) as Readonly<Record<keyof ToldSpend, unknown>>;
  const { id, organization, key, created, expires, counted } = said;
  if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  if (typeof organization !== 'string' || typeof key !== 'string') return undefined;
  if (!isCount(created) || !isCount(expires)) return undefined;
  const told = { id, organization, key, created, expires };
  if (counted === undefined) return told;
  return typeof counted === 'string' && isOf(id, counted) ? { ...told, counted } : undefined;
}

/** A text about another spend would take that one's place in the ledger. */
function isOf(id: string, counted: string): boolean {
  try {
    return readSpend(counted).id === id;
  } catch (error) {
    if (isPlatformError(error)) return false;
    throw error;
  }
}

function readHead(value: unknown): ToldHead | undefined {
  const { organization, sequence } = (value ?? {}) as Readonly<Record<keyof ToldHead, unknown>>;
  return typeof organization === 'string' && isCount(sequence)
    ? { organization, sequence }
    : undefined;
}

type Version = { readonly teller: number; readonly told: ToldSpend; readonly spend?: Spend };

/** Everything but when it was counted, and at which price: of that each node has a word of its own. */
function factsOf({ told, spend }: Version): string {
  const { counted: _, ...rest } = told;
  if (spend === undefined) return canonicalText(rest);
  const facts = spendText({ ...spend, at: instant(0), quotes: [], transactions: [] });
  return canonicalText({ ...rest, facts });
}

/** What is told of one spend: those who tell the same of it stand together. */
type Account = { readonly id: string; readonly groups: readonly (readonly Version[])[] };

function accountsOf(testimonies: ReadonlyMap<number, Testimony>): readonly Account[] {
  const versions = new Map<string, Version[]>();
  for (const [teller, { spends }] of testimonies) {
    for (const told of spends) {
      const known = versions.get(told.id) ?? [];
      // Whoever tells of a spend many times is one teller of it all the same.
      if (known.at(-1)?.teller === teller) continue;
      const spend = told.counted === undefined ? {} : { spend: readSpend(told.counted) };
      known.push({ teller, told, ...spend });
      versions.set(told.id, known);
    }
  }
  return [...versions].map(([id, all]) => ({
    id,
    groups: [...Map.groupBy(all, factsOf).values()],
  }));
}

/** Undefined where they contradict each other, with too few on any side. */
const believedOf = (groups: Account['groups'], threshold: number): readonly Version[] | undefined =>
  groups.length === 1 ? groups[0] : groups.find((one) => one.length >= threshold);

/** The same account among fewer tellers. */
const among = (tellers: ReadonlySet<number>, groups: Account['groups']): Account['groups'] =>
  groups
    .map((one) => one.filter(({ teller }) => tellers.has(teller)))
    .filter(({ length }) => length > 0);

/**
 * The largest part of them that can be believed together. Any quorum of them is as good as another: it shares an honest
 * member with the receipts of each spend that was signed, so whoever is left out takes nothing along
 * (docs/adr/0023). Else one liar about a spend that few know would hold everybody up.
 * @param shape.quorum how many must be left
 * @throws SIGNERS_UNAVAILABLE where there is no such part
 */
export function agreeingOf(
  testimonies: ReadonlyMap<number, Testimony>,
  { threshold, quorum }: { readonly threshold: number; readonly quorum: number },
): ReadonlyMap<number, Testimony> {
  const accounts = accountsOf(testimonies);
  const all = new Set(testimonies.keys());
  for (let spared = 0; spared <= all.size - quorum; spared++) {
    const left = withoutDispute(accounts, threshold, all, spared);
    if (left !== undefined) return new Map([...testimonies].filter(([party]) => left.has(party)));
  }
  const disputed = accounts.find(({ groups }) => believedOf(groups, threshold) === undefined);
  throw contradiction(disputed?.id ?? '');
}

/** Leaves out at most so many: of the first spend that is disputed, everybody but one of the sides. */
function withoutDispute(
  accounts: readonly Account[],
  threshold: number,
  tellers: ReadonlySet<number>,
  spared: number,
): ReadonlySet<number> | undefined {
  const disputed = accounts
    .map(({ groups }) => among(tellers, groups))
    .find((groups) => groups.length > 0 && believedOf(groups, threshold) === undefined);
  if (disputed === undefined) return tellers;
  for (const side of disputed.toSorted((a, b) => b.length - a.length)) {
    const out = disputed.flatMap((one) => (one === side ? [] : one.map(({ teller }) => teller)));
    if (out.length > spared) continue;
    const rest = new Set([...tellers].filter((teller) => !out.includes(teller)));
    const left = withoutDispute(accounts, threshold, rest, spared - out.length);
    if (left !== undefined) return left;
  }
  return undefined;
}

const contradiction = (id: string): PlatformError =>
  new PlatformError('SIGNERS_UNAVAILABLE', {
    reason: `the nodes of before contradict each other about the spend ${id} (HANDOVER_DIFFERS)`,
  });

/**
 * One spend of each intent that anybody has told. Where `threshold` parties say the same of it, one of them is
 * honest and they are believed; where all say the same, too. Of the times and prices the latest and the
 * highest count: a liar among them makes a limit tighter, never wider.
 * @param now no time after it counts
 * @throws SIGNERS_UNAVAILABLE when parties contradict each other, with too few on any side
 */
export const mergeTestimonies = (
  testimonies: ReadonlyMap<number, Testimony>,
  threshold: number,
  now: Instant,
): readonly ToldSpend[] => accountsOf(testimonies).map((one) => merged(one, threshold, now));

function merged({ id, groups }: Account, threshold: number, now: Instant): ToldSpend {
  const believed = believedOf(groups, threshold);
  const [first] = believed ?? [];
  if (believed === undefined || first === undefined) throw contradiction(id);
  const counted = believed.flatMap(({ spend }) => (spend === undefined ? [] : [spend]));
  const [spend] = counted;
  if (spend === undefined) return first.told;
  const at = instant(Math.min(now, Math.max(...counted.map((one) => one.at))));
  const quotes = highest(counted.flatMap((one) => one.quotes));
  return { ...first.told, counted: spendText({ ...spend, at, quotes, transactions: [] }) };
}

const isHigher = (one: Price, other: Price): boolean =>
  one.scaled * 10n ** BigInt(other.scale) > other.scaled * 10n ** BigInt(one.scale);

/** One for each currency. */
function highest(quotes: readonly Quote[]): readonly Quote[] {
  const best = new Map<string, Quote>();
  for (const quote of quotes) {
    const before = best.get(quote.price.currency);
    if (before === undefined || isHigher(quote.price, before.price)) {
      best.set(quote.price.currency, quote);
    }
  }
  return [...best.values()];
}

/**
 * How far the log of each organisation must go here, before this node decides by it: as far as `threshold`
 * parties say that theirs goes, so that no liar asks for more than there is.
 */
export function headsOf(
  testimonies: ReadonlyMap<number, Testimony>,
  threshold: number,
): readonly ToldHead[] {
  const all = [...testimonies.values()].flatMap(({ heads }) => heads);
  return [...Map.groupBy(all, ({ organization }) => organization)].flatMap(
    ([organization, heads]) => {
      const sequences = heads.map(({ sequence }) => sequence).toSorted((a, b) => b - a);
      const sequence = sequences[threshold - 1];
      return sequence === undefined ? [] : [{ organization, sequence }];
    },
  );
}
