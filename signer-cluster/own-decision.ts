/**
 * This node's own decision over a whole mandate: it asks `verifyMandate` with what it knows by itself, first
 * of all its own copy of the organisation's authority log.
 */
import type { ChainVerbs } from '#chains/adapter.ts';
import { parseHex } from '#core/bytes.ts';
import { findNetwork } from '#chains/registry.ts';
import { schemeOf } from '#chains/scheme.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { OwnKnowledge, VerifiedMandate } from '#mandate/mandate.ts';
import { verifyMandate } from '#mandate/verify-mandate.ts';
import type { PriceBook } from '#policy-lang/price-book.ts';
import { parseIntent } from '#mandate/intent.ts';
import { authorityOf, requireThawed } from './authority.ts';
import { type Evidence, setUpHash } from './evidence.ts';
import type { Party } from './party.ts';
import type { MandateFields } from './proto/open-request.ts';
import { witnessesOf } from './receipts.ts';
import type { KeyRecord } from './store.ts';
import type { WalletKey } from './wallets.ts';

type DecidingParty = Pick<
  Party,
  'authority' | 'committee' | 'guard' | 'mode' | 'spends' | 'wallets' | 'screeners' | 'now'
>;

/**
 * What it decides over must not change before the caller has the spend in writing: nothing may be awaited
 * in between.
 * @param prices what the node's own source says now
 * @throws EVIDENCE_REJECTED with the field that the evidence contradicts, KEY_LOCKED for what is frozen, and
 *   SIGNERS_UNAVAILABLE while something is missing
 */
export function decideAlone(
  party: DecidingParty,
  mandate: MandateFields,
  key: KeyRecord,
  prices: PriceBook,
): Evidence {
  const state = authorityOf(party, key.organization);
  const intended = reading('intent', () => parseIntent(mandate.intent));
  requireThawed(party, key.organization, intended.wallet);
  const wallet = party.wallets.find(intended.wallet);
  if (wallet?.key !== key.keyId) {
    throw rejected('wallet', 'the wallet is not registered with this key');
  }
  const network = reading('network', () => findNetwork(intended.network));
  // A key of another scheme has no address there.
  if (schemeOf(network) !== key.scheme) {
    throw rejected('network', `a key of ${key.scheme} signs nothing on ${network.id}`);
  }
  const verbs = verbsOf(network);
  const own = { wallet, address: addressOf(wallet, verbs) };
  const verified = verify(party, mandate, { state, key, own, prices });
  const { intent, id, payloads, spend } = verified;
  const isSetUp = spend === undefined;
  return {
    ...(verbs.bytesNameNetwork ? {} : { network: network.id }),
    intent,
    initiator: mandate.initiator,
    intentHash: isSetUp ? setUpHash(key, parseHex(mandate.unsigned)) : id,
    isSetUp,
    wallet,
    payloads,
    ...(isSetUp ? {} : { spend }),
  };
}

/** An address takes more time than most of the checks, and a wallet keeps its key. */
const knownAddresses = new WeakMap<WalletKey, Map<ChainVerbs, string>>();

function addressOf(wallet: WalletKey, verbs: ChainVerbs): string {
  const known = knownAddresses.get(wallet) ?? new Map<ChainVerbs, string>();
  knownAddresses.set(wallet, known);
  const address = known.get(verbs) ?? verbs.address(wallet.publicKey);
  known.set(verbs, address);
  return address;
}

function verify(
  party: DecidingParty,
  { intent, initiator, policy, approvals, unsigned, quotes, screening, log }: MandateFields,
  known: {
    readonly state: AuthorityState;
    readonly key: KeyRecord;
    readonly own: { readonly wallet: WalletKey; readonly address: string };
    readonly prices: PriceBook;
  },
): VerifiedMandate {
  const { state, key, own, prices } = known;
  const { path, publicKey } = own.wallet;
  const now = party.now();
  party.guard.requireNotBehind(now);
  const knowledge: OwnKnowledge = {
    state,
    quotes: prices,
    now,
    ledger: party.spends.ledger(key.organization),
    key,
    wallet: { path, publicKey, address: own.address },
    screeners: party.screeners,
    witnesses: witnessesOf(party),
  };
  const bytes = reading('unsigned', () => parseHex(unsigned, 'unsigned'));
  const logged = { ...(log === '' ? {} : { log }), ...(screening === null ? {} : { screening }) };
  const asked = { intent, initiator, policy, approvals, unsigned: bytes, ...logged };
  return telling(() =>
    // A gateway that knows no price has nothing to say of it: the node's own counts.
    verifyMandate(quotes.length === 0 ? asked : { ...asked, quotes }, knowledge),
  );
}

/** A fact that is missing now may be there later: the payment waits for it. */
function telling<T>(verify: () => T): T {
  try {
    return verify();
  } catch (cause) {
    if (!isPlatformError(cause) || cause.context['isUnknown'] !== true) throw cause;
    const reason = String(cause.context['reason']);
    throw new PlatformError('SIGNERS_UNAVAILABLE', { reason }, { cause });
  }
}

const rejected = (field: string, reason: string, options?: ErrorOptions): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason }, options);

/** Bad input of any kind is bad evidence. */
function reading<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isPlatformError(cause)) throw cause;
    throw rejected(field, 'it cannot be read', { cause });
  }
}
