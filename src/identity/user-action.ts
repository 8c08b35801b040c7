/**
 * User actions: a person signs a statement of exactly what is to be done, and the signature is used
 * up, once, in the transaction of its effect.
 */
import { type Statement, canonicalText } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import { type ChallengeId, isId } from '#core/ids.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import { type SignedStatement, relyingPartyOf, requireAssertion } from '#mandate/assertion.ts';
import { refuseUnless } from '#mandate/refusal.ts';
import { requireSameStatement } from '#mandate/statement.ts';
import { type Tx, reader, transaction } from '#persistence/database.ts';
import { activeCredentials, findCredential } from '#persistence/identity.ts';
import {
  type UserActionRow,
  findUserAction,
  insertUserAction,
  isCounterTaken,
  useUserAction,
} from '#persistence/user-action.ts';
import type { Actor } from './actor.ts';
import { useCredential } from './credential-use.ts';
import { parseAssertionResponse } from './passkey-response.ts';
import { recordRefusal } from './refused-action.ts';
import { type IdentityServices, freshId } from './services.ts';
import { isHandleOf } from './user-handle.ts';

export const CHALLENGE_LIFETIME_MS = 5 * MINUTE_MS;

/** What a signed mutation takes beside its input; `credential` is an AuthenticationResponseJSON. */
export type SignedAction = { readonly challengeId: string; readonly credential: unknown };

/** PublicKeyCredentialRequestOptionsJSON without the challenge, which only the client computes. */
export type AssertionOptions = {
  readonly rpId: string;
  readonly allowCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
  readonly userVerification: 'required';
  readonly timeout: number;
};

export type BegunAction = {
  readonly challengeId: ChallengeId;
  /** Canonical JSON: the challenge is its SHA-256. */
  readonly intent: string;
  readonly options: AssertionOptions;
  readonly expiresAt: Instant;
};

/** Stores what the actor is about to sign. @throws WEBAUTHN_REFUSED without an active passkey */
export async function beginChallenge(
  services: IdentityServices,
  actor: Actor,
  operation: string,
  statement: Statement,
): Promise<BegunAction> {
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + CHALLENGE_LIFETIME_MS);
  const challengeId = freshId(services, 'challenge');
  const intent = canonicalText(statement);
  const credentials = await activeCredentials(reader(services.db), actor.user);
  refuseUnless(credentials.length > 0, 'you have no active passkey');
  await transaction(services.db, (tx) =>
    insertUserAction(tx, {
      id: challengeId,
      organization: actor.organization,
      user: actor.user,
      session: actor.session,
      operation,
      statement: intent,
      counters: Object.fromEntries(credentials.map(({ id, counter }) => [id, counter])),
      createdAt,
      expiresAt,
    }),
  );
  const options: AssertionOptions = {
    rpId: relyingPartyOf(services.origin).id,
    allowCredentials: credentials.map(({ externalId }) => ({ type: 'public-key', id: externalId })),
    userVerification: 'required',
    timeout: CHALLENGE_LIFETIME_MS,
  };
  return { challengeId, intent, options, expiresAt };
}

/**
 * Checks the actor's signature and uses its challenge up. `rebuild` receives the stored canonical
 * text and returns the statement that the mutation's own input makes; only what the server had set
 * (times, nonce) may come from the stored text.
 */
export type ConsumeUserAction = (
  rebuild: (stored: string) => Statement,
) => Promise<SignedStatement>;

/**
 * A transaction whose effect needs the actor's signature. Call `consume` once, before anything that
 * the effect locks: it holds the challenge and the passkey until the end. A refusal leaves an audit
 * entry, and a copied passkey is suspended, although the transaction itself is rolled back.
 * @throws USER_ACTION_REQUIRED, NOT_FOUND for a challenge that is not the actor's,
 *   USER_ACTION_MISMATCH, CHALLENGE_USED, CHALLENGE_EXPIRED, WEBAUTHN_REFUSED, CREDENTIAL_CLONED
 */
export async function signedTransaction<T>(
  services: IdentityServices,
  actor: Actor,
  action: { readonly operation: string; readonly signed: SignedAction | null | undefined },
  work: (tx: Tx, consume: ConsumeUserAction) => Promise<T>,
): Promise<T> {
  const { operation, signed } = action;
  if (!signed) throw new PlatformError('USER_ACTION_REQUIRED');
  try {
    return await transaction(services.db, (tx) =>
      work(tx, (rebuild) => consumeUserAction(services, tx, actor, { operation, signed, rebuild })),
    );
  } catch (error) {
    const attempt = {
      organization: actor.organization,
      user: actor.user,
      action: 'user-action.refused',
      subject: isId('challenge', signed.challengeId) ? signed.challengeId : actor.user,
      detail: { operation },
    };
    await recordRefusal(services, attempt, error);
    throw error;
  }
}

async function consumeUserAction(
  services: IdentityServices,
  tx: Tx,
  actor: Actor,
  action: {
    readonly operation: string;
    readonly signed: SignedAction;
    readonly rebuild: (stored: string) => Statement;
  },
): Promise<SignedStatement> {
  const now = services.clock.now();
  const challenge = await requireChallenge(tx, actor, action.signed.challengeId);
  requireOpen(challenge, action.operation, now);
  requireSameStatement(action.rebuild(challenge.statement), challenge.statement);
  const { userHandle, kind, ...response } = parseAssertionResponse(action.signed.credential);
  const signed: SignedStatement = { statement: challenge.statement, ...response };
  const credential = await findCredential(tx, signed.credentialId);
  const isOwn = credential?.user === actor.user && credential.kind === kind;
  refuseUnless(isOwn, 'it was not made with a passkey of yours');
  const isOwnHandle = userHandle === undefined || isHandleOf(userHandle, actor.user);
  refuseUnless(isOwnHandle, 'it was made for another user');
  const report = requireAssertion(signed, credential, relyingPartyOf(services.origin));
  const use = { credential: credential.id, counter: report.counter, now };
  if (!(await useUserAction(tx, challenge.id, use))) throw new PlatformError('CHALLENGE_USED');
  // Two actions that were signed one after the other may arrive the other way round. A signature is
  // newer than the beginning of its own action, so it is measured against the counter of then.
  await useCredential(services, tx, credential, report, {
    floor: challenge.counters[credential.id],
    isTaken: (counter) => isCounterTaken(tx, credential.id, { counter, challenge: challenge.id }),
  });
  return signed;
}

async function requireChallenge(tx: Tx, actor: Actor, id: string): Promise<UserActionRow> {
  const challenge = isId('challenge', id) ? await findUserAction(tx, id, actor) : null;
  if (challenge === null) throw new PlatformError('NOT_FOUND', { field: 'challengeId' });
  return challenge;
}

function requireOpen(challenge: UserActionRow, operation: string, now: Instant): void {
  if (challenge.operation !== operation) {
    throw new PlatformError('USER_ACTION_MISMATCH', {
      reason: `the challenge was begun for ${challenge.operation}`,
    });
  }
  if (challenge.usedAt !== null) throw new PlatformError('CHALLENGE_USED');
  if (challenge.expiresAt <= now) throw new PlatformError('CHALLENGE_EXPIRED');
}
