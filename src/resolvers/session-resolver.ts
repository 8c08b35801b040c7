/** Ceremonies: organisations, invitations, registration, login, logout, and what users sign. */
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Mutation, Resolver } from 'type-graphql';
import { inviteUser } from '#identity/invitation.ts';
import { beginLogin, completeLogin } from '#identity/login.ts';
import { createOrganization } from '#identity/organization.ts';
import { beginRegistration, completeRegistration } from '#identity/registration.ts';
import { logout, type OpenedSession } from '#identity/session.ts';
import { beginUserAction } from '#workflow/user-action.ts';
import type { Organization } from '#schema/organization.ts';
import {
  BeginLoginInput,
  BeginLoginPayload,
  BeginRegistrationInput,
  BeginRegistrationPayload,
  BeginUserActionInput,
  BeginUserActionPayload,
  CompleteLoginInput,
  CompleteRegistrationInput,
  CreateOrganizationInput,
  CreateOrganizationPayload,
  InviteUserInput,
  InviteUserPayload,
  LogoutPayload,
  SessionPayload,
} from '#schema/session.ts';
import { parseUserActionRequest } from './action-request.ts';
import type { Context } from './context.ts';
import { type ChangeView, changeView } from './change-view.ts';
import {
  findUserOf,
  invitationView,
  organizationView,
  type UserView,
  type ViewerView,
  viewerView,
} from './user-resolver.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

type SessionView = Omit<SessionPayload, 'viewer'> & { readonly viewer: ViewerView };

const sessionView = (session: OpenedSession): SessionView => ({
  sessionToken: session.token,
  expiresAt: session.expiresAt,
  viewer: viewerView(session.actor),
});

type InvitedView = Omit<InviteUserPayload, 'user' | 'change'> & {
  readonly user: UserView | undefined;
  readonly change: ChangeView;
};

@Resolver()
export class SessionResolver {
  @Mutation(() => CreateOrganizationPayload, {
    description: 'Makes a tenant. The operator token is sent as `Authorization: Bearer`.',
  })
  async createOrganization(
    @Arg('input', () => CreateOrganizationInput, { description: 'The new tenant.' })
    input: CreateOrganizationInput,
    @Ctx() context: Context,
  ): Promise<CreateOrganizationPayload & { readonly organization: Organization }> {
    const { services, operatorToken, token, countCeremony } = context;
    countCeremony();
    const tokens = { own: operatorToken, sent: token };
    const { organization, administrator } = await createOrganization(services, tokens, input);
    return {
      organization: await organizationView(context, organization),
      ...invitationView(administrator),
    };
  }

  @Mutation(() => InviteUserPayload, {
    description:
      'Invites a person; the answer holds a one-time link. A role with authority over others takes the ' +
      'approval of another person who has some, unless nobody else has; the link works then. Signed.',
  })
  async inviteUser(
    @Arg('input', () => InviteUserInput, { description: 'The person to be invited.' })
    input: InviteUserInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<InvitedView> {
    const { services, actor } = context;
    const { change, ...invited } = await inviteUser(services, await actor(), input, userAction);
    const user = await findUserOf(context, change);
    return { user, change: changeView(change), ...invitationView(invited) };
  }

  @Mutation(() => BeginRegistrationPayload, {
    description: 'Begins to register a passkey with an invitation.',
  })
  async beginRegistration(
    @Arg('input', () => BeginRegistrationInput, { description: 'The invitation.' })
    input: BeginRegistrationInput,
    @Ctx() { services, countCeremony }: Context,
  ): Promise<BeginRegistrationPayload> {
    countCeremony();
    return beginRegistration(services, input);
  }

  @Mutation(() => SessionPayload, {
    description: 'Registers the passkey, uses the invitation up and signs in.',
  })
  async completeRegistration(
    @Arg('input', () => CompleteRegistrationInput, { description: 'The new passkey.' })
    input: CompleteRegistrationInput,
    @Ctx() { services, actAs, countCeremony }: Context,
  ): Promise<SessionView> {
    countCeremony();
    return sessionView(actAs(await completeRegistration(services, input)));
  }

  @Mutation(() => BeginLoginPayload, { description: 'Begins to sign in.' })
  async beginLogin(
    @Arg('input', () => BeginLoginInput, { nullable: true, description: 'Who wants to sign in.' })
    input: BeginLoginInput | null | undefined,
    @Ctx() { services, countCeremony }: Context,
  ): Promise<BeginLoginPayload> {
    countCeremony();
    return beginLogin(services, input ?? {});
  }

  @Mutation(() => SessionPayload, { description: "Signs in with the passkey's answer." })
  async completeLogin(
    @Arg('input', () => CompleteLoginInput, { description: "The passkey's answer." })
    input: CompleteLoginInput,
    @Ctx() { services, actAs, countCeremony }: Context,
  ): Promise<SessionView> {
    countCeremony();
    return sessionView(actAs(await completeLogin(services, input)));
  }

  @Mutation(() => LogoutPayload, {
    description: 'Ends the session at once; its open sockets are closed with 4403.',
  })
  async logout(@Ctx() { services, actor }: Context): Promise<LogoutPayload> {
    const asking = await actor();
    await logout(services, asking);
    return { sessionId: asking.session };
  }

  @Mutation(() => BeginUserActionPayload, {
    description: 'Writes down what the user is about to sign. Nothing happens yet.',
  })
  async beginUserAction(
    @Arg('input', () => BeginUserActionInput, { description: 'The action.' })
    input: BeginUserActionInput,
    @Ctx() { services, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<BeginUserActionPayload> {
    const asking = await actor();
    return beginUserAction(services, asking, parseUserActionRequest(info.schema, input));
  }
}
