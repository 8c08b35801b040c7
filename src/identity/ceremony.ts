/** What login and registration share: a nonce that is offered, and answered once and in time. */
import { PlatformError } from '#core/errors.ts';
import { type ChallengeId, type InvitationId, isId } from '#core/ids.ts';
import { type Instant, MINUTE_MS, instant } from '#core/time.ts';
import {
  type CeremonyDomain,
  type CeremonyStatement,
  ceremonyStatement,
} from '#mandate/ceremony.ts';
import {
  type CeremonyChallengeRow,
  findCeremonyChallenge,
  insertCeremonyChallenge,
  useCeremonyChallenge,
} from '#persistence/ceremony.ts';
import { type Tx, transaction } from '#persistence/database.ts';
import { type IdentityServices, freshId, freshNonce } from './services.ts';

export const CEREMONY_LIFETIME_MS = 5 * MINUTE_MS;

/** The client adds a nonce of its own and computes the challenge: see mandate/ceremony.ts. */
export type CeremonyOffer<Options> = {
  readonly challengeId: ChallengeId;
  readonly serverNonce: string;
  /** The browser's options as JSON, without a challenge. */
  readonly options: Options;
  readonly expiresAt: Instant;
};

/** What completes a ceremony; `credential` is the browser's JSON of the passkey's answer. */
export type CeremonyAnswer = {
  readonly challengeId: string;
  /** 32 random bytes in base64url, the client's own. */
  readonly clientNonce: string;
  readonly credential: unknown;
};

export async function beginCeremony<Options>(
  services: IdentityServices,
  domain: CeremonyDomain,
  options: Options,
  invitation: InvitationId | null,
): Promise<CeremonyOffer<Options>> {
  const id = freshId(services, 'challenge');
  const serverNonce = freshNonce(services);
  const createdAt = services.clock.now();
  const expiresAt = instant(createdAt + CEREMONY_LIFETIME_MS);
  await transaction(services.db, (tx) =>
    insertCeremonyChallenge(tx, { id, domain, serverNonce, invitation, createdAt, expiresAt }),
  );
  return { challengeId: id, serverNonce, options, expiresAt };
}

/** @throws NOT_FOUND for an unknown id and for a challenge of the other ceremony */
export async function requireChallenge(
  tx: Tx,
  domain: CeremonyDomain,
  id: string,
): Promise<CeremonyChallengeRow> {
  const challenge = isId('challenge', id) ? await findCeremonyChallenge(tx, id, domain) : null;
  if (challenge === null) throw new PlatformError('NOT_FOUND', { field: 'challengeId' });
  return challenge;
}

/**
 * The statement that the passkey must have signed, while the challenge is open.
 * @throws CHALLENGE_USED, CHALLENGE_EXPIRED, INVALID_INPUT for a bad client nonce
 */
export function expectedStatement(
  services: IdentityServices,
  domain: CeremonyDomain,
  challenge: CeremonyChallengeRow,
  answer: CeremonyAnswer,
): CeremonyStatement {
  if (challenge.usedAt !== null) throw new PlatformError('CHALLENGE_USED');
  if (challenge.expiresAt <= services.clock.now()) throw new PlatformError('CHALLENGE_EXPIRED');
  return ceremonyStatement(domain, {
    serverNonce: challenge.serverNonce,
    clientNonce: answer.clientNonce,
    origin: services.origin,
  });
}

/** Uses the challenge up, in the transaction of its effect. @throws CHALLENGE_USED */
export async function consumeChallenge(
  tx: Tx,
  { id }: CeremonyChallengeRow,
  use: Parameters<typeof useCeremonyChallenge>[2],
): Promise<void> {
  if (!(await useCeremonyChallenge(tx, id, use))) throw new PlatformError('CHALLENGE_USED');
}
