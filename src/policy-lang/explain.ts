/**
 * Why a condition is true, false or missing, in plain words with the figures of the request. Walks
 * the same tree that decides, and names the parts that make the answer what it is: of a true `or`
 * the true parts, of a false `and` the false ones.
 */
import { formatDecimal, symbolOf } from '#core/money.ts';
import type { Atom, Condition } from './condition.ts';
import { durationInWords } from './durations.ts';
import { type Exact, compare, formatValue, whole } from './exact.ts';
import type { Facts } from './facts.ts';
import { type Lists, planAtom } from './plan-condition.ts';
import { compareText } from './report.ts';
import { FALSE, MISSING, TRUE, type Truth, not } from './truth.ts';

/** An answer and the atoms that it rests on. */
export type Grounds = { readonly truth: Truth; readonly atoms: readonly Atom[] };

export function groundsOf(condition: Condition, facts: Facts, lists: Lists): Grounds {
  switch (condition.kind) {
    case 'always':
      return { truth: TRUE, atoms: [] };
    case 'not': {
      const { truth, atoms } = groundsOf(condition.part, facts, lists);
      return { truth: not(truth), atoms };
    }
    case 'and':
    case 'or': {
      const parts = condition.parts.map((part) => groundsOf(part, facts, lists));
      const truths = parts.map((part) => part.truth);
      const truth = (condition.kind === 'and' ? Math.min : Math.max)(...truths) as Truth;
      return { truth, atoms: parts.filter((part) => part.truth === truth).flatMap((p) => p.atoms) };
    }
    default:
      return { truth: planAtom(condition, lists)(facts), atoms: [condition] };
  }
}

/** The paths of the missing facts that the grounds rest on, sorted, each once. */
export function missingPaths({ truth, atoms }: Grounds, facts: Facts): readonly string[] {
  if (truth !== MISSING) return [];
  const paths = new Set(atoms.flatMap((atom) => missingFor(atom, facts)));
  return [...paths].toSorted(compareText);
}

function missingFor(atom: Atom, facts: Facts): readonly string[] {
  switch (atom.kind) {
    case 'wallet-tagged':
      return ['wallet.tags'];
    case 'recipient-in':
      return ['recipient'];
    case 'asset-in':
      return ['asset'];
    case 'value':
      return facts.missingForValue(atom.currency);
    case 'total':
      return facts.missingForTotal(atom.need);
    case 'amount':
      return facts.asset === undefined ? ['asset'] : ['amount'];
    default:
      return ['field' in atom ? atom.field.path : atom.kind];
  }
}

/** One sentence, e.g. `50,000 USDC is worth 50,000.00 USD, above 10,000.00 USD.` */
export function sentenceOf(grounds: Grounds, facts: Facts, lists: Lists): string {
  if (grounds.truth === MISSING) return missingSentence(missingPaths(grounds, facts), facts);
  if (grounds.atoms.length === 0) {
    return grounds.truth === FALSE ? 'This rule never applies.' : 'This rule always applies.';
  }
  const clauses = [...new Set(grounds.atoms.map((atom) => clauseOf(atom, facts, lists)))];
  const text = clauses.join(', and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function missingSentence(paths: readonly string[], facts: Facts): string {
  const named = paths.map((path) => {
    const cause = facts.causeOf(path);
    return `${inWords(path)}${cause === undefined ? '' : ` (${cause})`}`;
  });
  return `Not known: ${named.join(', ')}.`;
}

function inWords(path: string): string {
  if (path === 'wallet.tags') return "the wallet's tags";
  if (path.startsWith('sum(')) return `the total ${path}`;
  return path.startsWith('price ') ? `the price of ${path.slice('price '.length)}` : `the ${path}`;
}

function clauseOf(atom: Atom, facts: Facts, lists: Lists): string {
  switch (atom.kind) {
    case 'wallet-tagged': {
      const verb = facts.tags?.has(atom.tag) === true ? 'has' : 'does not have';
      return `the wallet ${verb} the tag "${atom.tag}"`;
    }
    case 'recipient-in':
      return recipientClause(atom, facts, lists);
    case 'asset-in': {
      const assets = [...atom.assets];
      const verb = facts.asset !== undefined && atom.assets.has(facts.asset) ? 'is' : 'is not';
      const names = assets.length === 1 ? assets.join('') : `one of ${assets.join(', ')}`;
      return verb === 'is' ? `the asset is ${facts.asset}` : `the asset is not ${names}`;
    }
    case 'value':
      return valueClause(atom, facts);
    case 'total':
      return totalClause(atom, facts);
    case 'amount':
      return amountClause(atom, facts);
    default:
      return `the ${'field' in atom ? atom.field.path : atom.kind} is compared`;
  }
}

function recipientClause(
  atom: Extract<Atom, { kind: 'recipient-in' }>,
  facts: Facts,
  lists: Lists,
): string {
  const recipient = facts.recipient;
  const shown = facts.snapshot.request.recipient ?? '';
  if (atom.set.kind === 'listed') {
    const inside = recipient !== undefined && atom.set.addresses.has(recipient);
    const one = atom.set.addresses.size === 1 ? 'the address' : 'one of the addresses';
    return `the recipient ${shown} ${inside ? 'is' : 'is not'} ${one} that the rule names`;
  }
  const label = recipient && lists.get(atom.set.name)?.get(recipient);
  if (label === undefined) return `the recipient ${shown} is not on the list ${atom.set.name}`;
  const who = label === '' ? `the recipient ${shown}` : `the recipient ${label} (${shown})`;
  return `${who} is on the list ${atom.set.name}`;
}

function valueClause({ currency, limit }: Extract<Atom, { kind: 'value' }>, facts: Facts): string {
  const value = facts.value(currency);
  const amount = amountText(facts);
  if (value === undefined) return `the value of ${amount} is not known`;
  const show = (exact: Exact): string => formatValue(exact, currency);
  return `${amount} is worth ${show(value)}, ${relation(value, limit, show)}`;
}

function totalClause({ need, limit }: Extract<Atom, { kind: 'total' }>, facts: Facts): string {
  const total = facts.total(need);
  const { window, currency = '' } = need;
  const span = window.kind === 'last' ? durationInWords(window.ms) : window.unit;
  if (total === undefined) return `the total of the wallet's last ${span} is not known`;
  const show = (value: Exact): string => formatValue(value, currency);
  const text = `${show(total)}, ${relation(total, limit, show)}`;
  return need.includesThis
    ? `${amountText(facts)} brings the wallet's last ${span} to ${text}`
    : `the wallet's last ${span} come to ${text}`;
}

function amountClause(atom: Extract<Atom, { kind: 'amount' }>, facts: Facts): string {
  const { asset, units } = facts;
  const limit = asset && atom.limits.get(asset);
  const decimals = facts.assetFact?.decimals ?? 0;
  if (units === undefined || limit === undefined) return 'the amount is not limited for this asset';
  const show = ({ scaled }: Exact): string =>
    `${formatDecimal(scaled, decimals)} ${asset === undefined ? '' : symbolOf(asset)}`;
  return `the amount ${show(whole(units))} is ${relation(whole(units), whole(limit), show)}`;
}

function amountText({ units, asset, assetFact }: Facts): string {
  if (units === undefined || asset === undefined || assetFact === undefined) return 'the transfer';
  return `${formatDecimal(units, assetFact.decimals)} ${symbolOf(asset)}`;
}

function relation(value: Exact, limit: Exact, show: (value: Exact) => string): string {
  const order = compare(value, limit);
  if (order === 0) return `exactly ${show(limit)}`;
  return `${order > 0 ? 'above' : 'below'} ${show(limit)}`;
}
