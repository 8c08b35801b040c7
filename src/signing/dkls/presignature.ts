/**
 * A presignature as bytes, so that whoever keeps it can erase it: numbers of JavaScript cannot be. The
 * caller never writes the bytes down; they are as secret as the key.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import {
  POINT_BYTES,
  type Point,
  SCALAR_BYTES,
  decodePoint,
  encodePoint,
  encodeScalar,
  parseInteger,
} from '#signing/curve.ts';
import { DIGEST_BYTES } from '#signing/transcript.ts';
import type { Presignature } from './presign.ts';

const HEAD_BYTES = 4;
const FIXED_BYTES = HEAD_BYTES + DIGEST_BYTES + 2 * POINT_BYTES + 3 * SCALAR_BYTES;

/** Party, number of signers; id, public key, nonce; phi, u, v; the signers. */
export function encodePresignature(presignature: Presignature): Bytes {
  const { id, party, signers, publicKey, nonce, phi, u, v } = presignature;
  const ids = new Uint8Array(HEAD_BYTES + 2 * signers.length);
  const view = new DataView(ids.buffer);
  for (const [at, number] of [party, signers.length, ...signers].entries()) {
    view.setUint16(2 * at, number);
  }
  return concat(
    ids.subarray(0, HEAD_BYTES),
    id,
    publicKey,
    encodePoint(nonce),
    ...[phi, u, v].map(encodeScalar),
    ids.subarray(HEAD_BYTES),
  );
}

/** @throws RangeError when the bytes are no presignature: a bug, since nobody else writes them. */
export function decodePresignature(bytes: Bytes): Presignature {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length < FIXED_BYTES ? 0 : view.getUint16(2);
  if (count === 0 || bytes.length !== FIXED_BYTES + 2 * count) {
    throw new RangeError('not a presignature');
  }
  let at = HEAD_BYTES;
  const take = (size: number): Bytes => bytes.slice(at, (at += size));
  const [id, publicKey] = [take(DIGEST_BYTES), take(POINT_BYTES)];
  const nonce = decodePoint(take(POINT_BYTES)) as Point;
  const [phi, u, v] = Array.from({ length: 3 }, () => parseInteger(take(SCALAR_BYTES))) as [
    bigint,
    bigint,
    bigint,
  ];
  const signers = Array.from({ length: count }, (_, index) => view.getUint16(at + 2 * index));
  return { id, party: view.getUint16(0), signers, publicKey, nonce, phi, u, v };
}
