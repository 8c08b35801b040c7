/**
 * What the organisation's policies say of a payment, as the node itself sees it: in the version in
 * force, in the one that the mandate names and in those that its approvals name, at the node's own
 * price and at the gateway's. The strictest of all answers counts.
 */
import { invalidInput, PlatformError } from '#core/errors.ts';
import { type AssetId, parsePrice } from '#core/money.ts';
import { type Instant, instant, parseInstant } from '#core/time.ts';
import { type Groups, quorumState } from '#policy-lang/approval-quorum.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { knowsAsset } from '#policy-lang/knows-asset.ts';
import { decide } from '#policy-lang/decide.ts';
import type { ApprovalRequirement, Decision } from '#policy-lang/decision.ts';
import type { Quote, RequestFacts } from '#policy-lang/snapshot.ts';
import { evidence, rejected, rejectUnless } from './authority/evidence.ts';
import { initiatorFacts } from './authority/governed.ts';
import {
  groupsOf,
  type PolicyInForce,
  policyInForce,
  policyOfVersion,
} from './authority/policies.ts';
import type { AuthorityState } from './authority/state.ts';
import { activityOf, type Intent } from './intent.ts';
import type { Mandate, OwnKnowledge, QuoteWord } from './mandate.ts';
import { alsoOf, messageFacts } from './message-facts.ts';
import type { CheckedVotes } from './mandate-votes.ts';

const CURRENCY = /^[A-Z]{3}$/;
const QUOTES_MAX = 64;
const QUOTE_AGE_MS_MAX = 7 * 86_400_000;

/** The payment before any policy is asked: what the initiator's groups are depends on the policy. */
export type PaymentFacts = Omit<RequestFacts, 'initiator' | 'asset'> &
  Required<Pick<RequestFacts, 'asset'>>;

/**
 * Every answer, that of the version in force first.
 * @throws EVIDENCE_REJECTED with the field `policy`, `quotes` or `approvals`
 */
export function requirePermitted(
  { policy, quotes }: Pick<Mandate, 'policy' | 'quotes'>,
  subject: {
    readonly intent: Intent;
    readonly id: string;
    readonly facts: PaymentFacts;
    readonly votes: CheckedVotes;
  },
  own: Pick<OwnKnowledge, 'state' | 'now' | 'quotes' | 'ledger'>,
): readonly Decision[] {
  const { intent, id, facts, votes } = subject;
  const { state, now, ledger } = own;
  const activity = activityOf(intent);
  const books = [own.quotes.get(facts.asset) ?? [], ...(quotes ? [quotesOf(quotes, now)] : [])];
  const answers = versionsOf(state, policy, votes.policies, now).flatMap((version) => {
    const compiled = requireWhole(version);
    requireKnown(version, compiled, facts.asset);
    const initiator = initiatorFacts(state, version, intent.initiator);
    const request = { ...facts, ...messageFacts(intent, facts.wallet?.address), initiator };
    const aggregates = ledger.totals(compiled, request, now, id);
    const groups = groupsOf(state, version);
    return books.map((book) => {
      const prices = new Map([[facts.asset, book]]);
      const snapshot = { now, activity, ...alsoOf(intent), request, prices, aggregates };
      return { decision: decide(compiled, snapshot), groups };
    });
  });
  for (const { decision } of answers) requireUnblocked(decision);
  for (const { decision, groups } of answers) {
    for (const requirement of decision.requirements) {
      requireQuorum(requirement, groups, votes, intent);
    }
  }
  return answers.map(({ decision }) => decision);
}

/** @throws EVIDENCE_REJECTED where the mandate or an approval names what was never published */
function versionsOf(
  state: AuthorityState,
  named: Mandate['policy'],
  voted: readonly string[],
  now: Instant,
): readonly PolicyInForce[] {
  const pinned = policyOfVersion(state, named.version);
  const isPublished = pinned !== undefined && pinned.hash === named.hash;
  rejectUnless(isPublished, 'policy', 'the version that it names was never published');
  const asked = voted.map((hash) => {
    const published = state.policies.find((policy) => policy.hash === hash);
    const version = published && policyOfVersion(state, published.version);
    if (version !== undefined) return version;
    throw rejected('approvals', 'one was given under a policy that was never published');
  });
  const all = [policyInForce(state, now), pinned, ...asked];
  return [...new Map(all.map((version) => [version.version, version])).values()];
}

/** The node compiles the text itself, and believes no hash that is not the text's. */
function requireWhole({ hash, compiled }: PolicyInForce): CompiledPolicy {
  rejectUnless(compiled !== undefined, 'policy', 'no policy has been published');
  rejectUnless(compiled.hash === hash, 'policy', 'its text is not what its hash says');
  return compiled;
}

/** A version says nothing of an asset that was registered after it: its rules were written without it. */
function requireKnown({ version }: PolicyInForce, compiled: CompiledPolicy, asset: AssetId): void {
  const isKnown = knowsAsset(compiled, asset);
  rejectUnless(isKnown, 'policy', `version ${version} is older than the registration of ${asset}`);
}

/** `isUnknown`: the policy misses facts, which may be there later, and nothing else. */
function requireUnblocked({ outcome, reasons, policy }: Decision): void {
  if (outcome !== 'BLOCK') return;
  const words = reasons.map(({ code, message }) => `${code}: ${message.replace(/\.$/, '')}`);
  const reason = `version ${policy.version} blocks it: ${words.join('; ')}`;
  const isUnknown = reasons.every(({ code }) => code === 'DATA_MISSING');
  throw new PlatformError('EVIDENCE_REJECTED', { field: 'policy', reason, isUnknown });
}

function requireQuorum(
  requirement: ApprovalRequirement,
  groups: Groups,
  { votes, lost }: CheckedVotes,
  { initiator }: Intent,
): void {
  const state = quorumState({ requirement, groups, votes, initiator });
  if (state.state === 'SATISFIED') return;
  const open = state.state === 'OPEN' ? state.open : [];
  const words = open.map(({ group, count }) => `${count} more of ${group}`).join(' and ');
  const why = lost.length === 0 ? '' : ` (${lost.join('; ')})`;
  throw rejected('approvals', `the policy asks for ${words}${why}`);
}

/**
 * A gateway can make the answer stricter by what it says of a price, and never looser. Its clock may be
 * ahead of this node's: what it quotes then is of now.
 */
function quotesOf(words: readonly QuoteWord[], now: Instant): readonly Quote[] {
  return evidence('quotes', () => {
    if (words.length > QUOTES_MAX) throw malformed('too many');
    return words.map(({ currency, price, asOf, maxAgeMs }) => {
      const isAge = Number.isSafeInteger(maxAgeMs) && maxAgeMs > 0 && maxAgeMs <= QUOTE_AGE_MS_MAX;
      if (!CURRENCY.test(currency) || !isAge) throw malformed('not a quote');
      const quoted = parsePrice(price, currency);
      const at = instant(Math.min(parseInstant(asOf), now));
      return { price: quoted, asOf: at, maxAgeMs, source: 'the gateway' };
    });
  });
}

const malformed = (reason: string) =>
  invalidInput('quotes', reason, 'Send one quote a currency, each with its age.');
