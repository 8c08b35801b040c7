import { expect, test } from 'vitest';
import { PlatformError, invalidInput } from './errors.ts';

test.each([
  [new PlatformError('FORBIDDEN'), 'Your roles do not permit this.'],
  [
    new PlatformError('WEBAUTHN_REFUSED', { reason: 'nobody was present' }),
    'The passkey response was refused: nobody was present.',
  ],
  [
    new PlatformError('NOT_FOUND', { field: 'transferId' }),
    'There is no such object (transferId).',
  ],
  [
    invalidInput('units', 'zero', 'Send more.'),
    'A field of the request is not valid. units: zero. Send more.',
  ],
])('an error reads as sentences', (error, message) => {
  expect(error.message).toBe(message);
});
