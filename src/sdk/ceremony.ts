/**
 * Login and registration. The client computes the challenge of its own nonce, the server's, and the
 * origin that it sees: a server that sends a challenge gets no signature.
 */
import type { Bytes } from '#core/bytes.ts';
import {
  answerCeremony,
  type CeremonyDomain,
  type CeremonyOffer,
  NONCE_BYTES,
} from '#mandate/ceremony.ts';

export type ChallengeOffer<Options extends object> = CeremonyOffer<Options> & {
  readonly challengeId: string;
};

export type CeremonyCompletion = {
  readonly challengeId: string;
  readonly clientNonce: string;
  readonly credential: unknown;
};

/** @throws WEBAUTHN_REFUSED when the server sent a challenge of its own */
export async function completeCeremony<Options extends object>(
  domain: CeremonyDomain,
  offer: ChallengeOffer<Options>,
  own: { readonly random: (size: number) => Bytes; readonly origin: string },
  answer: (options: Options & { readonly challenge: string }) => Promise<unknown>,
): Promise<CeremonyCompletion> {
  const clientNonce = own.random(NONCE_BYTES);
  const { challengeId } = offer;
  const answered = answerCeremony(domain, offer, { clientNonce, origin: own.origin });
  const credential = await answer(answered.options);
  return { challengeId, clientNonce: answered.clientNonce, credential };
}
