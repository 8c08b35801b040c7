/** People: who asks, the organisation, its users and their roles. */
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ROLES, type Role as RoleName } from '#core/roles.ts';
import { type OrganizationId, parseId, type UserId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { findAuthority } from '#identity/authority.ts';
import { deactivateUser } from '#identity/deactivation.ts';
import type { Invited } from '#identity/invitation.ts';
import { recoverUser } from '#identity/recovery.ts';
import { changeRoles } from '#identity/roles.ts';
import { permissionsOf, requirePermission } from '#mandate/permissions.ts';
import { createServiceAccount } from '#identity/service-account.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import { User as UserEntity, type UserRow } from '#persistence/identity.ts';
import { Organization as OrganizationEntity } from '#persistence/organization.ts';
import { findPage } from '#persistence/page.ts';
import { type Connection, PageArgs } from '#schema/node.ts';
import { Organization, Role, User, UserConnection, Viewer } from '#schema/organization.ts';
import {
  ChangeRolesInput,
  ChangeRolesPayload,
  CreateServiceAccountInput,
  CreateServiceAccountPayload,
  DeactivateUserInput,
  DeactivateUserPayload,
  RecoverUserInput,
  RecoverUserPayload,
} from '#schema/user.ts';
import { type ChangeView, changeView } from './change-view.ts';
import { credentialView } from './credential-view.ts';
import { connectionView } from './connection.ts';
import type { Context } from './context.ts';
import { type UserAction, UserActionArg } from './user-action.ts';

const TITLES: Readonly<Record<RoleName, string>> = {
  admin: 'Admin',
  'finance-operator': 'Finance Operator',
  'treasury-manager': 'Treasury Manager',
  compliance: 'Compliance',
};

export const roleView = (name: RoleName): Role => ({
  name,
  title: TITLES[name],
  permissions: permissionsOf([name]),
});

export type UserView = Omit<User, 'roles' | 'credentials'> & { readonly id: UserId };

export const userView = (row: UserRow): UserView => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  email: row.email,
  status: row.state,
  createdAt: row.createdAt,
});

/** A user whom another row names: the row exists, so the user does. */
export async function requireUser({ loaders }: Context, id: UserId): Promise<UserView> {
  const row = await loaders.user(id);
  if (row === undefined) throw new Error(`a row names the unknown user ${id}`);
  return userView(row);
}

/** The user whom a change makes: none while people have to approve of it. */
export async function findUserOf(
  { loaders }: Context,
  { subject }: ChangeRequestRow,
): Promise<UserView | undefined> {
  const row = await loaders.user(parseId('user', subject));
  return row && userView(row);
}

export async function organizationView(
  { services }: Context,
  id: OrganizationId,
): Promise<Organization> {
  const db = reader(services.db);
  const { name, createdAt } = await db.findOneOrFail(OrganizationEntity, { id });
  const frozen = (await findAuthority(db, id))?.frozen === true;
  return { id, name, frozen, createdAt };
}

type Recovered = { readonly user: UserView; readonly change: ChangeView };

export const invitationView = ({ token, link, expiresAt }: Invited) => ({
  inviteToken: token,
  inviteLink: link,
  expiresAt,
});

export type ViewerView = Pick<Viewer, 'permissions' | 'sessionId'> & { readonly actor: Actor };

export const viewerView = (actor: Actor): ViewerView => ({
  actor,
  permissions: permissionsOf(actor.roles),
  sessionId: actor.session,
});

@Resolver(() => Viewer)
export class ViewerResolver {
  @Query(() => Viewer, { description: 'Who is signed in.' })
  async viewer(@Ctx() context: Context): Promise<ViewerView> {
    return viewerView(await context.actor());
  }

  @FieldResolver()
  async user(@Root() { actor }: ViewerView, @Ctx() { services }: Context): Promise<UserView> {
    return userView(await reader(services.db).findOneOrFail(UserEntity, { id: actor.user }));
  }

  @FieldResolver()
  async organization(@Root() { actor }: ViewerView, @Ctx() context: Context) {
    return organizationView(context, actor.organization);
  }

  @FieldResolver()
  roles(@Root() { actor }: ViewerView): readonly Role[] {
    return actor.roles.map(roleView);
  }

  @FieldResolver()
  async credentials(@Root() { actor }: ViewerView, @Ctx() { loaders }: Context) {
    return (await loaders.credentials(actor.user)).map(credentialView);
  }
}

@Resolver(() => Organization)
export class OrganizationResolver {
  @Query(() => Organization, { description: 'The organisation of the session.' })
  async organization(@Ctx() context: Context): Promise<Organization> {
    return organizationView(context, (await context.actor()).organization);
  }

  @Query(() => [Role], { description: 'The roles that a user may hold.' })
  async roles(@Ctx() context: Context): Promise<readonly Role[]> {
    await context.actor();
    return ROLES.map(roleView);
  }
}

@Resolver(() => User)
export class UserResolver {
  @Mutation(() => CreateServiceAccountPayload, {
    description: 'Makes a user that is a program, with its key. Signed by a person.',
  })
  async createServiceAccount(
    @Arg('input', () => CreateServiceAccountInput, { description: 'The program, and its key.' })
    input: CreateServiceAccountInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<{ readonly user: UserView | undefined; readonly change: ChangeView }> {
    const { services, actor } = context;
    const change = await createServiceAccount(services, await actor(), input, userAction);
    return { user: await findUserOf(context, change), change: changeView(change) };
  }

  @Mutation(() => DeactivateUserPayload, {
    description: 'Ends what a user may do, open sessions included. Signed by a person.',
  })
  async deactivateUser(
    @Arg('input', () => DeactivateUserInput, { description: 'The user.' })
    input: DeactivateUserInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<{ readonly user: UserView; readonly change: ChangeView | undefined }> {
    const { services, actor } = context;
    const { user, change } = await deactivateUser(services, await actor(), input, userAction);
    return { user: await requireUser(context, user), change: change && changeView(change) };
  }

  @Mutation(() => ChangeRolesPayload, {
    description:
      'Gives a user other roles. Those that give authority over others wait for another person who has ' +
      'some, unless nobody else has; all others count at once. Signed by a person.',
  })
  async changeRoles(
    @Arg('input', () => ChangeRolesInput, { description: 'The user, and all the roles.' })
    input: ChangeRolesInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<{ readonly user: UserView; readonly change: ChangeView }> {
    const { services, actor } = context;
    const change = await changeRoles(services, await actor(), input, userAction);
    const user = await requireUser(context, parseId('user', change.subject));
    return { user, change: changeView(change) };
  }

  @Mutation(() => RecoverUserPayload, {
    description:
      'Ends every passkey of a person who has lost them, and answers with a one-time link for a new ' +
      'one. It works once another person has approved of it. Signed by a person.',
  })
  async recoverUser(
    @Arg('input', () => RecoverUserInput, { description: 'The person.' })
    input: RecoverUserInput,
    @UserActionArg() userAction: UserAction,
    @Ctx() context: Context,
  ): Promise<Omit<RecoverUserPayload, 'user' | 'change'> & Recovered> {
    const { services, actor } = context;
    const { change, ...invited } = await recoverUser(services, await actor(), input, userAction);
    const user = await requireUser(context, invited.user);
    return { user, change: changeView(change), ...invitationView(invited) };
  }

  @Query(() => UserConnection, { description: 'The users of the organisation.' })
  async users(
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { actor, services }: Context,
  ): Promise<Connection<UserView>> {
    const asking = await actor();
    requirePermission(asking, 'users:read');
    const where = { organization: asking.organization };
    return connectionView(
      await findPage(reader(services.db), UserEntity, where, 'id', page),
      userView,
    );
  }

  @FieldResolver()
  async credentials(@Root() { id }: UserView, @Ctx() { actor, loaders }: Context) {
    const asking = await actor();
    if (id !== asking.user) requirePermission(asking, 'users:read');
    return (await loaders.credentials(id)).map(credentialView);
  }

  @FieldResolver()
  async roles(@Root() { id }: UserView, @Ctx() { loaders }: Context): Promise<readonly Role[]> {
    return (await loaders.roles(id)).map(roleView);
  }
}
