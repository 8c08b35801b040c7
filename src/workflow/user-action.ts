/**
 * User actions: a person signs a statement that says exactly what is to be done. `beginUserAction`
 * writes the statement; the mutation takes it back signed, compares it with its own input, and uses
 * it up in the transaction of its effect.
 */
import { PlatformError } from '#core/errors.ts';
import type { ChallengeId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import type { Actor } from '#identity/actor.ts';
import type { UserActionRequest } from './inputs.ts';
import type { Services } from './services.ts';

/** The browser's AuthenticationResponseJSON, as far as it is read. */
export type AssertionResponse = {
  readonly id: string;
  readonly response: {
    readonly authenticatorData: string;
    readonly clientDataJSON: string;
    readonly signature: string;
    readonly userHandle?: string | null;
  };
};

export type SignedAction = {
  readonly challengeId: string;
  readonly credential: AssertionResponse;
};

/** The browser's PublicKeyCredentialRequestOptionsJSON without its challenge. */
export type AssertionOptions = {
  readonly rpId: string;
  readonly allowCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
  readonly userVerification: 'required';
  readonly timeout: number;
};

export type BegunUserAction = {
  readonly challengeId: ChallengeId;
  /** Canonical JSON: the challenge is its SHA-256, which the client computes itself. */
  readonly intent: string;
  readonly options: AssertionOptions;
  readonly expiresAt: Instant;
};

/**
 * Writes down what the person is about to sign. Nothing happens yet.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, APPROVAL_CLOSED, POLICY_SYNTAX
 */
export async function beginUserAction(
  _services: Services,
  _actor: Actor,
  _request: UserActionRequest,
): Promise<BegunUserAction> {
  throw new PlatformError('NOT_CONFIGURED');
}
