/**
 * A spend that another node has in writing and this one has missed. That its initiator signed it, with a
 * credential that could ask for transfers at some time, is enough to be counted, and no node can invent that:
 * whether it may be signed is asked elsewhere. The initiator may have left since, and the limits may have changed;
 * what was signed then may still be paid.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, parseBase64url, utf8 } from '#core/bytes.ts';
import { parseAssetId, parseNetworkId } from '#core/money.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import type { RequestFacts } from '#policy-lang/snapshot.ts';
import { relyingPartyOf, requireAssertion } from './assertion.ts';
import { knownNetwork } from './authority/assets.ts';
import { rejectUnless } from './authority/evidence.ts';
import { initiatorFacts } from './authority/governed.ts';
import { policyInForce } from './authority/policies.ts';
import { activityOf, type Intent, parseIntent, unitsOf } from './intent.ts';
import type { Spend } from './ledger.ts';
import { readBytes } from './mandate-bytes.ts';
import type { Mandate, OwnKnowledge } from './mandate.ts';
import { termsOf } from './replacement.ts';

export type InitiatedSpend = {
  readonly intent: Intent;
  /** What is to be signed, in hex. */
  readonly digests: readonly string[];
  readonly spend: Spend;
};

/** What a node knows of whoever may have asked for transfers. */
export type KnownInitiators = Pick<OwnKnowledge, 'state'> & {
  readonly key: Pick<OwnKnowledge['key'], 'organization'>;
  readonly couldInitiate: (credentialId: string) => boolean;
};

/**
 * The intent, which its initiator has signed. An honest node that has it in writing found the initiator active
 * and permitted by a log that is the beginning of this node's, or reaches further: then this node lacks changes,
 * learns nothing yet, and signs nothing that would have to count it.
 * @throws EVIDENCE_REJECTED, INVALID_INPUT, WEBAUTHN_REFUSED
 */
export function requireInitiated(
  { intent: text, initiator }: Pick<Mandate, 'intent' | 'initiator'>,
  { state, key, couldInitiate }: KnownInitiators,
): Intent {
  const intent = parseIntent(text);
  const isOwn =
    intent.organization === state.organization && key.organization === state.organization;
  rejectUnless(isOwn, 'organization', 'the intent is of another organisation');
  rejectUnless(initiator.statement === text, 'initiator', 'another statement was signed');
  const credential = state.credentials.get(initiator.credentialId);
  const isTheirs = credential?.user === intent.initiator;
  rejectUnless(isTheirs, 'initiator', 'it was not signed by the initiator');
  const could = couldInitiate(initiator.credentialId);
  rejectUnless(could, 'initiator', 'the permission transfers:create was never there');
  const registered = { ...credential, publicKey: parseBase64url(credential.publicKey) };
  requireAssertion(initiator, registered, relyingPartyOf(state.origin));
  return intent;
}

/** @throws EVIDENCE_REJECTED, INVALID_INPUT, WEBAUTHN_REFUSED */
export function initiatedSpend(
  mandate: Pick<Mandate, 'intent' | 'initiator' | 'unsigned'>,
  own: Omit<OwnKnowledge, 'ledger' | 'screeners' | 'witnesses'> & KnownInitiators,
): InitiatedSpend {
  const { state, wallet, now, quotes } = own;
  const intent = requireInitiated(mandate, own);
  const { intent: text, unsigned } = mandate;
  // What was signed before an asset was retired counts as ever.
  const { payloads, explanation } = readBytes(intent, unsigned, own, knownNetwork);
  rejectUnless(explanation !== undefined, 'unsigned', 'a set-up spends nothing');
  const digests = payloads.map(({ digest }) => hex(digest));
  const asset = parseAssetId(intent.asset);
  return {
    intent,
    digests,
    spend: {
      id: hex(sha256(utf8(text))),
      at: now,
      activity: activityOf(intent),
      request: requestedBy(intent, { state, now, address: wallet.address }),
      quotes: (quotes.get(asset) ?? [])
        .filter((quote) => isQuoteGood(quote, now))
        .map((quote) => ({ ...quote, asOf: now })),
      transactions: [termsOf(explanation, digests)],
    },
  };
}

/** An intent's transfer as a policy sees it, by this state of the log. */
export function requestedBy(
  intent: Intent,
  {
    state,
    now,
    address,
  }: Pick<OwnKnowledge, 'state' | 'now'> & { readonly address: string | undefined },
): RequestFacts {
  const { tags = [] } = state.wallets.get(intent.wallet) ?? {};
  return {
    network: parseNetworkId(intent.network),
    wallet: { id: intent.wallet, tags, ...(address === undefined ? {} : { address }) },
    asset: parseAssetId(intent.asset),
    units: unitsOf(intent),
    recipient: intent.recipient,
    initiator: initiatorFacts(state, policyInForce(state, now), intent.initiator),
  };
}
