/**
 * A node's own decision whether to sign: everything that a mandate claims is checked against what the
 * node knows by itself (docs/protocols/mandate.md; the numbers there are those here). Pure, and the
 * same on every node.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { isPlatformError } from '#core/errors.ts';
import { MINUTE_MS, type Instant, parseInstant } from '#core/time.ts';
import { isQuoteGood } from '#policy-lang/deciding/quotes.ts';
import type { RequestFacts, ScreeningFacts } from '#policy-lang/snapshot.ts';
import { parseAssetId, parseNetworkId } from '#core/money.ts';
import { evidence, rejected, rejectUnless } from './authority/evidence.ts';
import { initiatorFacts } from './authority/governed.ts';
import { policyInForce } from './authority/policies.ts';
import { requireSigner } from './authority/signatures.ts';
import type { WalletState } from './authority/state.ts';
import { activityOf, type Intent, parseIntent, unitsOf } from './intent.ts';
import type { Mandate, OwnKnowledge, VerifiedMandate } from './mandate.ts';
import { parseLogProof, requireLoggedEvidence } from './log-proof.ts';
import { type ReadBytes, readBytes } from './mandate-bytes.ts';
import { type PaymentFacts, requirePermitted } from './mandate-policy.ts';
import { readVotes } from './mandate-votes.ts';
import { hasPermission } from './permissions.ts';
import { type Terms, termsOf, withReplacement } from './replacement.ts';
import { readScreening } from './screening-word.ts';
import type { Spend } from './ledger.ts';

/** How far the clock of whoever wrote the intent may run ahead of this node's. */
const CLOCK_SKEW_MS = MINUTE_MS;

/**
 * @throws EVIDENCE_REJECTED with the field that the evidence contradicts, and the reason
 */
export function verifyMandate(mandate: Mandate, own: OwnKnowledge): VerifiedMandate {
  return rejecting(() => {
    const intent = parseIntent(mandate.intent);
    const id = hex(sha256(utf8(mandate.intent)));
    requireInTime(intent, own.now);
    const wallet = requireOwnWallet(intent, own);
    requireInitiator(mandate, intent, own);
    const bytes = readBytes(intent, mandate.unsigned, own);
    const transactions = transactionsOf(id, bytes, own);
    const votes = readVotes(mandate.approvals, id, own);
    const screening = screeningOf(mandate, intent, own);
    const facts = factsOf(intent, wallet, bytes, { own, screening });
    const decisions = requirePermitted(mandate, { intent, id, facts, votes }, own);
    requireInLog(mandate, intent, own);
    const { payloads, explanation } = bytes;
    if (explanation === undefined) return { intent, id, payloads, decisions };
    const spend = spendOf(id, facts, transactions, { intent, own });
    return { intent, id, payloads, explanation, decisions, spend };
  });
}

function requireInTime({ created, expires }: Intent, now: Instant): void {
  rejectUnless(parseInstant(expires) > now, 'expires', 'the intent has expired');
  const isPast = parseInstant(created) <= now + CLOCK_SKEW_MS;
  rejectUnless(isPast, 'created', 'the intent comes from the future');
}

/** The wallet as the log has it: its key, its place below that key, its network, and its tags. */
function requireOwnWallet(intent: Intent, own: OwnKnowledge): WalletState {
  const { state, key } = own;
  const isOwn = intent.organization === state.organization;
  rejectUnless(isOwn, 'organization', 'the intent is of another organisation');
  const isBound = key.organization === state.organization;
  rejectUnless(isBound, 'organization', 'the key belongs to another organisation');
  rejectUnless(!state.frozen, 'organization', 'the organisation is frozen');
  const wallet = state.wallets.get(intent.wallet);
  rejectUnless(wallet !== undefined, 'wallet', 'the log knows no such wallet');
  rejectUnless(wallet.key === key.keyId, 'wallet', 'the wallet has another key');
  rejectUnless(
    wallet.path === own.wallet.path,
    'wallet',
    'the wallet lies elsewhere below its key',
  );
  rejectUnless(!wallet.frozen, 'wallet', 'the wallet is frozen');
  rejectUnless(wallet.network === intent.network, 'network', 'the wallet is of another network');
  const known = state.keys.get(key.keyId);
  rejectUnless(known?.scheme === key.scheme, 'wallet', 'the log knows no such key');
  return wallet;
}

/** Signed over the very text that is decided, by the person or program that it names. */
function requireInitiator(mandate: Mandate, intent: Intent, { state }: OwnKnowledge): void {
  const isSame = mandate.initiator.statement === mandate.intent;
  rejectUnless(isSame, 'initiator', 'another statement was signed than this intent');
  const user = requireSigner(state, 'initiator', mandate.initiator, intent.initiator);
  const may = hasPermission(user, 'transfers:create');
  rejectUnless(may, 'initiator', 'the permission transfers:create is missing');
}

/** What the intent stands for once these bytes are signed. */
function transactionsOf(
  id: string,
  { explanation, payloads }: ReadBytes,
  { ledger }: OwnKnowledge,
): readonly Terms[] {
  const known = ledger.find(id);
  rejectUnless(known?.state !== 'DEAD', 'intent', 'its transaction can never be paid any more');
  if (explanation === undefined) return [];
  const digests = payloads.map(({ digest }) => hex(digest));
  return withReplacement(known?.spend.transactions ?? [], termsOf(explanation, digests));
}

/** No audit record, no signature: what is decided here was decided in sight of a quorum of nodes. */
function requireInLog(
  { log, initiator, approvals }: Mandate,
  { organization }: Intent,
  { witnesses }: OwnKnowledge,
): void {
  rejectUnless(log !== undefined, 'log', 'no proof that the audit log holds the request');
  const about = { organization, initiator, approvals };
  evidence('log', () => requireLoggedEvidence(parseLogProof(log), about, witnesses));
}

/** The facts of a word that is genuine, about this payment and of now; any other word is none. */
function screeningOf(
  { screening }: Mandate,
  intent: Intent,
  { wallet, screeners, now }: OwnKnowledge,
): ScreeningFacts | undefined {
  if (screening === undefined) return undefined;
  const { network, asset, recipient: to } = intent;
  const units = unitsOf(intent).toString();
  const payment = { network, asset, units, from: wallet.address, to };
  try {
    return readScreening(screening, payment, screeners, now);
  } catch (error) {
    if (!isPlatformError(error, 'INVALID_INPUT')) throw error;
    // Missing facts fail closed where the policy needs them, and a word of now may come with the next try.
    return undefined;
  }
}

/** What moves is what the bytes say; of a set-up, what the intent says that it is for. */
function factsOf(
  intent: Intent,
  wallet: WalletState,
  { explanation }: ReadBytes,
  known: { readonly own: OwnKnowledge; readonly screening: ScreeningFacts | undefined },
): PaymentFacts {
  const [effect] = explanation?.effects ?? [];
  const { own, screening } = known;
  return {
    network: parseNetworkId(intent.network),
    wallet: { id: intent.wallet, tags: wallet.tags, address: own.wallet.address },
    asset: effect?.asset ?? parseAssetId(intent.asset),
    units: effect?.units ?? unitsOf(intent),
    recipient: effect?.to ?? intent.recipient,
    ...(screening === undefined ? {} : { screening }),
  };
}

/** The initiator's groups are those of the policy in force: later totals may ask for them. */
function spendOf(
  id: string,
  facts: PaymentFacts,
  transactions: readonly Terms[],
  { intent, own }: { readonly intent: Intent; readonly own: OwnKnowledge },
): Spend {
  const { state, now, quotes } = own;
  const initiator = initiatorFacts(state, policyInForce(state, now), intent.initiator);
  const request: RequestFacts = { ...facts, initiator };
  const fresh = (quotes.get(facts.asset) ?? []).filter((quote) => isQuoteGood(quote, now));
  const dated = fresh.map((quote) => ({ ...quote, asOf: now }));
  return {
    id,
    at: now,
    activity: activityOf(intent),
    request,
    quotes: dated,
    transactions,
  };
}

/** Bad input of any kind is bad evidence here: final, and never retried with another node. */
function rejecting<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!isPlatformError(cause) || cause.code === 'EVIDENCE_REJECTED') throw cause;
    const { field = '', reason = cause.message } = cause.context;
    throw rejected(String(field), String(reason), { cause });
  }
}
