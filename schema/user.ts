/** Users beside those who are invited: service accounts, and the end of a user. */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import type { Later } from './node.ts';
import { User } from './organization.ts';
import { Base64URLScalar, DateTimeScalar } from './scalars.ts';

@InputType('CreateServiceAccountInput', { description: 'A user that is a program.' })
export class CreateServiceAccountInput {
  @Field(() => String, { description: 'The name that others read.' })
  name!: string;

  @Field(() => [String], { description: 'The names of roles, e.g. `finance-operator`.' })
  roles!: string[];

  @Field(() => Base64URLScalar, {
    description:
      'Its public key, Ed25519 or P-256, as a DER SubjectPublicKeyInfo. The private key never ' +
      'leaves the program.',
  })
  publicKey!: string;
}

@ObjectType('CreateServiceAccountPayload', { description: 'The new service account.' })
export class CreateServiceAccountPayload {
  @Field(() => User, {
    nullable: true,
    description: 'Active at once; absent while people have to approve of it.',
  })
  user?: User | null;

  @Field(() => ChangeRequest, { description: 'The change of authority that makes it.' })
  change!: Later<ChangeRequest>;
}

@InputType('DeactivateUserInput', { description: 'A user who may do nothing any more.' })
export class DeactivateUserInput {
  @Field(() => ID, { description: 'The id of the user.' })
  userId!: string;
}

@ObjectType('DeactivateUserPayload', { description: 'The deactivated user.' })
export class DeactivateUserPayload {
  @Field(() => User, { description: 'In state SUSPENDED, unless people have to approve of it.' })
  user!: User;

  @Field(() => ChangeRequest, {
    nullable: true,
    description: 'The change of authority; absent where the user was deactivated before.',
  })
  change?: Later<ChangeRequest> | null;
}

@InputType('ChangeRolesInput', { description: 'All roles that a user is to have.' })
export class ChangeRolesInput {
  @Field(() => ID, { description: 'The id of the user; not of oneself.' })
  userId!: string;

  @Field(() => [String], { description: 'The names of roles, e.g. `finance-operator`.' })
  roles!: string[];
}

@ObjectType('ChangeRolesPayload', { description: 'The user.' })
export class ChangeRolesPayload {
  @Field(() => User, { description: 'With the roles, unless people have to approve of them.' })
  user!: User;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('RecoverUserInput', { description: 'A person who has lost every passkey.' })
export class RecoverUserInput {
  @Field(() => ID, { description: 'The id of the user; not of oneself.' })
  userId!: string;

  @Field(() => Base64URLScalar, {
    description:
      'The public half of a one-time Ed25519 key. Its private half travels in the fragment of the ' +
      'link, `#invite=TOKEN.SECRET`, and is never sent: the person registers with it.',
  })
  enrolmentKey!: string;
}

@ObjectType('RecoverUserPayload', { description: 'The one-time link of a recovery.' })
export class RecoverUserPayload {
  @Field(() => User, { description: 'In state INVITED once somebody else has approved.' })
  user!: User;

  @Field(() => String, {
    description: 'The one-time token that `beginRegistration` takes. It is not shown again.',
  })
  inviteToken!: string;

  @Field(() => String, {
    description: 'The page that registers a passkey with it. The token stands in the fragment.',
  })
  inviteLink!: string;

  @Field(() => DateTimeScalar, { description: 'Until when the link is good.' })
  expiresAt!: number;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}
