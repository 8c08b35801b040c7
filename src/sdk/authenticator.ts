/**
 * What makes passkeys and signs with them. In a browser it is `browserAuthenticator()`; a test or a
 * script brings one of its own. Options and answers are the JSON of the browser API.
 */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON;

export type Authenticator = {
  /** A new passkey: RegistrationResponseJSON. */
  create(options: CreationOptions): Promise<unknown>;
  /** A signature over the challenge: AuthenticationResponseJSON. */
  get(options: RequestOptions): Promise<unknown>;
};
