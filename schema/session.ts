/** Ceremonies: registration, login, invitations, and the challenges that user actions sign. */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import type { Later } from './node.ts';
import { Organization, User, Viewer } from './organization.ts';
import { Base64URLScalar, DateTimeScalar, JsonScalar } from './scalars.ts';

@InputType('CreateOrganizationInput', { description: 'A new tenant.' })
export class CreateOrganizationInput {
  @Field(() => String, { description: 'Its name, 1 to 100 characters.' })
  name!: string;

  @Field(() => String, { description: 'The name of its first administrator.' })
  adminName!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The e-mail address of its first administrator.',
  })
  adminEmail?: string | null;
}

@ObjectType('CreateOrganizationPayload', { description: 'The tenant and its first invitation.' })
export class CreateOrganizationPayload {
  @Field(() => Organization, { description: 'The new organisation.' })
  organization!: Organization;

  @Field(() => String, {
    description: 'The one-time token that `beginRegistration` takes. It is not shown again.',
  })
  inviteToken!: string;

  @Field(() => String, {
    description: 'The page that registers a passkey with it. The token stands in the fragment.',
  })
  inviteLink!: string;

  @Field(() => DateTimeScalar, { description: 'Until when the invitation is good.' })
  expiresAt!: number;
}

@InputType('InviteUserInput', { description: 'A person to be invited.' })
export class InviteUserInput {
  @Field(() => String, { description: 'The e-mail address; unique in the organisation.' })
  email!: string;

  @Field(() => String, { description: 'The name that others read.' })
  name!: string;

  @Field(() => [String], { description: 'The names of roles, e.g. `treasury-manager`.' })
  roles!: string[];

  @Field(() => Base64URLScalar, {
    description:
      'The public half of a one-time Ed25519 key. Its private half travels in the fragment of the ' +
      'link, `#invite=TOKEN.SECRET`, and is never sent: the invited person registers with it.',
  })
  enrolmentKey!: string;
}

@ObjectType('InviteUserPayload', { description: 'The invited user and the one-time invitation.' })
export class InviteUserPayload {
  @Field(() => User, {
    nullable: true,
    description: 'In state INVITED; absent while people have to approve of it.',
  })
  user?: User | null;

  @Field(() => ChangeRequest, {
    description:
      'The change of authority that lets the person in. The link works once it is applied.',
  })
  change!: Later<ChangeRequest>;

  @Field(() => String, {
    description: 'The one-time token that `beginRegistration` takes. It is not shown again.',
  })
  inviteToken!: string;

  @Field(() => String, {
    description: 'The page that registers a passkey with it. The token stands in the fragment.',
  })
  inviteLink!: string;

  @Field(() => DateTimeScalar, { description: 'Until when the invitation is good.' })
  expiresAt!: number;
}

@InputType('BeginRegistrationInput', { description: 'Who wants to register a passkey.' })
export class BeginRegistrationInput {
  @Field(() => String, { description: 'The token of an invitation.' })
  inviteToken!: string;
}

/** What both ceremonies begin with; the options differ. */
@ObjectType()
export abstract class CeremonyOffer {
  @Field(() => ID, { description: 'The challenge, to be named on completion.' })
  challengeId!: string;

  @Field(() => Base64URLScalar, {
    description:
      "The server's half. The challenge that is signed is the SHA-256 of the canonical object " +
      '`{ domain, serverNonce, clientNonce, origin }`.',
  })
  serverNonce!: string;

  @Field(() => DateTimeScalar, { description: 'Until when it must be completed.' })
  expiresAt!: number;
}

@ObjectType('BeginRegistrationPayload', { description: 'What the registration needs.' })
export class BeginRegistrationPayload extends CeremonyOffer {
  @Field(() => JsonScalar, {
    description: 'PublicKeyCredentialCreationOptionsJSON; the client puts its challenge in.',
  })
  options!: unknown;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'What the `registerCredential` change is made of, beside the passkey: `organization`, `user`, ' +
      '`replaces`, `nonce`, `created`, `expires`. Null for the first administrator.',
  })
  enrolment?: unknown;
}

@InputType('EnrolmentInput', {
  description: 'The change that lets the passkey in, signed with the secret of the invitation.',
})
export class EnrolmentInput {
  @Field(() => String, { description: 'Canonical JSON of the change.' })
  statement!: string;

  @Field(() => Base64URLScalar, { description: 'Ed25519, over the SHA-256 of the statement.' })
  signature!: string;
}

@InputType('CompleteRegistrationInput', { description: 'The new passkey.' })
export class CompleteRegistrationInput {
  @Field(() => ID, { description: 'As `beginRegistration` returned it.' })
  challengeId!: string;

  @Field(() => Base64URLScalar, { description: "The client's half: 32 random bytes." })
  clientNonce!: string;

  @Field(() => JsonScalar, { description: 'RegistrationResponseJSON of the browser.' })
  credential!: unknown;

  @Field(() => EnrolmentInput, {
    nullable: true,
    description: 'Whenever `beginRegistration` offered one.',
  })
  enrolment?: EnrolmentInput | null;
}

@InputType('BeginLoginInput', { description: 'Who wants to sign in.' })
export class BeginLoginInput {
  @Field(() => String, {
    nullable: true,
    description: "Offer only this user's passkeys; without it, any passkey of this site.",
  })
  email?: string | null;
}

@ObjectType('BeginLoginPayload', { description: 'What the login needs.' })
export class BeginLoginPayload extends CeremonyOffer {
  @Field(() => JsonScalar, {
    description: 'PublicKeyCredentialRequestOptionsJSON; the client puts its challenge in.',
  })
  options!: unknown;
}

@InputType('CompleteLoginInput', { description: "The passkey's answer." })
export class CompleteLoginInput {
  @Field(() => ID, { description: 'As `beginLogin` returned it.' })
  challengeId!: string;

  @Field(() => Base64URLScalar, { description: "The client's half: 32 random bytes." })
  clientNonce!: string;

  @Field(() => JsonScalar, { description: 'AuthenticationResponseJSON of the browser.' })
  credential!: unknown;
}

@ObjectType('SessionPayload', { description: 'A new session.' })
export class SessionPayload {
  @Field(() => String, {
    description: 'Opaque and revocable; sent as `Authorization: Bearer`. It is not shown again.',
  })
  sessionToken!: string;

  @Field(() => DateTimeScalar, { description: 'When it ends by itself.' })
  expiresAt!: number;

  @Field(() => Viewer, { description: 'Who is signed in now.' })
  viewer!: Viewer;
}

@ObjectType('LogoutPayload', { description: 'The end of a session.' })
export class LogoutPayload {
  @Field(() => ID, { description: 'The session that has ended, open sockets included.' })
  sessionId!: string;
}

@InputType('BeginUserActionInput', { description: 'What the user is about to sign.' })
export class BeginUserActionInput {
  @Field(() => String, { description: 'The name of a mutation, e.g. `createTransfer`.' })
  operation!: string;

  @Field(() => JsonScalar, {
    description: 'The input of that mutation, exactly as it will be sent.',
  })
  input!: unknown;
}

@ObjectType('BeginUserActionPayload', { description: 'What the user signs.' })
export class BeginUserActionPayload {
  @Field(() => ID, { description: 'The challenge, to be named in `userAction`.' })
  challengeId!: string;

  @Field(() => String, {
    description:
      'The canonical JSON that is signed: the challenge is its SHA-256. Recompute it from what ' +
      'you show to the person, and refuse to sign where it differs.',
  })
  intent!: string;

  @Field(() => JsonScalar, {
    description: 'PublicKeyCredentialRequestOptionsJSON; the client puts the hash in.',
  })
  options!: unknown;

  @Field(() => DateTimeScalar, { description: 'Until when the action must be sent.' })
  expiresAt!: number;
}

@InputType('UserActionInput', { description: "A passkey's signature over the action's intent." })
export class UserActionInput {
  @Field(() => ID, { description: 'As `beginUserAction` returned it.' })
  challengeId!: string;

  @Field(() => JsonScalar, { description: 'AuthenticationResponseJSON of the browser.' })
  credential!: unknown;
}
