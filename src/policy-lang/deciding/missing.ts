/** Which facts a comparison lacks, and why: the paths that a decision names. */
import type { AggregateNeed } from '#policy-lang/compiled-policy.ts';
import type { Atom, FieldAtom } from '#policy-lang/checking/condition.ts';
import type { Facts } from './facts.ts';
import { addressReader, pathOf, wholeReader } from './field-facts.ts';
import { faultOf } from './quotes.ts';
import { earlier } from './totals.ts';

/** The missing facts of an atom that is missing; `where` gives those of a total's condition. */
export function missingFor(
  atom: Atom,
  facts: Facts,
  where: (need: AggregateNeed) => readonly string[] | undefined,
): readonly string[] {
  switch (atom.kind) {
    case 'wallet-tagged':
      return ['wallet.tags'];
    case 'recipient-in':
      return ['recipient'];
    case 'asset-in':
      return ['asset'];
    case 'value':
      return missingForValue(atom.currency, facts);
    case 'amount':
      return facts.asset === undefined ? ['asset'] : [amountPath(facts)];
    case 'total':
      return missingForTotal(atom.need, facts, where(atom.need));
    default:
      return missingForField(atom, facts);
  }
}

/** What a contract call moves is written `call.value`. */
const amountPath = (facts: Facts): string => (facts.isCall ? 'call.value' : 'amount');

function missingForValue(currency: string, facts: Facts): string[] {
  if (facts.asset === undefined || facts.assetFact === undefined) return ['asset'];
  const paths = facts.units === undefined ? [amountPath(facts)] : [];
  if (facts.quote(currency) !== undefined) return paths;
  return [...paths, `price ${facts.asset} in ${currency}`];
}

/** @param where the paths that keep it open whether the request counts; undefined: it does not */
function missingForTotal(
  need: AggregateNeed,
  facts: Facts,
  where: readonly string[] | undefined,
): readonly string[] {
  const before = earlier(need, facts);
  const paths = before === undefined ? [need.key] : [];
  if (where === undefined) return paths;
  const isAssetOpen = need.asset !== undefined && facts.asset === undefined;
  const open = isAssetOpen ? ['asset', ...where] : where;
  if (open.length > 0) return [...paths, ...open];
  if (need.distinct) return before?.seen === undefined ? [need.key] : [];
  if (need.of === 'value') return [...paths, ...missingForValue(need.currency ?? '', facts)];
  if (need.of !== 'amount') return paths;
  return facts.units === undefined ? [...paths, amountPath(facts)] : paths;
}

function missingForField(atom: FieldAtom, facts: Facts): readonly string[] {
  switch (atom.kind) {
    case 'within':
      return [];
    case 'in-group':
      return [initiatorPath(facts, facts.linked.groups.has(atom.group) ? 'email' : 'groups')];
    case 'same-address':
      return [atom.field, atom.as]
        .filter((field) => addressReader(field)(facts) === undefined)
        .map(pathOf);
    case 'units': {
      const paths = facts.network === undefined ? ['network'] : [];
      const isKnown = facts.network !== undefined && atom.limits.has(facts.network);
      const isGiven = wholeReader(atom.field)(facts) !== undefined;
      if (!isGiven) return [...paths, pathOf(atom.field)];
      return isKnown || paths.length > 0 ? paths : [`asset ${atom.symbol}@${facts.network}`];
    }
    case 'text-in':
      if (atom.field.path === 'initiator') return [initiatorPath(facts, 'email')];
      return [pathOf(atom.field)];
    default:
      return [pathOf(atom.field)];
  }
}

const initiatorPath = ({ request }: Facts, part: 'email' | 'groups'): string =>
  request.initiator === undefined ? 'initiator' : `initiator.${part}`;

const FAILURES = {
  unscreenable: 'the transfer cannot be screened',
  'unsupported-network': 'the screening does not support the network',
  'unsupported-asset': 'the screening does not support the asset',
  'provider-failure': 'the screening provider failed',
} as const;

/** Why the fact at a path is missing, in words; undefined when nobody said. */
export function causeOf(path: string, facts: Facts): string | undefined {
  const { snapshot, request } = facts;
  const stated = snapshot.causes?.get(path);
  if (stated !== undefined) return stated;
  if (path.startsWith('screening.')) {
    return request.screening?.failure && FAILURES[request.screening.failure];
  }
  if (path.startsWith('asset ') && facts.network !== undefined) {
    return `there is none on ${facts.network}`;
  }
  return path.startsWith('price ') ? priceCause(path, facts) : undefined;
}

function priceCause(path: string, { snapshot, asset }: Facts): string | undefined {
  if (asset === undefined) return undefined;
  const currency = path.slice(path.lastIndexOf(' ') + 1);
  const quotes = snapshot.prices.get(asset) ?? [];
  const quote = quotes.find(({ price }) => price.currency === currency);
  return quote === undefined ? 'there is no quote' : faultOf(quote, snapshot.now);
}
