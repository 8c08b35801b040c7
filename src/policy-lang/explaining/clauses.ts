/** What one comparison found, as a clause with the figures of the request. */
import { formatDecimal, symbolOf } from '#core/money.ts';
import type { Atom, FieldAtom } from '#policy-lang/checking/condition.ts';
import { type Exact, compare, formatValue, whole } from '#policy-lang/values/exact.ts';
import type { Facts } from '#policy-lang/deciding/facts.ts';
import { fieldClauseOf } from './field-clauses.ts';
import { requestInWords } from './field-words.ts';
import { addressesClause, inWords, relation } from './phrases.ts';
import { totalClause } from './total-clause.ts';

type MoneyAtomOf<K extends Exclude<Atom, FieldAtom>['kind']> = Extract<Atom, { kind: K }>;

/** Only for atoms that are not missing. */
export function clauseOf(atom: Atom, facts: Facts): string {
  switch (atom.kind) {
    case 'wallet-tagged': {
      const verb = facts.tags?.includes(atom.tag) === true ? 'has' : 'does not have';
      return `the wallet ${verb} the tag "${atom.tag}"`;
    }
    case 'recipient-in': {
      const written = facts.request.recipient ?? '';
      return addressesClause('the recipient', written, atom.set, facts.linked);
    }
    case 'asset-in':
      return facts.asset !== undefined && atom.assets.has(facts.asset)
        ? `the asset is ${facts.asset}`
        : `the asset is not ${inWords([...atom.assets], 'one of')}`;
    case 'value':
      return valueClause(atom, facts);
    case 'amount':
      return amountClause(atom, facts);
    case 'total':
      return totalClause(atom, facts, amountText(facts));
    default:
      return fieldClauseOf(atom, facts);
  }
}

function valueClause({ currency, limit }: MoneyAtomOf<'value'>, facts: Facts): string {
  const value = facts.value(currency);
  const amount = amountText(facts);
  if (value === undefined) return `the value of ${amount} is not known`;
  const show = (exact: Exact): string => formatValue(exact, currency);
  return `${amount} is worth ${show(value)}, ${relation(compare(value, limit), show(limit))}`;
}

function amountClause(atom: MoneyAtomOf<'amount'>, facts: Facts): string {
  const { asset, units } = facts;
  const limit = asset && atom.limits.get(asset);
  const decimals = facts.assetFact?.decimals ?? 0;
  if (asset === undefined || units === undefined || limit === undefined) {
    return 'the amount is not limited for this asset';
  }
  const show = (exact: bigint): string => `${formatDecimal(exact, decimals)} ${symbolOf(asset)}`;
  const order = compare(whole(units), whole(limit));
  return `the amount ${show(units)} is ${relation(order, show(limit))}`;
}

/** `50,000 USDC`, or what the request is called where its amount is not known. */
function amountText({ units, asset, assetFact, snapshot }: Facts): string {
  if (units === undefined || asset === undefined || assetFact === undefined) {
    return `the ${requestInWords(snapshot.activity)}`;
  }
  return `${formatDecimal(units, assetFact.decimals)} ${symbolOf(asset)}`;
}
