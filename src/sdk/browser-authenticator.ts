/** The passkeys of the browser that this runs in. */
import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import type { Authenticator } from './authenticator.ts';

export const browserAuthenticator = (): Authenticator => ({
  create: (optionsJSON) => startRegistration({ optionsJSON }),
  get: (optionsJSON) => startAuthentication({ optionsJSON }),
});
