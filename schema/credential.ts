/** What users sign with: passkeys that are added, and credentials that end. */
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ChangeRequest } from './change.ts';
import type { Later } from './node.ts';
import { Credential } from './organization.ts';
import { Base64URLScalar, JsonScalar } from './scalars.ts';
import { CeremonyOffer } from './session.ts';

@ObjectType('BeginAddCredentialPayload', { description: 'What the new passkey is made with.' })
export class BeginAddCredentialPayload extends CeremonyOffer {
  @Field(() => JsonScalar, {
    description: 'PublicKeyCredentialCreationOptionsJSON; the client puts its challenge in.',
  })
  options!: unknown;
}

@InputType('AddCredentialInput', { description: 'One more passkey of whoever is signed in.' })
export class AddCredentialInput {
  @Field(() => ID, { description: 'As `beginAddCredential` returned it.' })
  challengeId!: string;

  @Field(() => Base64URLScalar, { description: "The client's half: 32 random bytes." })
  clientNonce!: string;

  @Field(() => JsonScalar, { description: 'RegistrationResponseJSON of the browser.' })
  credential!: unknown;
}

@ObjectType('AddCredentialPayload', { description: 'The new passkey.' })
export class AddCredentialPayload {
  @Field(() => Credential, {
    nullable: true,
    description: 'Absent while people have to approve of it.',
  })
  credential?: Credential | null;

  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}

@InputType('RevokeCredentialInput', { description: 'A credential that signs nothing any more.' })
export class RevokeCredentialInput {
  @Field(() => Base64URLScalar, {
    description: "The authenticator's own id of the passkey, or the id of the key.",
  })
  credentialId!: string;
}

@ObjectType('RevokeCredentialPayload', { description: 'The change of the credential.' })
export class RevokeCredentialPayload {
  @Field(() => ChangeRequest, { description: 'The change of authority.' })
  change!: Later<ChangeRequest>;
}
