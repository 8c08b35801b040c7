/**
 * The authentication of "ES256 Credential with No Attestation" in the test vectors of Web
 * Authentication Level 3, section 16.2 (https://www.w3.org/TR/webauthn-3/#sctn-test-vectors-none-es256):
 * bytes that no code of this project made.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { concat, parseHex } from '#core/bytes.ts';
import { requireAssertionReport } from './authenticator-data.ts';
import { requireClientData } from './client-data.ts';
import { isSignedBy, parseCredentialKey } from './credential-key.ts';

const ORIGIN = 'https://example.org';
const challenge = parseHex('39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408');
const publicKey = parseHex(
  'a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df6122' +
    '5820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
);
const authenticatorData = parseHex(
  'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
);
const clientData = parseHex(
  '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e556851' +
    '58756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967' +
    '696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c' +
    '73657d',
);
const signature = parseHex(
  '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac' +
    '0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
);

test('the published client data, key and signature are accepted', () => {
  requireClientData(clientData, { type: 'webauthn.get', challenge, origin: ORIGIN });
  const message = concat(authenticatorData, sha256(clientData));
  expect(isSignedBy(parseCredentialKey(publicKey), message, signature)).toBe(true);
  expect(isSignedBy(parseCredentialKey(publicKey), message.with(0, 0), signature)).toBe(false);
});

const reportFor = (rpId: string) => () => requireAssertionReport(authenticatorData, rpId);

test('its person was present but not verified, and that is refused here', () => {
  expect(reportFor('example.org')).toThrow(/not verified/);
  expect(reportFor('example.com')).toThrow(/not made for example.com/);
});
