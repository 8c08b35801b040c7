/** People: the organisation, its users, their roles and passkeys, and who is asking. */
import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { connectionOf, NodeInterface } from './node.ts';
import { Base64URLScalar, DateTimeScalar } from './scalars.ts';

export const UserStatus = {
  INVITED: 'invited',
  ACTIVE: 'active',
  SUSPENDED: 'suspended',
} as const;
export type UserStatus = (typeof UserStatus)[keyof typeof UserStatus];
registerEnumType(UserStatus, {
  name: 'UserStatus',
  description: 'Whether a user can sign in.',
  valuesConfig: {
    INVITED: { description: 'Has an invite link and no passkey yet.' },
    ACTIVE: { description: 'Can sign in.' },
    SUSPENDED: { description: 'Can no longer sign in, vote or initiate.' },
  },
});

export const UserKind = { PERSON: 'person', SERVICE_ACCOUNT: 'service-account' } as const;
export type UserKind = (typeof UserKind)[keyof typeof UserKind];
registerEnumType(UserKind, {
  name: 'UserKind',
  description: 'What a user is.',
  valuesConfig: {
    PERSON: { description: 'Signs with a passkey.' },
    SERVICE_ACCOUNT: { description: 'A program: signs with its key, and never approves.' },
  },
});

@ObjectType('Role', { description: 'A named set of permissions.' })
export class Role {
  @Field(() => String, { description: 'As policies write it, e.g. `finance-operator`.' })
  name!: string;

  @Field(() => String, { description: 'As people read it, e.g. `Finance Operator`.' })
  title!: string;

  @Field(() => [String], { description: 'What the role permits, e.g. `transfers:create`.' })
  permissions!: readonly string[];
}

@ObjectType('Organization', {
  implements: NodeInterface,
  description: 'One tenant: its users, wallets, policies and audit log are seen by nobody else.',
})
export class Organization extends NodeInterface {
  @Field(() => String, { description: 'The name that its people read.' })
  name!: string;

  @Field(() => Boolean, {
    description: 'Nothing is signed for it until two people have released it.',
  })
  frozen!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: number;
}

@ObjectType('Credential', {
  implements: NodeInterface,
  description: 'A passkey of a user, or the key of a service account.',
})
export class Credential extends NodeInterface {
  @Field(() => Base64URLScalar, {
    description: "The authenticator's own id of the passkey, or the id of the key.",
  })
  credentialId!: string;

  @Field(() => Boolean, {
    description: 'Suspended because its counter went backwards: it may have been copied.',
  })
  suspended!: boolean;

  @Field(() => Boolean, { description: 'Ended for good, by a change of authority.' })
  revoked!: boolean;

  @Field(() => DateTimeScalar, { description: 'When it was registered.' })
  createdAt!: number;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it last signed.' })
  lastUsedAt?: number | null;
}

@ObjectType('User', {
  implements: NodeInterface,
  description: 'A person of the organisation, or a program of it.',
})
export class User extends NodeInterface {
  @Field(() => String, { description: 'The name that others read.' })
  name!: string;

  @Field(() => UserKind, { description: 'A person, or a program.' })
  kind!: UserKind;

  @Field(() => String, {
    nullable: true,
    description:
      'The e-mail address, by which policies name people; a first administrator may lack it, a program has none.',
  })
  email?: string | null;

  @Field(() => UserStatus, { description: 'Whether the user can sign in.' })
  status!: UserStatus;

  @Field(() => [Role], { description: 'The roles that the user holds.' })
  roles!: readonly Role[];

  @Field(() => [Credential], {
    description: 'What the user signs with; for administrators, and of oneself.',
  })
  credentials!: readonly Credential[];

  @Field(() => DateTimeScalar, { description: 'When the user was made.' })
  createdAt!: number;
}

export const UserConnection = connectionOf('User', () => User, 'newest first');

@ObjectType('Viewer', { description: 'Who is asking, and what they may do.' })
export class Viewer {
  @Field(() => User, { description: 'The signed-in user.' })
  user!: User;

  @Field(() => Organization, { description: 'The organisation of the session.' })
  organization!: Organization;

  @Field(() => [Role], { description: 'The roles that count in this session.' })
  roles!: readonly Role[];

  @Field(() => [String], { description: 'The union of what the roles permit.' })
  permissions!: readonly string[];

  @Field(() => ID, { description: 'The session, as the audit log names it.' })
  sessionId!: string;

  @Field(() => [Credential], { description: 'The passkeys of the signed-in user.' })
  credentials!: readonly Credential[];
}
