/** What people sign with: one more passkey, and the end of a credential. */
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { addCredential, beginAddCredential, revokeCredential } from '#identity/credential.ts';
import { reader } from '#persistence/database.ts';
import { findCredential } from '#persistence/identity.ts';
import {
  AddCredentialInput,
  AddCredentialPayload,
  BeginAddCredentialPayload,
  RevokeCredentialInput,
  RevokeCredentialPayload,
} from '#schema/credential.ts';
import type { Credential } from '#schema/organization.ts';
import { type ChangeView, changeView } from './change-view.ts';
import type { Context } from './context.ts';
import { credentialView } from './credential-view.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

@Resolver()
export class CredentialResolver {
  @Mutation(() => BeginAddCredentialPayload, {
    description: 'Begins to make one more passkey for whoever is signed in.',
  })
  async beginAddCredential(
    @Ctx() { services, actor, countCeremony }: Context,
  ): Promise<BeginAddCredentialPayload> {
    countCeremony();
    return beginAddCredential(services, await actor());
  }

  @Mutation(() => AddCredentialPayload, {
    description: 'Adds a passkey to those of whoever is signed in. Signed with one of them.',
  })
  async addCredential(
    @Arg('input', () => AddCredentialInput, { description: 'The new passkey.' })
    input: AddCredentialInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly credential: Credential | null; readonly change: ChangeView }> {
    const { change, externalId } = await addCredential(services, await actor(), input, userAction);
    const row = await findCredential(reader(services.db), externalId);
    return { credential: row && credentialView(row), change: changeView(change) };
  }

  @Mutation(() => RevokeCredentialPayload, {
    description:
      'Ends a credential and the sessions that it opened: one of oneself but not the last, or, as an ' +
      'administrator, of anybody. Signed by a person.',
  })
  async revokeCredential(
    @Arg('input', () => RevokeCredentialInput, { description: 'The credential.' })
    input: RevokeCredentialInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() { services, actor }: Context,
  ): Promise<{ readonly change: ChangeView }> {
    const change = await revokeCredential(services, await actor(), input, userAction);
    return { change: changeView(change) };
  }
}
