/** Logins and registrations that have begun: each is answered once. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ChallengeId, CredentialId, InvitationId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import { at, counter, textOf } from './columns.ts';
import type { Tx } from './database.ts';
import { Invitation } from './identity.ts';

/** A login or a registration that has begun. */
export const CeremonyChallenge = defineEntity({
  name: 'CeremonyChallenge',
  tableName: 'ceremony_challenges',
  indexes: [{ properties: ['credential', 'counter'] }],
  properties: {
    id: textOf<ChallengeId>().primary(),
    /** The domain of the statement that answers it. */
    domain: p.text(),
    /** 32 random bytes, base64url. */
    serverNonce: p.text(),
    /** The invitation that a registration uses up. */
    invitation: () => p.manyToOne(Invitation).mapToPk().nullable().deleteRule('no action'),
    createdAt: at(),
    expiresAt: at().index(),
    usedAt: at().nullable(),
    /** The passkey that signed a login, and the counter that its signature carried. */
    credential: textOf<CredentialId>().nullable(),
    counter: counter().nullable(),
  },
});
export type CeremonyChallengeRow = InferEntity<typeof CeremonyChallenge>;

export async function insertCeremonyChallenge(
  tx: Tx,
  challenge: {
    readonly id: ChallengeId;
    readonly domain: string;
    readonly serverNonce: string;
    readonly invitation: InvitationId | null;
    readonly createdAt: Instant;
    readonly expiresAt: Instant;
  },
): Promise<void> {
  tx.create(CeremonyChallenge, challenge);
  await tx.flush();
}

export const findCeremonyChallenge = (
  tx: Tx,
  id: ChallengeId,
  domain: string,
): Promise<CeremonyChallengeRow | null> => tx.findOne(CeremonyChallenge, { id, domain });

/** Whether this call, and no other, used the challenge up. Waits for a call that is using it. */
export const useCeremonyChallenge = async (
  tx: Tx,
  id: ChallengeId,
  use: { readonly now: Instant; readonly credential?: CredentialId; readonly counter?: number },
): Promise<boolean> =>
  (await tx.nativeUpdate(
    CeremonyChallenge,
    { id, usedAt: null },
    { usedAt: use.now, credential: use.credential ?? null, counter: use.counter ?? null },
  )) === 1;

/** Removes what expired before `before`; what is younger still answers `CHALLENGE_USED`. */
export const purgeCeremonies = (tx: Tx, before: Instant): Promise<number> =>
  tx.nativeDelete(CeremonyChallenge, { expiresAt: { $lt: before } });
