/** A mutation that changes authority: its signature is used up, and its change is appended to the log. */
import {
  type ChangeInput,
  type ChangeStatement,
  changeWithInput,
  parseChange,
} from '#mandate/change.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import type { Tx } from '#persistence/database.ts';
import type { Actor } from './actor.ts';
import { appendChange } from './authority.ts';
import type { IdentityServices } from './services.ts';
import { type ConsumeUserAction, type SignedAction, signedTransaction } from './user-action.ts';

/** What the log says once it holds the change. */
export type Changed = {
  readonly subject: string;
  readonly statement: SignedStatement;
  readonly state: AuthorityState;
};

export type SignedMutation = {
  readonly operation: string;
  /** In its canonical form: what was signed must be this. */
  readonly input: ChangeInput;
  readonly signed: SignedAction | null | undefined;
};

/**
 * A transaction whose effect is one signed change of the authority log.
 * @throws what `signedTransaction` throws, and what `appendChange` throws
 */
export const signedChange = <T>(
  services: IdentityServices,
  actor: Actor,
  mutation: SignedMutation,
  effect: (tx: Tx, changed: Changed) => Promise<T>,
): Promise<T> =>
  signedTransaction(services, actor, mutation, async (tx, consume) =>
    effect(tx, await consumeChange(services, tx, actor, { ...mutation, consume })),
  );

/** The same within a transaction that looks at something first. */
export async function consumeChange(
  services: IdentityServices,
  tx: Tx,
  { organization }: Actor,
  { input, consume }: Pick<SignedMutation, 'input'> & { readonly consume: ConsumeUserAction },
): Promise<Changed> {
  const statement = await consume((stored) => changeWithInput(parseChange(stored), input));
  const { subject }: ChangeStatement = parseChange(statement.statement);
  const state = await appendChange(services, tx, organization, statement);
  return { subject, statement, state };
}
