/** What a rule asks of a request, in the words of the language. */
import { SECOND_MS } from '#core/time.ts';
import { symbolOf } from '#core/money.ts';
import { formatDuration } from '#policy-lang/values/durations.ts';
import { quoted } from '#policy-tools/dfns/names.ts';
import type { TapMap } from './tap-map.ts';
import type { TapAmount, TapPeer, TapPeople, TapRule } from './read-tap.ts';

export type TapCondition = {
  readonly activity: 'transfer' | 'contract-call' | 'sign-message';
  /** All of these hold; none: always. Wider than the rule where `gaps` says so. */
  readonly parts: readonly string[];
  /** What could not be said: the rule asks for that as well. */
  readonly gaps: readonly string[];
  /** What differs and is not looser. */
  readonly notes: readonly string[];
  /** Lines of the list `tap-NUMBER-recipients`. */
  readonly recipients?: readonly string[];
};

/** Collects the parts while the fields of the rule are gone through. */
type Draft = { parts: string[]; gaps: string[]; notes: string[]; recipients?: readonly string[] };

export function conditionOf(rule: TapRule, map: TapMap): TapCondition {
  const draft: Draft = {
    parts: [],
    gaps: rule.others.map((name) => `the field ${name}`),
    notes: [],
  };
  const activity = activityOf(rule, draft);
  askOperators(rule.operators, map, draft);
  askSources(rule.src, map, draft);
  askDestinations(rule, activity, map, draft);
  askAsset(rule, activity, map, draft);
  askAmount(rule, activity, map, draft);
  return { activity, ...draft };
}

function activityOf(
  { transactionType }: TapRule,
  { parts, gaps }: Draft,
): TapCondition['activity'] {
  switch (transactionType) {
    case 'TRANSFER':
      return 'transfer';
    case 'CONTRACT_CALL':
      return 'contract-call';
    case 'RAW':
      parts.push('message.kind is "raw"');
      return 'sign-message';
    case 'TYPED_MESSAGE':
      parts.push('message.kind is "typed-data"');
      return 'sign-message';
    default:
      // MINT, BURN, STAKE, APPROVE and the like are calls of contracts here.
      gaps.push(`the type ${transactionType}`);
      return 'contract-call';
  }
}

function askOperators(people: TapPeople | undefined, map: TapMap, { parts, gaps }: Draft): void {
  if (people === undefined) return;
  const emails = emailsOf(people, map);
  if (typeof emails === 'string') gaps.push(emails);
  else parts.push(`initiator in [${emails.map(quoted).join(', ')}]`);
}

/** The addresses of all of them, or who is not known. */
export function emailsOf(
  { users, groups, others }: TapPeople,
  map: TapMap,
): readonly string[] | string {
  if (others.length > 0) return `the services ${others.join(', ')}`;
  const found = new Set<string>();
  for (const id of users) {
    const email = map.users.get(id);
    if (email === undefined) return `the user ${id}, whom the map does not name`;
    found.add(email);
  }
  for (const id of groups) {
    const members = map.groups.get(id);
    if (members === undefined) return `the group ${id}, which the map does not name`;
    for (const email of members) found.add(email);
  }
  return found.size === 0 ? 'a group of nobody' : [...found].toSorted();
}

function askSources(
  src: readonly TapPeer[] | undefined,
  map: TapMap,
  { parts, gaps }: Draft,
): void {
  // Every wallet here is what a vault account is there.
  if (src === undefined || src.some(({ id, type }) => id === '*' && type === 'VAULT')) return;
  const other = src.find(({ id, type }) => type !== 'VAULT' || !map.wallets.has(id));
  if (other !== undefined) {
    gaps.push(
      `the source ${other.type} ${other.id}${other.type === 'VAULT' ? ', which the map does not name' : ''}`,
    );
    return;
  }
  const wallets = src.map(({ id }) => `wallet ${quoted(map.wallets.get(id) ?? '')}`);
  parts.push(`wallet in [${[...new Set(wallets)].join(', ')}]`);
}

function askDestinations(
  { number, dst, dstAddressType }: TapRule,
  activity: TapCondition['activity'],
  map: TapMap,
  draft: Draft,
): void {
  const { parts, gaps } = draft;
  if (dst === undefined) {
    if (dstAddressType !== '*') gaps.push(`destinations that are ${dstAddressType}`);
    return;
  }
  const unknown = dst.find(({ id }) => !map.addresses.has(id));
  if (activity === 'sign-message') gaps.push('the destination of a message');
  else if (unknown !== undefined) {
    gaps.push(`the destination ${unknown.type} ${unknown.id}, which the map does not name`);
  } else if (dstAddressType === 'ONE_TIME') gaps.push('destinations that are ONE_TIME');
  else {
    draft.recipients = [...new Set(dst.flatMap(({ id }) => map.addresses.get(id) ?? []))];
    const field = activity === 'transfer' ? 'recipient' : 'call.contract';
    parts.push(`${field} in tap-${number}-recipients`);
  }
}

function askAsset(
  { asset }: TapRule,
  activity: TapCondition['activity'],
  map: TapMap,
  { parts, gaps }: Draft,
): void {
  if (asset === undefined) return;
  const known = map.assets.get(asset);
  if (activity !== 'transfer') gaps.push(`the asset of a ${activity}`);
  else if (known === undefined) gaps.push(`the asset ${asset}, which the map does not name`);
  else parts.push(`asset is ${known}`);
}

/** "The amount that a transaction must exceed" (Fireblocks, "Create a TAP rule"). */
function askAmount(
  { amount: limit, asset, action }: TapRule,
  activity: TapCondition['activity'],
  map: TapMap,
  { parts, gaps, notes }: Draft,
): void {
  if (/^0(?:\.0+)?$/.test(limit.amount)) return;
  const isTotal = limit.periodSec !== undefined;
  const known = asset === undefined ? undefined : map.assets.get(asset);
  if (limit.currency === 'NATIVE' && known === undefined) {
    gaps.push('an amount of an asset that is not known');
  } else if (
    activity === 'sign-message' ||
    (activity !== 'transfer' && (isTotal || known !== undefined))
  ) {
    gaps.push(`an amount of a ${activity}`);
  } else if (isTotal && action === 'ALLOW') {
    gaps.push('what is allowed above a total');
  } else if (limit.currency !== 'NATIVE' && /\.\d{2}\d*[1-9]/.test(limit.amount)) {
    gaps.push('a part of a cent');
  } else {
    const of = limit.currency === 'NATIVE' ? 'amount' : 'value';
    const unit =
      limit.currency === 'NATIVE' && known !== undefined ? symbolOf(known) : limit.currency;
    parts.push(
      `${isTotal ? totalOf(limit, of) : of} > ${grouped(limit.currency === 'NATIVE' ? limit.amount : inCents(limit.amount))} ${unit}`,
    );
    if (isTotal)
      notes.push('The total adds up every transfer, not only those that match the rule.');
  }
}

function totalOf({ periodSec = 0, by }: TapAmount, of: string): string {
  const scope = by.length === 0 ? '' : ` by ${by.join(', ')}`;
  return `sum(${of}) over last ${formatDuration(periodSec * SECOND_MS)}${scope}`;
}

/** Zeros behind the cents are left out. */
const inCents = (decimal: string): string => decimal.replace(/(\.\d{2})0+$/, '$1');

/** `10000.5` as authors write it. */
function grouped(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const thousands = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
}
