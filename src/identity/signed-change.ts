/** A mutation that changes authority: its signature is used up, and its change is put on record. */
import { hex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { isId } from '#core/ids.ts';
import { type ChangeInput, changeWithInput, parseChange } from '#mandate/change.ts';
import { challengeOf } from '#mandate/statement.ts';
import { ChangeRequest, type ChangeRequestRow } from '#persistence/change.ts';
import type { Tx } from '#persistence/database.ts';
import { findUserAction } from '#persistence/user-action.ts';
import type { Actor } from './actor.ts';
import { type Changed, type Effect, makeChange, requestChange } from './change-request.ts';
import type { IdentityServices } from './services.ts';
import { type ConsumeUserAction, type SignedAction, signedTransaction } from './user-action.ts';

export type SignedMutation = {
  readonly operation: string;
  /** In its canonical form: what was signed must be this. */
  readonly input: ChangeInput;
  readonly signed: SignedAction | null | undefined;
  /** The hash of an invitation's token, in base64url. */
  readonly invitation?: string;
};

/**
 * A transaction that puts one signed change on record: applied with its effect, or waiting for approvals.
 * Sent again, the same signed change answers with what became of it.
 * @throws what `signedTransaction` throws, and what `requestChange` throws
 */
export const signedChange = <S extends IdentityServices>(
  services: S,
  actor: Actor,
  mutation: SignedMutation,
  effect: Effect<S>,
): Promise<ChangeRequestRow> =>
  signedTransaction(services, actor, mutation, async (tx, consume) => {
    const known = await findRepeated(tx, actor, mutation);
    if (known !== null) return known;
    const statement = await consume(restated(mutation.input));
    const { invitation } = mutation;
    const asked = { organization: actor.organization, statement };
    return requestChange(
      services,
      tx,
      invitation === undefined ? asked : { ...asked, invitation },
      effect,
    );
  });

/** The same, for a change that waits for nobody, within a transaction that looks at something first. */
export async function consumeChange(
  services: IdentityServices,
  tx: Tx,
  { organization }: Actor,
  { input, consume }: Pick<SignedMutation, 'input'> & { readonly consume: ConsumeUserAction },
): Promise<Changed> {
  const statement = await consume(restated(input));
  return makeChange(services, tx, { organization, statement });
}

const restated = (input: ChangeInput) => (stored: string) =>
  changeWithInput(parseChange(stored), input);

/** What this very signature brought about before; null for a new one. */
async function findRepeated(
  tx: Tx,
  actor: Actor,
  { operation, input, signed }: SignedMutation,
): Promise<ChangeRequestRow | null> {
  const id = signed?.challengeId;
  if (id === undefined || !isId('challenge', id)) return null;
  const action = await findUserAction(tx, id, actor);
  if (action === null || action.usedAt === null || action.operation !== operation) return null;
  const statement = parseChange(action.statement);
  if (canonicalText(changeWithInput(statement, input)) !== action.statement) return null;
  const hash = hex(challengeOf(statement));
  return tx.findOne(ChangeRequest, { organization: actor.organization, hash });
}
