/**
 * Login and registration: the client computes the challenge from the server's nonce, a nonce of its
 * own and the origin that it sees. Their domains keep them apart from everything that moves funds.
 */
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { optionsFor } from './statement.ts';

export const LOGIN_DOMAIN = 'countersign/login/v1';
export const REGISTRATION_DOMAIN = 'countersign/registration/v1';
/** Both nonces are 32 random bytes. */
export const NONCE_BYTES = 32;

export type CeremonyDomain = typeof LOGIN_DOMAIN | typeof REGISTRATION_DOMAIN;

export type CeremonyStatement = {
  readonly domain: CeremonyDomain;
  /** 32 random bytes in base64url. */
  readonly serverNonce: string;
  /** 32 random bytes in base64url. */
  readonly clientNonce: string;
  /** Scheme, host and port as a browser prints them, e.g. `http://localhost:4000`. */
  readonly origin: string;
};

/** @throws INVALID_INPUT for a nonce that is not 32 bytes in base64url, or a text that is no origin */
export function ceremonyStatement(
  domain: CeremonyDomain,
  nonces: { readonly serverNonce: string; readonly clientNonce: string; readonly origin: string },
): CeremonyStatement {
  const { serverNonce, clientNonce, origin } = nonces;
  requireNonce(serverNonce, 'serverNonce');
  requireNonce(clientNonce, 'clientNonce');
  if (!/^https?:\/\/[^/?#@\s]+$/.test(origin)) {
    throw invalidInput('origin', 'not an origin', 'Write it like https://wallet.example.com.');
  }
  return { domain, serverNonce, clientNonce, origin };
}

function requireNonce(text: string, field: string): void {
  if (parseBase64url(text, field).length !== NONCE_BYTES) {
    throw invalidInput(field, 'not 32 bytes', 'Use 32 fresh random bytes in base64url.');
  }
}

/** What `beginLogin` and `beginRegistration` answer. */
export type CeremonyOffer<Options extends object> = {
  readonly serverNonce: string;
  readonly options: Options;
};

/**
 * The client's side of a login or registration: its statement, and the server's options with the
 * challenge in them. `clientNonce` is 32 fresh random bytes; the same text goes back to the server.
 * @throws WEBAUTHN_REFUSED when the server sent a challenge of its own, INVALID_INPUT
 */
export function answerCeremony<Options extends object>(
  domain: CeremonyDomain,
  offer: CeremonyOffer<Options>,
  own: { readonly clientNonce: Bytes; readonly origin: string },
): {
  readonly clientNonce: string;
  readonly options: Options & { readonly challenge: string };
} {
  const clientNonce = base64url(own.clientNonce);
  const { serverNonce, options } = offer;
  const statement = ceremonyStatement(domain, { serverNonce, clientNonce, origin: own.origin });
  return { clientNonce, options: optionsFor(options, statement) };
}
