/** Checks `given transfer { ... }` of a test. What it leaves out is missing in the test. */
import { type AssetId, symbolOf } from '#core/money.ts';
import { checkAddress } from './check-addresses.ts';
import { checkNumber, checkSymbol } from './check-amounts.ts';
import { didYouMean } from './nearest-name.ts';
import { optional } from './optional.ts';
import { type Scope, assetsOfSymbol, findAsset } from './scope.ts';
import type { RequestFacts } from './snapshot.ts';
import type { Amount, Fact, FactValue, Given } from './syntax.ts';

const FIELDS = ['initiator', 'wallet', 'asset', 'amount', 'recipient'];

const EXAMPLES: Readonly<Record<string, string>> = {
  initiator: 'Write initiator = user "alice" role "finance-operator";',
  wallet: 'Write wallet = "wa-ops" tags ["payments"];',
  asset: 'Write asset = USDC@ethereum;',
  amount: 'Write amount = 50,000 USDC;',
  recipient: 'Write recipient = 0x5aAe...; with all its digits, or a whole Solana address.',
};

export function checkFacts(scope: Scope, given: Extract<Given, { kind: 'facts' }>): RequestFacts {
  if (given.activity.text !== 'transfer') {
    const message = `A test of this version gives a transfer, not "${given.activity.text}".`;
    scope.report.add('UNSUPPORTED', given.activity.span, message, 'Write given transfer { ... }.');
    return {};
  }
  const facts = new Map<string, FactValue>();
  for (const fact of given.facts) addFact(scope, facts, fact);
  const of = <K extends FactValue['kind']>(
    field: string,
    kind: K,
  ): Extract<FactValue, { kind: K }> | undefined => {
    const value = facts.get(field);
    if (value === undefined || value.kind === kind) {
      return value as Extract<FactValue, { kind: K }> | undefined;
    }
    const message = `The field "${field}" is given another kind of value.`;
    scope.report.add('TYPE_MISMATCH', value.span, message, EXAMPLES[field]);
    return undefined;
  };
  const [initiator, wallet, recipient] = [
    of('initiator', 'user'),
    of('wallet', 'text'),
    of('recipient', 'address'),
  ];
  const assetValue = of('asset', 'asset');
  const amount = of('amount', 'amount');
  const asset = assetValue && findAsset(scope, assetValue.value);
  const units = amount && checkUnits(scope, amount, asset);
  return {
    ...optional('initiator', initiator && checkInitiator(initiator)),
    ...optional('wallet', wallet && checkWallet(scope, wallet)),
    ...optional('asset', asset),
    ...optional('units', units),
    ...optional('recipient', recipient && checkRecipient(scope, recipient)),
  };
}

function addFact(scope: Scope, facts: Map<string, FactValue>, fact: Fact): void {
  const { text, span } = fact.field;
  if (!FIELDS.includes(text)) {
    const message = `There is no field "${text}" of a transfer.`;
    scope.report.add('UNKNOWN_NAME', span, message, () => didYouMean(text, FIELDS));
  } else if (facts.has(text)) {
    scope.report.add(
      'DUPLICATE',
      span,
      `The test gives "${text}" twice.`,
      'Delete one of the two.',
    );
  } else facts.set(text, fact.value);
}

function checkInitiator(
  value: Extract<FactValue, { kind: 'user' }>,
): NonNullable<RequestFacts['initiator']> {
  return { id: value.name.text, roles: value.roles.map((role) => role.text) };
}

function checkWallet(
  scope: Scope,
  value: Extract<FactValue, { kind: 'text' }>,
): NonNullable<RequestFacts['wallet']> {
  if (value.tags === undefined) return { id: value.text.text, tags: [] };
  if (value.tags.kind === 'named') {
    const message = 'The tags are written out, in square brackets.';
    scope.report.add('TYPE_MISMATCH', value.tags.span, message, EXAMPLES['wallet']);
    return { id: value.text.text };
  }
  const tags = value.tags.elements.flatMap((element) => {
    if (element.kind === 'text') return element.value.text;
    scope.report.add('TYPE_MISMATCH', element.span, 'A tag is a text.', EXAMPLES['wallet']);
    return [];
  });
  return { id: value.text.text, tags };
}

function checkRecipient(
  scope: Scope,
  value: Extract<FactValue, { kind: 'address' }>,
): string | undefined {
  // What was accepted is canonical: a spelling without its checksum is not.
  return checkAddress(scope, value.value) && value.value.text;
}

/**
 * Base units of the given asset. Without an asset the amount is checked as far as it goes, and its
 * units stay missing: USDC has other decimals on other networks.
 */
function checkUnits(scope: Scope, amount: Amount, asset: AssetId | undefined): bigint | undefined {
  if (!checkSymbol(scope, amount)) return undefined;
  const symbol = amount.unit?.text ?? '';
  if (asset !== undefined && symbolOf(asset) !== symbol) {
    const message = `The asset is ${asset}, so the amount is not measured in ${symbol}.`;
    scope.report.add('TYPE_MISMATCH', amount.span, message, `Write ${symbolOf(asset)}.`);
    return undefined;
  }
  const candidates = asset === undefined ? assetsOfSymbol(scope.world, symbol) : [asset];
  const decimals = candidates.map((id) => scope.world.assets.get(id)?.decimals ?? 0);
  const units = checkNumber(scope, amount, Math.max(...decimals), asset ?? symbol);
  return asset === undefined ? undefined : units;
}
