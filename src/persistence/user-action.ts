/** Challenges of user actions: the statement that is to be signed, once, by one person, soon. */
import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import type { ChallengeId, SessionId, UserId } from '#core/ids.ts';
import { at, textOf } from './columns.ts';
import { Organization } from './organization.ts';

export const UserAction = defineEntity({
  name: 'UserAction',
  tableName: 'user_actions',
  indexes: [{ properties: ['expiresAt'] }],
  properties: {
    id: textOf<ChallengeId>().primary(),
    organization: () => p.manyToOne(Organization).mapToPk(),
    user: textOf<UserId>(),
    session: textOf<SessionId>(),
    operation: p.text(),
    /** Canonical text; its SHA-256 is the challenge. */
    statement: p.text(),
    createdAt: at(),
    expiresAt: at(),
    usedAt: at().nullable(),
  },
});
export type UserActionRow = InferEntity<typeof UserAction>;
