/** Fields of message bodies (`wire.ts`) that hold points and scalars of a protocol's group. */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import { type Element, type PrimeGroup, SCALAR_BYTES, type Scalar } from './prime-group.ts';
import type { Field } from './wire.ts';

const curveOf = <P extends Element<P>>(group: PrimeGroup<P>) =>
  group.name === 'ed25519' ? ({ curve: 'ed25519' } as const) : {};

export const groupPoint = <P extends Element<P>>(group: PrimeGroup<P>): Field<P> => ({
  element: 'point',
  ...curveOf(group),
  size: group.pointBytes,
  write: (value) => group.encodePoint(value),
  read: (bytes) => group.decodePoint(bytes),
});

/** Exactly `count` points. */
export const groupPoints = <P extends Element<P>>(
  group: PrimeGroup<P>,
  count: number,
): Field<readonly P[]> => ({
  element: 'point',
  ...curveOf(group),
  size: count * group.pointBytes,
  write: (value) => concat(...value.map((one) => group.encodePoint(one))),
  read(bytes) {
    const list: P[] = [];
    for (let at = 0; at < bytes.length; at += group.pointBytes) {
      const one = group.decodePoint(bytes.subarray(at, at + group.pointBytes));
      if (one === undefined) return undefined;
      list.push(one);
    }
    return list;
  },
});

export const groupScalar = <P extends Element<P>>(group: PrimeGroup<P>): Field<Scalar> => ({
  element: 'scalar',
  ...curveOf(group),
  size: SCALAR_BYTES,
  write: (value): Bytes => group.encodeScalar(value),
  read: (bytes) => group.decodeScalar(bytes),
});

/** A point, or zeros for the identity, which has no other spelling. */
export const groupPointOrIdentity = <P extends Element<P>>(group: PrimeGroup<P>): Field<P> => ({
  element: 'bytes',
  size: group.pointBytes,
  write: (value) => (value.is0() ? new Uint8Array(group.pointBytes) : group.encodePoint(value)),
  read: (bytes) =>
    equalBytes(bytes, new Uint8Array(group.pointBytes)) ? group.identity : group.decodePoint(bytes),
});

/** A scalar, or zeros where there is nothing to send. */
export const groupScalarOrZero = <P extends Element<P>>(group: PrimeGroup<P>): Field<Scalar> => ({
  element: 'bytes',
  size: SCALAR_BYTES,
  write: (value) => group.encodeScalar(value),
  read: (bytes) =>
    equalBytes(bytes, new Uint8Array(SCALAR_BYTES)) ? 0n : group.decodeScalar(bytes),
});
