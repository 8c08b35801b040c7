/**
 * What the members of a record tell those of the record that follows it: every spend that they have in
 * writing, and how far their logs of authority go (docs/adr/0023). Pure: the node checks who said it.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { isPlatformError } from '#core/errors.ts';
import { type AssetId, parseAssetId } from '#core/money.ts';
import { type Instant, instant, parseInstant } from '#core/time.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import type { PriceBook } from '#policy-lang/price-book.ts';
import type { Quote } from '#policy-lang/snapshot.ts';
import type { SignedStatement } from './assertion.ts';
import { type Intent, parseIntent } from './intent.ts';
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
  /** Its intent with the initiator's signature; several only where parties show different ones. */
  readonly initiators: readonly SignedStatement[];
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
  const { id, organization, key, created, expires, counted, initiators } = said;
  if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) return undefined;
  if (typeof organization !== 'string' || typeof key !== 'string') return undefined;
  if (!isCount(created) || !isCount(expires)) return undefined;
  if (!Array.isArray(initiators)) return undefined;
  const shown = initiators.slice(0, SHOWN_MAX).flatMap((one) => readShown(id, one));
  const told = { id, organization, key, created, expires, initiators: shown };
  if (counted === undefined) return told;
  const isText = typeof counted === 'string' && counted.length <= COUNTED_LENGTH_MAX;
  return isText && isOf(id, counted) ? { ...told, counted } : undefined;
}

/** More than any honest party has to tell and to show of one spend: all of it is told on to the next record. */
const COUNTED_LENGTH_MAX = 65_536;
const SHOWN_MAX = 8;
const SHOWN_LENGTH_MAX = 16_384;
const SHOWN_FIELDS = [
  'statement',
  'credentialId',
  'authenticatorData',
  'clientDataJSON',
  'signature',
] as const;

/** None for the statement of another intent: what binds it to the spend is its hash. */
function readShown(id: string, value: unknown): readonly SignedStatement[] {
  const said = (value ?? {}) as Readonly<Record<string, unknown>>;
  const texts = SHOWN_FIELDS.map((name) => said[name]);
  if (!texts.every((text) => typeof text === 'string')) return [];
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const [statement = ''] = texts;
  if (length > SHOWN_LENGTH_MAX || hex(sha256(utf8(statement))) !== id) return [];
  const fields = SHOWN_FIELDS.map((name, index) => [name, texts[index]]);
  return [Object.fromEntries(fields) as SignedStatement];
}

/** More than any price has. */
const SCALE_MAX = 64;

/** It is reckoned with: by a power of ten of this size, and one below zero would make a total smaller. */
const isPrice = ({ price: { scaled, scale } }: Quote): boolean =>
  scaled >= 0n && Number.isSafeInteger(scale) && scale >= 0 && scale <= SCALE_MAX;

/** A text about another spend would take that one's place in the ledger. */
function isOf(id: string, counted: string): boolean {
  try {
    const spend = readSpend(counted);
    return spend.id === id && spend.quotes.every(isPrice);
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

/** Everything but when it was counted, at which price, and who asked: of that each node has a word of its own. */
function factsOf({ told, spend }: Version): string {
  const { counted: _counted, initiators: _initiators, ...rest } = told;
  if (spend === undefined) return canonicalText(rest);
  const facts = spendText({ ...spend, at: instant(0), quotes: [], transactions: [] });
  return canonicalText({ ...rest, facts });
}

/**
 * Whether its teller counted it itself. A claim is told on whoever made it up: that all honest ones tell it on says
 * nothing of it, and the log says it again (`Claim` has no key).
 */
const isOwn = ({ told }: Version): boolean => told.key !== '';

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

/**
 * A spend that fewer than `threshold` parties tell of in the same way. It counts once its initiator's signature
 * holds (`claimed-spend.ts`); of what else is told of it time and price alone are used.
 */
export type Claim = ToldSpend & {
  /** Who tells of it, and how far the log of its organisation goes there. */
  readonly tellers: readonly { readonly party: number; readonly sequence: number }[];
};

export type Merged = {
  /** An honest party among those who tell of it says the same. */
  readonly believed: readonly ToldSpend[];
  readonly claims: readonly Claim[];
};

/** What this node knows by itself: no time after `now` counts, and its own source says what assets are worth. */
export type Listener = { readonly now: Instant; readonly quotes: PriceBook };

/**
 * One spend of each intent that is told. Where `threshold` parties say the same of it, one of them is honest and
 * they are believed. What fewer say they must show: a spend that nobody shows was told by no honest party, so it
 * has no receipts of a quorum, and no share of it left (docs/adr/0023).
 */
export function mergeTestimonies(
  testimonies: ReadonlyMap<number, Testimony>,
  threshold: number,
  listener: Listener,
): Merged {
  const believed: ToldSpend[] = [];
  const claims: Claim[] = [];
  for (const { id, groups } of accountsOf(testimonies)) {
    const versions = groups.flat();
    const initiators = shownBy(versions);
    const sure = groups.find((group) => group.length >= threshold && group.every(isOwn));
    if (sure?.[0] !== undefined) {
      const { told, spend } = sure[0];
      const bounds = { expires: told.expires, asset: spend?.request.asset };
      believed.push({ ...told, initiators, ...fair(sure, threshold, bounds, listener) });
      continue;
    }
    const intent = intentIn(initiators);
    if (intent === undefined) continue;
    const expires = parseInstant(intent.expires);
    const { organization } = intent;
    claims.push({
      id,
      organization,
      key: '',
      created: parseInstant(intent.created),
      expires,
      initiators,
      ...fair(versions, threshold, { expires, asset: parseAssetId(intent.asset) }, listener),
      tellers: tellersOf(versions, testimonies, organization),
    });
  }
  return { believed, claims };
}

/** What all of them show is one text, whose hash is the spend's id; undefined for one that is no intent. */
function intentIn([shown]: readonly SignedStatement[]): Intent | undefined {
  if (shown === undefined) return undefined;
  try {
    return parseIntent(shown.statement);
  } catch (error) {
    if (isPlatformError(error)) return undefined;
    throw error;
  }
}

/** All that any of them shows, each once: a liar's must not take the place of another's. */
const shownBy = (versions: readonly Version[]): readonly SignedStatement[] => [
  ...new Map(
    versions.flatMap(({ told }) => told.initiators.map((one) => [canonicalText({ ...one }), one])),
  ).values(),
];

const tellersOf = (
  versions: readonly Version[],
  testimonies: ReadonlyMap<number, Testimony>,
  organization: string,
): Claim['tellers'] =>
  [...new Set(versions.map(({ teller }) => teller))].map((party) => {
    const heads = testimonies.get(party)?.heads ?? [];
    const sequence = heads.find((head) => head.organization === organization)?.sequence ?? 0;
    return { party, sequence };
  });

/**
 * Counted at the latest time that is told while the intent lived, and at the price that this node knows, or at a
 * higher one that `threshold` parties tell: so a liar makes no payment older, cheaper or much dearer. The highest
 * that is told counts where this node knows none.
 */
function fair(
  versions: readonly Version[],
  threshold: number,
  { expires, asset }: { readonly expires: number; readonly asset: AssetId | undefined },
  { now, quotes: own }: Listener,
): Pick<ToldSpend, 'counted'> {
  const counted = versions.flatMap(({ spend }) => (spend === undefined ? [] : [spend]));
  const [spend] = counted;
  if (spend === undefined) return {};
  const at = instant(Math.min(now, expires, Math.max(...counted.map((one) => one.at))));
  const known = asset === undefined ? [] : (own.get(asset) ?? []);
  const mine = known.filter((quote) => isQuoteGood(quote, now));
  const quotes = pricesOf(counted, mine, threshold).map((quote) => ({ ...quote, asOf: at }));
  const request = asset === undefined ? spend.request : { ...spend.request, asset };
  return { counted: spendText({ ...spend, request, at, quotes, transactions: [] }) };
}

/** One for each currency. */
function pricesOf(
  counted: readonly Spend[],
  own: readonly Quote[],
  threshold: number,
): readonly Quote[] {
  const told = Map.groupBy(
    counted.flatMap(({ quotes }) => quotes),
    ({ price }) => price.currency,
  );
  const mine = new Map(own.map((quote) => [quote.price.currency, quote]));
  return [...new Set([...told.keys(), ...mine.keys()])].flatMap((currency) => {
    const descending = (told.get(currency) ?? []).toSorted(byPrice);
    const known = mine.get(currency);
    if (known === undefined) return descending.slice(0, 1);
    const vouched = descending[threshold - 1];
    return [vouched === undefined ? known : ([vouched, known].toSorted(byPrice)[0] ?? known)];
  });
}

/** The highest first. */
const byPrice = ({ price: one }: Quote, { price: other }: Quote): number =>
  one.scaled * 10n ** BigInt(other.scale) > other.scaled * 10n ** BigInt(one.scale) ? -1 : 1;

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
