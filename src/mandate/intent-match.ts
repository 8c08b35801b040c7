/**
 * Whether the bytes that are about to be signed do what the intent says, no more and no less. The
 * signer nodes ask this of their own reading of the bytes.
 */
import type { Explanation, Network } from '#chains/adapter.ts';
import { PlatformError } from '#core/errors.ts';
import { ALLOWANCE_DOMAIN, INTENT_DOMAIN, type Intent, unitsOf } from './intent.ts';

export type Difference = {
  readonly field:
    | 'network'
    | 'effects'
    | 'kind'
    | 'asset'
    | 'from'
    | 'recipient'
    | 'units'
    | 'memo'
    | 'fee';
  readonly intended: string;
  readonly found: string;
};

/** `from` is the address of the wallet's own key, as the caller derived it. */
export type OwnWallet = { readonly network: Network; readonly from: string };

/** What the bytes of an intent must do: nothing of another kind is ever signed for it. */
const EFFECT_OF = { [INTENT_DOMAIN]: 'transfer', [ALLOWANCE_DOMAIN]: 'allowance' } as const;

/** Every difference between the intent and what the bytes do, in a fixed order. */
export function differencesOf(
  intent: Intent,
  explanation: Explanation,
  wallet: OwnWallet,
): readonly Difference[] {
  const { network, effects, feeMax, memo } = explanation;
  const [effect] = effects;
  const differences: Difference[] = [];
  const compare = (field: Difference['field'], intended: string, found: string) => {
    if (intended !== found) differences.push({ field, intended, found });
  };
  compare('network', intent.network, wallet.network.id);
  compare('network', intent.network, network);
  compare('effects', '1', String(effects.length));
  if (effect !== undefined) {
    compare('kind', EFFECT_OF[intent.domain], effect.kind);
    compare('asset', intent.asset, effect.asset);
    compare('from', wallet.from, effect.from);
    compare('recipient', intent.recipient, effect.to);
    compare('units', unitsOf(intent).toString(), effect.units.toString());
  }
  if (memo !== undefined) compare('memo', intent.memo, memo);
  compare('fee', wallet.network.native, feeMax.asset);
  const cap = intent.feeMax === '' ? wallet.network.feeMaxDefault : BigInt(intent.feeMax);
  if (feeMax.units > cap) compare('fee', `at most ${cap}`, feeMax.units.toString());
  return differences;
}

/** @throws EVIDENCE_REJECTED naming every field in which the bytes differ from the intent. */
export function requireIntended(intent: Intent, explanation: Explanation, wallet: OwnWallet): void {
  const differences = differencesOf(intent, explanation, wallet);
  const [first] = differences;
  if (first === undefined) return;
  throw new PlatformError('EVIDENCE_REJECTED', {
    field: first.field,
    reason: `the transaction has ${first.found}, the intent ${first.intended}`,
    fields: [...new Set(differences.map((difference) => difference.field))],
  });
}
