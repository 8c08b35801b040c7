/**
 * The passkey in an attestation object: Web Authentication Level 3, sections 6.1 and 6.5.4. What is
 * read is the id and the public key; who vouches for them is not looked at. Safe in a browser.
 */
import { type Bytes, base64url, equalBytes, utf8 } from '#core/bytes.ts';
import { endOfItem, isMap } from './cbor.ts';
import { refuseUnless, refused } from './refusal.ts';

/** rpIdHash (32), flags (1), signCount (4). */
const HEADER_BYTES = 37;
const AAGUID_BYTES = 16;
const ATTESTED = 0x40;

/** The authenticator's own id of the passkey and its COSE key, both base64url. */
export type AttestedPasskey = { readonly credential: string; readonly publicKey: string };

/** @throws WEBAUTHN_REFUSED for bytes that hold no passkey */
export function attestedPasskey(attestationObject: Bytes): AttestedPasskey {
  const report = authenticatorDataOf(attestationObject);
  const flags = report[32] ?? 0;
  refuseUnless((flags & ATTESTED) !== 0, 'the attestation names no passkey');
  const at = HEADER_BYTES + AAGUID_BYTES;
  const size = ((report[at] ?? 0) << 8) | (report[at + 1] ?? 0);
  const id = report.subarray(at + 2, at + 2 + size);
  const keyStart = at + 2 + size;
  const keyEnd = isMap(report[keyStart]) ? endOfItem(report, keyStart) : undefined;
  refuseUnless(size > 0 && keyEnd !== undefined, 'the attestation names no passkey');
  return { credential: base64url(id), publicKey: base64url(report.slice(keyStart, keyEnd)) };
}

/** The byte string under `authData` of a map with three entries. */
function authenticatorDataOf(object: Bytes): Bytes {
  const name = textItem('authData');
  let at = 1;
  for (let entry = 0; isMap(object[0]) && entry < 3; entry++) {
    const valueStart = endOfItem(object, at);
    const end = valueStart === undefined ? undefined : endOfItem(object, valueStart);
    if (valueStart === undefined || end === undefined) break;
    if (equalBytes(object.subarray(at, valueStart), name)) {
      return bytesOf(object.subarray(valueStart, end));
    }
    at = end;
  }
  throw refused('the attestation has no authenticator data');
}

/** A short text as CBOR. */
const textItem = (text: string): Bytes => Uint8Array.of(0x60 + text.length, ...utf8(text));

/** The content of a byte string, whose head `endOfItem` has found to be sound. */
function bytesOf(item: Bytes): Bytes {
  const head = item[0] ?? 0;
  refuseUnless(head >> 5 === 2, 'the authenticator data is no byte string');
  const size = [1, 2, 4][(head & 31) - 24] ?? 0;
  return item.slice(1 + size);
}
