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
import { type Lanes, PAIR_DIGITS, type Residues, residues } from '#signing/residues.ts';
import { type Part, digest, hashToScalar, template } from '#signing/transcript.ts';
import { packScalars, unpackScalars } from '#signing/wire.ts';
import { bitAt } from './base-ot.ts';
import {
  COLUMN_BYTES,
  type Request,
  ROW_BYTES,
  TRANSFERS,
  copyRow,
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
  /** Packed scalars: four for each transfer. */
  readonly corrections: Bytes;
  readonly checks: Bytes;
  readonly checkDigest: Bytes;
};

/** What Bob keeps between his request and Alice's answer. */
export type BobState = {
  readonly session: Bytes;
  /** His choice bits. */
  readonly bits: Lanes;
  readonly rows: Bytes;
  /** His random factor. */
  readonly chi: Scalar;
};

export type Shares = readonly [Scalar, Scalar];

const VECTOR: Residues = residues(TRANSFERS);
const { readPairs, writePairs, subtract, subtractProducts } = VECTOR;

/** <g, v> mod q. */
const withGadget = (lanes: Lanes): Scalar =>
  VECTOR.numbers(lanes, POWERS).reduce(
    (sum, number, at) => sum + (GADGET[at] as Scalar) * number,
    VECTOR.sumPowers(lanes),
  ) % ORDER;

/** One vector for each of Alice's inputs and checks. */
type Vectors = readonly Lanes[];

/**
 * The four numbers that each row hashes to: two from each SHA-512, which binds session, j and half. They
 * are 256 hashed bits each; modulo q their bias is below 2^-127.
 */
function hashRows(session: Bytes, load: (j: number, row: Bytes) => void): Vectors {
  const oracle = template('ot-extension/row', [session], [2, 1, ROW_BYTES]);
  const [index, half, row] = oracle.slots as [Bytes, Bytes, Bytes];
  const first: string[] = [];
  const second: string[] = [];
  for (let j = 0; j < TRANSFERS; j++) {
    load(j, row);
    index[0] = j >> 8;
    index[1] = j & 0xff;
    half[0] = 0;
    first.push(oracle.digits());
    half[0] = 1;
    second.push(oracle.digits());
  }
  return [...readPairs(first), ...readPairs(second)];
}

/** Four vectors as they travel: the scalars of transfer 0, of transfer 1, and so on. */
function packVectors(vectors: Vectors): Bytes {
  const [a, b, c, d] = vectors as [Lanes, Lanes, Lanes, Lanes];
  const [first, second] = [writePairs(a, b), writePairs(c, d)];
  const digits = first.map((pair, j) => pair + (second[j] as string));
  return Uint8Array.from(Buffer.from(digits.join(''), 'hex'));
}

function unpackVectors(packed: Bytes): Vectors {
  const digits = Buffer.from(packed.buffer, packed.byteOffset, packed.length).toString('hex');
  const pairs = (offset: number): readonly string[] =>
    Array.from({ length: TRANSFERS }, (_, j) => {
      const start = (2 * j + offset) * PAIR_DIGITS;
      return digits.slice(start, start + PAIR_DIGITS);
    });
  return [...readPairs(pairs(0)), ...readPairs(pairs(1))];
}

/** theta: a weight for each input and check, fixed only after tau. */
function weights(session: Bytes, corrections: Bytes): readonly (readonly Scalar[])[] {
  const fixed: Part = digest('multiplication/corrections', session, corrections);
  return Array.from({ length: CHECKS }, (_, check) =>
    Array.from({ length: INPUTS }, (_, input) =>
      hashToScalar('multiplication/theta', fixed, check, input),
    ),
  );
}

/** z_(l+i) + sum over k of theta_(k,i) z_k, for numbers or for vectors of them. */
const combine = (z: readonly bigint[], theta: readonly Scalar[], check: number): bigint =>
  theta.reduce((sum, weight, k) => sum + weight * (z[k] as bigint), z[INPUTS + check] as bigint);

/** mu: over the combinations of transfer 0, of transfer 1, and so on. */
function digestOf(session: Bytes, combinations: Vectors): Bytes {
  const digits = writePairs(combinations[0] as Lanes, combinations[1] as Lanes).join('');
  return digest('multiplication/mu', session, Uint8Array.from(Buffer.from(digits, 'hex')));
}

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
  const bits = VECTOR.readBits((j) => bitAt(choices, j));
  const chi = withGadget(bits);
  return { request, state: { session, bits, rows, chi } };
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
  const zero = hashRows(p.session, (j, row) => copyRow(p.rows, j, row));
  const one = hashRows(p.session, (j, row) => otherRow(p.rows, j, p.delta, row));
  const tau = zero.map((lanes, k) =>
    subtract(lanes + VECTOR.all(vector[k] as Scalar), one[k] as Lanes),
  );
  // Spec 3.3
  const corrections = packVectors(tau);
  const theta = weights(p.session, corrections);
  const checks = packScalars(theta.map((weight, i) => mod(combine(vector, weight, i))));
  // Spec 3.4: her shares are the negated hashes of bit 0.
  const combinations = theta.map((weight, i) => subtractProducts(0n, combine(zero, weight, i)));
  const checkDigest = digestOf(p.session, combinations);
  // Spec 3.5
  const shares: Shares = [mod(-withGadget(zero[0] as Lanes)), mod(-withGadget(zero[1] as Lanes))];
  return { answer: { corrections, checks, checkDigest }, shares };
}

/** Bob's last step: his share of each product, or undefined when Alice's answer fails the check. */
export function finishAsBob(state: BobState, answer: Answer): Shares | undefined {
  const { session, bits } = state;
  const mask = VECTOR.maskOf(bits);
  // Spec 4.1
  const tau = unpackVectors(answer.corrections);
  const shares = hashRows(session, (j, row) => copyRow(state.rows, j, row)).map(
    (lanes, k) => lanes + (mask & (tau[k] as Lanes)),
  );
  // Spec 4.2
  const theta = weights(session, answer.corrections);
  const eta = unpackScalars(answer.checks);
  const combinations = theta.map((weight, i) =>
    subtractProducts(mask & VECTOR.all(eta[i] as Scalar), combine(shares, weight, i)),
  );
  const expected = digestOf(session, combinations);
  if (!equalBytes(expected, answer.checkDigest)) return undefined;
  // Spec 4.3
  return [withGadget(shares[0] as Lanes), withGadget(shares[1] as Lanes)];
}
