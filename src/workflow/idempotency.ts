/**
 * Retries: a request with a known externalId returns the first object, or says that it is another.
 */
import { PlatformError } from '#core/errors.ts';
import { isId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import type { SignedAction } from '#identity/user-action.ts';
import type { Tx } from '#persistence/database.ts';
import { findUserAction } from '#persistence/user-action.ts';

/**
 * The first object, if the client sent the same input again, with the same challenge or a fresh
 * one.
 * @throws CHALLENGE_USED when a used challenge comes with another input, otherwise
 *   IDEMPOTENCY_CONFLICT naming the first object
 */
export async function requireSameRequest<
  Row extends { readonly id: string; readonly clientInput: string },
>(
  tx: Tx,
  actor: Actor,
  first: Row,
  clientInput: string,
  signed: SignedAction | null | undefined,
): Promise<Row> {
  if (first.clientInput === clientInput) return first;
  const id = signed?.challengeId;
  const action = isId('challenge', id) ? await findUserAction(tx, id, actor) : null;
  if (typeof action?.usedAt === 'number') throw new PlatformError('CHALLENGE_USED');
  throw new PlatformError('IDEMPOTENCY_CONFLICT', { field: 'externalId', existing: first.id });
}
