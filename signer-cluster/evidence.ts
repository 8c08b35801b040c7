/**
 * What a node checks by itself before it takes part in a signature. It is never asked to sign a
 * digest: it gets the intent and the unsigned transaction, reads the transaction's own bytes, and
 * hashes them itself.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainVerbs, Network, Payload } from '#chains/adapter.ts';
import { findNetwork } from '#chains/registry.ts';
import { schemeOf } from '#chains/scheme.ts';
import { verbsOf } from '#chains/verbs.ts';
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import { PlatformError, isPlatformError } from '#core/errors.ts';
import type { Scheme } from '#core/scheme.ts';
import type { NetworkId } from '#core/money.ts';
import { type Instant, MINUTE_MS, parseInstant } from '#core/time.ts';
import type { Spend as LedgerSpend } from '#mandate/ledger.ts';
import { requireIntended } from '#mandate/intent-match.ts';
import { type TransferIntent, parseIntent } from '#mandate/intent.ts';
import type { MandateFields } from './proto/open-request.ts';
import type { KeyRecord } from './store.ts';
import type { WalletKey, Wallets } from './wallets.ts';

export type Evidence = {
  readonly intent: TransferIntent;
  /** SHA-256 of the intent's canonical text, in hex; of a set-up, which no intent names, its own. */
  readonly intentHash: string;
  /**
   * Whether this is not the payment itself but the set-up that its account needs before the first
   * one: it gives nothing away, and may have to be made again with other bytes.
   */
  readonly isSetUp: boolean;
  /** Where the bytes do not say it themselves: the network to which the key is bound from now on. */
  readonly network?: NetworkId;
  /** The intent's wallet, with the key that this node derives for it. */
  readonly wallet: WalletKey;
  /** What is to be signed, from the transaction's own bytes. */
  readonly payloads: readonly Payload[];
  /** What a node that decides over the whole mandate counts of it. */
  readonly spend?: LedgerSpend;
};

/** How far the clock of whoever wrote the intent may run ahead of this node's. */
const CLOCK_SKEW_MS = MINUTE_MS;

/**
 * What can be checked without an authority log (`own-decision.ts` has the other case).
 * @throws EVIDENCE_REJECTED with the field of the intent that the evidence contradicts
 */
export function requireEvidence(
  mandate: MandateFields,
  key: KeyRecord,
  wallets: Wallets,
  now: Instant,
): Evidence {
  return rejecting(() => {
    const intent = parseIntent(mandate.intent);
    const wallet = requireOwnKey(intent, key, wallets);
    requireInTime(intent, now);
    const network = findNetwork(intent.network);
    requireScheme(network, key.scheme);
    const unsigned = parseHex(mandate.unsigned, 'unsigned');
    const verbs = verbsOf(network);
    const from = addressOf(wallet, verbs);
    const isSetUp = isSetUpOf(network, unsigned, from);
    if (!isSetUp)
      requireIntended(intent, verbs.explain(network, unsigned, from), { network, from });
    return {
      ...(verbs.bytesNameNetwork ? {} : { network: network.id }),
      intent,
      intentHash: isSetUp ? setUpHash(key, unsigned) : hex(sha256(utf8(mandate.intent))),
      isSetUp,
      wallet,
      payloads: verbs.payloads(network, unsigned),
    };
  });
}

function requireOwnKey(intent: TransferIntent, key: KeyRecord, wallets: Wallets): WalletKey {
  if (intent.organization !== key.organization) {
    throw rejected('organization', 'the key belongs to another organisation');
  }
  const wallet = wallets.find(intent.wallet);
  if (wallet?.key === key.keyId) return wallet;
  throw rejected('wallet', 'the wallet is not registered with this key');
}

/** A signature of another scheme would serve nobody, and what a key signs must be what it is for. */
function requireScheme(network: Network, scheme: Scheme): void {
  if (schemeOf(network) === scheme) return;
  throw rejected('network', `a key of ${scheme} signs nothing on ${network.id}`);
}

function requireInTime(intent: TransferIntent, now: Instant): void {
  if (parseInstant(intent.expires) <= now) throw rejected('expires', 'the intent has expired');
  if (parseInstant(intent.created) > now + CLOCK_SKEW_MS) {
    throw rejected('created', 'the intent comes from the future');
  }
}

/** An address takes more time than all the rest of the evidence, and a wallet keeps its key. */
const knownAddresses = new WeakMap<WalletKey, Map<ChainVerbs, string>>();

function addressOf(wallet: WalletKey, verbs: ChainVerbs): string {
  const known = knownAddresses.get(wallet) ?? new Map<ChainVerbs, string>();
  knownAddresses.set(wallet, known);
  const address = known.get(verbs) ?? verbs.address(wallet.publicKey);
  known.set(verbs, address);
  return address;
}

/** Whether the bytes are exactly the set-up of the account `from`, as its family defines it. */
function isSetUpOf(network: Network, unsigned: Bytes, from: string): boolean {
  try {
    verbsOf(network).explainSetUp(network, unsigned, from);
    return true;
  } catch (error) {
    if (!isPlatformError(error, 'EVIDENCE_REJECTED')) throw error;
    // Then it must be the payment.
    return false;
  }
}

export const setUpHash = ({ keyId }: KeyRecord, unsigned: Bytes): string =>
  hex(hashOf({ domain: 'countersign/set-up/v1', key: keyId, bytes: hex(unsigned) }));

/** Bad input of any kind is bad evidence here: final, and never retried with another node. */
function rejecting<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!isPlatformError(cause) || cause.code === 'EVIDENCE_REJECTED') throw cause;
    const { field = '', reason = cause.message } = cause.context;
    throw new PlatformError(
      'EVIDENCE_REJECTED',
      { field: String(field), reason: String(reason) },
      { cause },
    );
  }
}

const rejected = (field: string, reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason });
