/**
 * The text of a spend: what a node writes into its journal, and reads again when it starts. Amounts are
 * decimal text. Equal spends have equal texts, and a text is read only if it is the one of what it says.
 */
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { parseUnits } from '#core/money.ts';
import { readSnapshotText, snapshotText } from '#policy-lang/snapshot-text.ts';
import type { Spend } from './ledger.ts';
import type { Terms } from './replacement.ts';
import { parseStatement, requireText } from './statement.ts';

const SPEND_DOMAIN = 'countersign/spend/v1';
const FIELDS = ['id', 'facts', 'transactions'];
const SPENDING = ['transfer', 'allowance', 'unlimited-allowance'] as const;

export function spendText({ id, at, activity, request, quotes, transactions }: Spend): string {
  const { asset } = request;
  const facts = snapshotText({
    now: at,
    activity,
    request,
    prices: new Map(asset === undefined ? [] : [[asset, quotes]]),
    aggregates: new Map(),
    causes: new Map(),
  });
  return canonicalText({
    domain: SPEND_DOMAIN,
    id,
    facts,
    transactions: transactions.map(fieldsOf),
  });
}

const fieldsOf = ({ digests, nonce, feeMax, parameters }: Terms): Canonical => ({
  digests,
  nonce: nonce.toString(),
  feeMax: feeMax.toString(),
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, value.toString()]),
  ),
});

/** @throws INVALID_INPUT for any text that `spendText` does not write */
export function readSpend(text: string): Spend {
  const said = parseStatement(text, SPEND_DOMAIN, FIELDS);
  const facts = readSnapshotText(requireText(said['facts'], 'facts'));
  const { now: at, request, prices } = facts;
  const activity = SPENDING.find((known) => known === facts.activity);
  if (activity === undefined) throw malformed();
  const quotes = request.asset === undefined ? [] : (prices.get(request.asset) ?? []);
  const transactions = listOf(said['transactions']).map(readTerms);
  const spend = { id: requireText(said['id'], 'id'), at, activity, request, quotes, transactions };
  if (spendText(spend) === text) return spend;
  throw malformed();
}

function readTerms(value: Canonical): Terms {
  const { digests, nonce, feeMax, parameters } = objectOf(value);
  return {
    digests: listOf(digests).map((digest) => requireText(digest, 'digests')),
    nonce: parseUnits(requireText(nonce, 'nonce'), 'nonce'),
    feeMax: parseUnits(requireText(feeMax, 'feeMax'), 'feeMax'),
    parameters: Object.fromEntries(
      Object.entries(objectOf(parameters)).map(([name, text]) => [
        name,
        parseUnits(requireText(text, name), name),
      ]),
    ),
  };
}

function listOf(value: Canonical | undefined): readonly Canonical[] {
  if (Array.isArray(value)) return value;
  throw malformed();
}

function objectOf(value: Canonical | undefined): { readonly [field: string]: Canonical } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as { readonly [field: string]: Canonical };
}

const malformed = () =>
  invalidInput('spend', 'not the text of a spend', 'Send it as it was written.');
