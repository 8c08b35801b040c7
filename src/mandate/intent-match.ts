/**
 * Whether the bytes that are about to be signed do what the intent says, no more and no less. The
 * signer nodes ask this of their own reading of the bytes.
 */
import type { Explanation, Network } from '#chains/adapter.ts';
import { PlatformError } from '#core/errors.ts';
import { ALLOWANCE_DOMAIN, INTENT_DOMAIN, type Intent, PERMIT_DOMAIN, unitsOf } from './intent.ts';

export type Difference = {
  readonly field:
    | 'network'
    | 'effects'
    | 'kind'
    | 'asset'
    | 'from'
    | 'recipient'
    | 'units'
    | 'nonce'
    | 'deadline'
    | 'memo'
    | 'fee';
  readonly intended: string;
  readonly found: string;
};

/** `from` is the address of the wallet's own key, as the caller derived it. */
export type OwnWallet = { readonly network: Network; readonly from: string };

/** What the bytes of an intent must do: nothing of another kind is ever signed for it. */
const EFFECT_OF = {
  [INTENT_DOMAIN]: 'transfer',
  [ALLOWANCE_DOMAIN]: 'allowance',
  [PERMIT_DOMAIN]: 'permit',
} as const;

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
  if (intent.domain === PERMIT_DOMAIN) {
    compare('nonce', intent.nonce, explanation.nonce.toString());
    const deadline = effect?.kind === 'permit' ? effect.deadline.toString() : 'none';
    compare('deadline', intent.deadline, deadline);
  }
  if (memo !== undefined) compare('memo', intent.memo, memo);
  compare('fee', wallet.network.native, feeMax.asset);
  const cap = feeCapOf(intent, wallet.network);
  if (feeMax.units > cap) compare('fee', `at most ${cap}`, feeMax.units.toString());
  return differences;
}

/** A permit is no transaction, and pays nothing. */
function feeCapOf(intent: Intent, { feeMaxDefault }: Network): bigint {
  if (intent.domain === PERMIT_DOMAIN) return 0n;
  return intent.feeMax === '' ? feeMaxDefault : BigInt(intent.feeMax);
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
