/** A signed mutation in its single steps, so that a test may disturb one of them. */
import type { Statement } from '#core/canonical.ts';
import { optionsFor } from '#mandate/statement.ts';
import type { RequestOptions } from '#sdk/authenticator.ts';
import { DOCUMENTS } from '#sdk/documents.ts';
import type { CreateTransferInput, DecideApprovalInput, PublishPolicyInput } from '#sdk/types.ts';
import type { BegunAction } from '#sdk/user-action.ts';
import type { SoftwareAuthenticator, Tampering } from '#testing/authenticator.ts';
import type { Person } from './company.ts';

/** What the client sends, and what it must not send: anything that JSON can say. */
export type Inputs = {
  readonly createTransfer: { readonly [F in keyof CreateTransferInput]: unknown };
  readonly decideApproval: DecideApprovalInput;
  readonly publishPolicy: PublishPolicyInput;
};
export type Operation = keyof Inputs;

export type UserAction = { readonly challengeId: string; readonly credential: unknown };

/** Asks the platform what is to be signed. */
export async function begin<O extends Operation>(
  { client }: Person,
  operation: O,
  input: Inputs[O],
): Promise<BegunAction> {
  const variables = { input: { operation, input } };
  const { beginUserAction } = await client.query<{ readonly beginUserAction: BegunAction }>(
    DOCUMENTS.beginUserAction,
    variables,
  );
  return beginUserAction;
}

/** Signs it unseen, which the SDK never does. */
export async function sign(
  authenticator: SoftwareAuthenticator,
  begun: BegunAction,
  tampering: Tampering = {},
): Promise<UserAction> {
  const statement = JSON.parse(begun.intent) as Statement;
  const options = optionsFor(begun.options, statement) as RequestOptions;
  const credential = await authenticator.get(options, tampering);
  return { challengeId: begun.challengeId, credential };
}

/** Sends the mutation itself. @returns its payload */
export async function submit<O extends Operation>(
  { client }: Person,
  operation: O,
  input: Inputs[O],
  userAction: UserAction,
): Promise<unknown> {
  const variables = { input, userAction };
  const answer = await client.query<{ readonly [name: string]: unknown }>(
    DOCUMENTS[operation],
    variables,
  );
  return answer[operation];
}
