/**
 * Retries: a request with a known externalId returns the first object, or says that it is another.
 */
import { PlatformError } from '#core/errors.ts';
import { isId, type UserId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import type { SignedAction } from '#identity/user-action.ts';
import type { Tx } from '#persistence/database.ts';
import { findUserAction } from '#persistence/user-action.ts';

/**
 * The first object, if its author sent the same input again, with the same challenge or a fresh
 * one. Another person's request is another one, whatever its input: nobody is told that theirs was
 * carried out where a colleague's was.
 * @throws CHALLENGE_USED when a used challenge comes with another input, otherwise
 *   IDEMPOTENCY_CONFLICT naming the first object
 */
export async function requireSameRequest<
  Row extends { readonly id: string; readonly clientInput: string },
>(
  tx: Tx,
  actor: Actor,
  { first, author }: { readonly first: Row; readonly author: UserId },
  clientInput: string,
  signed: SignedAction | null | undefined,
): Promise<Row> {
  if (first.clientInput === clientInput && author === actor.user) return first;
  const id = signed?.challengeId;
  const action = isId('challenge', id) ? await findUserAction(tx, id, actor) : null;
  if (typeof action?.usedAt === 'number') throw new PlatformError('CHALLENGE_USED');
  throw new PlatformError('IDEMPOTENCY_CONFLICT', { field: 'externalId', existing: first.id });
}
