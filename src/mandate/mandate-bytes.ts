/** The bytes that are to be signed, held against the intent and against the node's own key. */
import { schemeOf } from '#chains/scheme.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Explanation, Network, Payload } from '#chains/adapter.ts';
import type { Bytes } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { payableNetwork } from './authority/assets.ts';
import { rejectUnless } from './authority/evidence.ts';
import { requireIntended } from './intent-match.ts';
import type { Intent } from './intent.ts';
import type { OwnKnowledge } from './mandate.ts';

export type ReadBytes = {
  readonly payloads: readonly Payload[];
  /** Absent for a set-up. */
  readonly explanation?: Explanation;
};

/**
 * Either the payment of the intent, no more and no less, or exactly the set-up of the wallet's own
 * account. A bare digest is neither.
 * @param read with which of the organisation's own assets
 * @throws EVIDENCE_REJECTED with the field in which the bytes differ from the intent
 */
export function readBytes(
  intent: Intent,
  unsigned: Bytes,
  { key, wallet, state }: Pick<OwnKnowledge, 'key' | 'wallet' | 'state'>,
  read: typeof payableNetwork = payableNetwork,
): ReadBytes {
  const network = read(state, intent.network);
  const isScheme = schemeOf(network) === key.scheme;
  rejectUnless(isScheme, 'network', `a key of ${key.scheme} signs nothing on ${network.id}`);
  const verbs = verbsOf(network);
  if (isSetUp(network, unsigned, wallet.address)) {
    return { payloads: verbs.payloads(network, unsigned) };
  }
  const explanation = verbs.explain(network, unsigned, wallet.address);
  requireIntended(intent, explanation, { network, from: wallet.address });
  return { payloads: verbs.payloads(network, unsigned), explanation };
}

function isSetUp(network: Network, unsigned: Bytes, address: string): boolean {
  try {
    verbsOf(network).explainSetUp(network, unsigned, address);
    return true;
  } catch (error) {
    if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    // Then it must be the payment.
    return false;
  }
}
