/** A corrupted node decides for whatever it is asked, and reads what it can of it. */
import { sha256 } from '@noble/hashes/sha2.js';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { DAY_MS, formatInstant, instant } from '#core/time.ts';
import { type Intent, parseIntent } from '#mandate/intent.ts';
import type { Evidence } from '#signer-cluster/evidence.ts';
import type { decideAlone as genuine } from '#signer-cluster/own-decision.ts';

/** Undefined where it cannot be read. */
function read<T>(reading: () => T): T | undefined {
  try {
    return reading();
  } catch {
    // What cannot be read is signed as it stands.
    return undefined;
  }
}

function payloadsOf(intent: Intent | undefined, unsigned: Bytes): Evidence['payloads'] {
  const network = findNetwork(intent?.network ?? 'local-evm');
  const readable = read(() => verbsOf(network).payloads(network, unsigned));
  return readable ?? [{ digest: sha256(unsigned) }];
}

export const decideAlone: typeof genuine = (party, mandate, key) => {
  const intent = read(() => parseIntent(mandate.intent));
  const named = intent === undefined ? undefined : party.wallets.find(intent.wallet);
  const [any] = party.wallets.of(key.keyId);
  const wallet = named ?? (any === undefined ? undefined : party.wallets.find(any.wallet));
  if (wallet === undefined) throw new Error('the key has no wallet');
  const unsigned = read(() => parseHex(mandate.unsigned)) ?? utf8(mandate.unsigned);
  const created = formatInstant(party.now());
  const expires = formatInstant(instant(party.now() + DAY_MS));
  return {
    intent: { ...(intent as Intent), created, expires },
    initiator: mandate.initiator,
    intentHash: hex(sha256(utf8(mandate.intent))),
    isSetUp: false,
    wallet,
    payloads: payloadsOf(intent, unsigned),
  };
};
