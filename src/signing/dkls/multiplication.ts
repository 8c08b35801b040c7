/**
 * Random vector OLE (Doerner, Kondi, Lee, shelat, "Threshold ECDSA in Three Rounds", IACR eprint
 * 2023/765, Functionality 3.5 and Protocol 5.2): Alice puts in two scalars, Bob gets a random one, chi,
 * and they end with additive shares of both products. Two further inputs of Alice, drawn at random,
 * let Bob check that she used the same inputs in every transfer. The steps are numbered in
 * docs/protocols/multiplication.md.
 */
import { type Bytes, equalBytes } from '#core/bytes.ts';
import { ORDER, SCALAR_BYTES, type Scalar, mod, randomScalar } from '#signing/curve.ts';
import type { Random } from '#signing/kernel.ts';
import { type Part, digest, hashToScalar, template } from '#signing/transcript.ts';
import { type PackedScalars, packScalars } from '#signing/wire.ts';
import { bitAt } from './base-ot.ts';
import {
  COLUMN_BYTES,
  type Request,
  ROW_BYTES,
  TRANSFERS,
  grantTransfers,
  otherRow,
  requestTransfers,
} from './ot-extension.ts';

/** l: how many inputs Alice has. */
const INPUTS = 2;
/** rho = ceil(256 / 128): random inputs that the check spends. */
export const CHECKS = 2;
const WIDTH = INPUTS + CHECKS;
/** How many scalars tau has: one for each transfer and input. */
export const CORRECTIONS = TRANSFERS * WIDTH;
const POWERS = 8 * SCALAR_BYTES;

/** The gadget's public random entries; the first 256 are the powers of two. */
const GADGET: readonly Scalar[] = Array.from({ length: TRANSFERS - POWERS }, (_, at) =>
  hashToScalar('multiplication/gadget', at),
);

/** Alice's answer: tau, eta and mu. */
export type Answer = {
  readonly corrections: PackedScalars;
  readonly checks: PackedScalars;
  readonly checkDigest: Bytes;
};

/** What Bob keeps between his request and Alice's answer. */
export type BobState = {
  readonly session: Bytes;
  readonly choices: Bytes;
  readonly rows: Bytes;
  /** His random factor. */
  readonly chi: Scalar;
};

export type Shares = readonly [Scalar, Scalar];

/** <g, v> mod q for a vector of 416 entries. */
function withGadget(entry: (j: number) => bigint): Scalar {
  let sum = 0n;
  for (let j = POWERS - 1; j >= 0; j--) sum = (sum << 1n) + entry(j);
  for (let j = POWERS; j < TRANSFERS; j++) sum += (GADGET[j - POWERS] as Scalar) * entry(j);
  return mod(sum);
}

/** -q < value < 2q, reduced. Of 256 hashed bits it leaves a bias below 2^-127. */
const wrap = (value: bigint): Scalar => {
  if (value < 0n) return value + ORDER;
  return value >= ORDER ? value - ORDER : value;
};

/** The four scalars that a row hashes to: two from each SHA-512, which binds session, j and half. */
function rowHash(session: Bytes): {
  readonly row: Bytes;
  readonly hash: (j: number) => readonly [Scalar, Scalar, Scalar, Scalar];
} {
  const oracle = template('ot-extension/row', [session], [2, 1, ROW_BYTES]);
  const [index, half, row] = oracle.slots as [Bytes, Bytes, Bytes];
  return {
    row,
    hash(j) {
      index[0] = j >> 8;
      index[1] = j & 0xff;
      half[0] = 0;
      const first = oracle.integer();
      half[0] = 1;
      const second = oracle.integer();
      return [
        wrap(first >> 256n),
        wrap(BigInt.asUintN(256, first)),
        wrap(second >> 256n),
        wrap(BigInt.asUintN(256, second)),
      ];
    },
  };
}

/** theta: a weight for each input and check, fixed only after tau. */
function weights(session: Bytes, corrections: PackedScalars): readonly (readonly Scalar[])[] {
  const fixed: Part = digest('multiplication/corrections', session, corrections.packed);
  return Array.from({ length: CHECKS }, (_, check) =>
    Array.from({ length: INPUTS }, (_, input) =>
      hashToScalar('multiplication/theta', fixed, check, input),
    ),
  );
}

/** z_(l+i) + sum over k of theta_(k,i) z_k: the combination of one transfer's shares for check i. */
const combine = (share: readonly bigint[], theta: readonly Scalar[], check: number): bigint =>
  theta.reduce(
    (sum, weight, k) => sum + weight * (share[k] as bigint),
    share[INPUTS + check] as bigint,
  );

const digestOf = (session: Bytes, combinations: readonly Scalar[]): Bytes =>
  digest('multiplication/mu', session, packScalars(combinations).packed);

/** Bob's first step: his random choices, the request for them, and the chi that they spell. */
export function beginAsBob(
  seeds: Bytes,
  session: Bytes,
  random: Random,
): { readonly request: Request; readonly state: BobState } {
  // Spec 1.1
  const choices = random(COLUMN_BYTES);
  const { request, rows } = requestTransfers(seeds, session, choices);
  // Spec 1.5
  const chi = withGadget((j) => BigInt(bitAt(choices, j)));
  return { request, state: { session, choices, rows, chi } };
}

/** Alice's rows from Bob's request, or undefined when it fails its check. */
export const acceptRequest = grantTransfers;

/**
 * Alice's step.
 * @param rows what `acceptRequest` gave
 * @returns her answer, and her share of each input times chi
 */
export function multiplyAsAlice(p: {
  readonly delta: Bytes;
  readonly rows: Bytes;
  readonly session: Bytes;
  readonly inputs: readonly [Scalar, Scalar];
  readonly random: Random;
}): { readonly answer: Answer; readonly shares: Shares } {
  // Spec 3.1
  const pads = Array.from({ length: CHECKS }, () => randomScalar(p.random));
  const vector = [...p.inputs, ...pads];
  // Spec 3.2
  const { row, hash } = rowHash(p.session);
  const shares: (readonly Scalar[])[] = [];
  const tau: Scalar[] = [];
  for (let j = 0; j < TRANSFERS; j++) {
    row.set(p.rows.subarray(j * ROW_BYTES, (j + 1) * ROW_BYTES));
    const zero = hash(j);
    otherRow(p.rows, j, p.delta, row);
    const one = hash(j);
    shares.push(zero);
    for (let k = 0; k < WIDTH; k++) {
      tau.push(wrap((zero[k] as Scalar) - (one[k] as Scalar) + (vector[k] as Scalar)));
    }
  }
  // Spec 3.3
  const corrections = packScalars(tau);
  const theta = weights(p.session, corrections);
  const checks = packScalars(theta.map((weight, i) => mod(combine(vector, weight, i))));
  // Spec 3.4: her shares are the negated hashes of bit 0.
  const combinations = shares.flatMap((share) =>
    theta.map((weight, i) => mod(-combine(share, weight, i))),
  );
  // Spec 3.5
  const [first, second] = [0, 1].map((k) =>
    mod(-withGadget((j) => (shares[j] as readonly Scalar[])[k] as Scalar)),
  ) as [Scalar, Scalar];
  const checkDigest = digestOf(p.session, combinations);
  return { answer: { corrections, checks, checkDigest }, shares: [first, second] };
}

/** Bob's last step: his share of each product, or undefined when Alice's answer fails the check. */
export function finishAsBob(state: BobState, answer: Answer): Shares | undefined {
  const { session, choices } = state;
  // Spec 4.1
  const { row, hash } = rowHash(session);
  const shares: (readonly Scalar[])[] = [];
  for (let j = 0; j < TRANSFERS; j++) {
    row.set(state.rows.subarray(j * ROW_BYTES, (j + 1) * ROW_BYTES));
    const bit = bitAt(choices, j);
    const tau = answer.corrections.scalars;
    shares.push(
      hash(j).map((share, k) => {
        const correction = [0n, tau[WIDTH * j + k] as Scalar][bit] as Scalar;
        return wrap(share + correction);
      }),
    );
  }
  // Spec 4.2
  const theta = weights(session, answer.corrections);
  const eta = answer.checks.scalars;
  const combinations = shares.flatMap((share, j) =>
    theta.map((weight, i) => {
      const expected = [0n, eta[i] as Scalar][bitAt(choices, j)] as Scalar;
      return mod(expected - combine(share, weight, i));
    }),
  );
  if (!equalBytes(digestOf(session, combinations), answer.checkDigest)) return undefined;
  // Spec 4.3
  const [first, second] = [0, 1].map((k) =>
    withGadget((j) => (shares[j] as readonly Scalar[])[k] as Scalar),
  ) as [Scalar, Scalar];
  return [first, second];
}
