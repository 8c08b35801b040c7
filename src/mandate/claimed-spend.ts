/**
 * Whether a spend counts that too few members of the record before tell of to be believed: its initiator's
 * signature shows it, and no node can invent that (docs/adr/0023). What is counted follows from the intent and
 * from this node's log, and not from what is told.
 */
import { isPlatformError } from '#core/errors.ts';
import { type Instant, instant, parseInstant } from '#core/time.ts';
import type { SignedStatement } from './assertion.ts';
import type { AuthorityState } from './authority/state.ts';
import type { Claim, ToldSpend } from './handover.ts';
import { requestedBy, requireInitiated } from './initiated-spend.ts';
import { activityOf, type Intent, parseIntent } from './intent.ts';
import { readSpend, spendText } from './spend-text.ts';

export type ClaimVerdict =
  | { readonly kind: 'counts'; readonly spend: ToldSpend }
  /** No honest member tells of it. */
  | { readonly kind: 'invented' }
  /** This member says that its log goes further, and it may be shown by that. */
  | { readonly kind: 'behind'; readonly party: number; readonly sequence: number };

export type ClaimJudge = {
  readonly state: AuthorityState;
  readonly couldInitiate: (credentialId: string) => boolean;
  readonly now: Instant;
};

/**
 * An honest member has found by its own log, which is the beginning of this one or goes further, that the
 * initiator could ask for the payment, and that there is such a wallet.
 */
export function judgeClaim(claim: Claim, own: ClaimJudge): ClaimVerdict {
  for (const initiator of claim.initiators) {
    const spend = shown(claim, initiator, own);
    if (spend !== undefined) return { kind: 'counts', spend };
  }
  const { head } = own.state;
  const further = claim.tellers.find(({ sequence }) => sequence > head.sequence);
  const mayBe = claim.initiators.some(
    ({ credentialId, statement }) =>
      !own.couldInitiate(credentialId) || !isWallet(statement, own.state),
  );
  return further === undefined || !mayBe ? { kind: 'invented' } : { kind: 'behind', ...further };
}

function shown(
  claim: Claim,
  initiator: SignedStatement,
  { state, couldInitiate, now }: ClaimJudge,
): ToldSpend | undefined {
  const key = { organization: state.organization };
  const mandate = { intent: initiator.statement, initiator };
  try {
    const intent = requireInitiated(mandate, { state, key, couldInitiate });
    const wallet = state.wallets.get(intent.wallet);
    if (wallet === undefined) return undefined;
    return counted(claim, intent, { key: wallet.key, state, now });
  } catch (error) {
    if (isPlatformError(error)) return undefined;
    throw error;
  }
}

function counted(
  { id, counted: told, initiators }: Claim,
  intent: Intent,
  {
    key,
    state,
    now,
  }: { readonly key: string; readonly state: AuthorityState; readonly now: Instant },
): ToldSpend {
  const created = parseInstant(intent.created);
  const expires = parseInstant(intent.expires);
  const said = told === undefined ? undefined : readSpend(told);
  const at = instant(Math.min(now, expires, Math.max(created, said?.at ?? now)));
  const request = requestedBy(intent, { state, now, address: said?.request.wallet?.address });
  const facts = { activity: activityOf(intent), request, quotes: said?.quotes ?? [] };
  const spend = { id, at, ...facts, transactions: [] };
  const { organization } = state;
  return { id, organization, key, created, expires, counted: spendText(spend), initiators };
}

function isWallet(statement: string, { wallets }: AuthorityState): boolean {
  try {
    return wallets.has(parseIntent(statement).wallet);
  } catch (error) {
    if (isPlatformError(error)) return true;
    throw error;
  }
}
