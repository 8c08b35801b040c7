/** Every intermediate value that RFC 9591 publishes for the groups that are used here. */
import { describe, expect, test } from 'vitest';
import { type Bytes, concat, hex, parseHex } from '#core/bytes.ts';
import { type Point, multiplyBasePublic, multiplyPublic } from '#signing/curve.ts';
import { type Element, SECP256K1, type Scalar, evaluate } from '#signing/prime-group.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import {
  type Commitment,
  aggregate,
  bindingFactorInputs,
  deriveNonce,
  preparePackage,
  signShare,
  verifyShare,
} from './shares.ts';
import { FROST_ED25519, type Suite, secp256k1Hashes, toScalar } from './suite.ts';

const CONTEXT = 'FROST-secp256k1-SHA256-v1';
const challengeOf = (nonce: Point, publicKey: Point, message: Bytes): Scalar =>
  toScalar(
    CONTEXT,
    'chal',
    concat(SECP256K1.encodePoint(nonce), SECP256K1.encodePoint(publicKey), message),
  );

/**
 * Section 6.5. No chain takes its signatures, so that it is built here; what it shares with the suite of
 * BIP-340 signatures is covered by its vectors.
 */
const FROST_SECP256K1: Suite<Point> = {
  ...secp256k1Hashes(CONTEXT),
  challenge: challengeOf,
  isMirrored: () => false,
  encodeSignature: (nonce, response) =>
    concat(SECP256K1.encodePoint(nonce), SECP256K1.encodeScalar(response)),
  verify(publicKey, message, signature) {
    const nonce = SECP256K1.decodePoint(signature.subarray(0, 33)) as Point;
    const response = SECP256K1.decodeScalar(signature.subarray(33)) as Scalar;
    const keyed = multiplyPublic(publicKey, challengeOf(nonce, publicKey, message));
    return multiplyBasePublic(response).equals(nonce.add(keyed));
  },
};

type Vectors = {
  readonly config: { readonly NUM_PARTICIPANTS: string };
  readonly inputs: {
    readonly participant_list: readonly number[];
    readonly group_secret_key: string;
    readonly group_public_key: string;
    readonly message: string;
    readonly share_polynomial_coefficients: readonly string[];
    readonly participant_shares: readonly {
      readonly identifier: number;
      readonly participant_share: string;
    }[];
  };
  readonly round_one_outputs: {
    readonly outputs: readonly {
      readonly identifier: number;
      readonly hiding_nonce_randomness: string;
      readonly binding_nonce_randomness: string;
      readonly hiding_nonce: string;
      readonly binding_nonce: string;
      readonly hiding_nonce_commitment: string;
      readonly binding_nonce_commitment: string;
      readonly binding_factor_input: string;
      readonly binding_factor: string;
    }[];
  };
  readonly round_two_outputs: {
    readonly outputs: readonly { readonly identifier: number; readonly sig_share: string }[];
  };
  readonly final_output: { readonly sig: string };
};

function follow<P extends Element<P>>(suite: Suite<P>, vectors: Vectors): void {
  const { group } = suite;
  const { inputs } = vectors;
  const scalar = (text: string): Scalar => group.decodeScalar(parseHex(text)) as Scalar;
  const spell = (value: Scalar): string => hex(group.encodeScalar(value));
  const print = (point: P): string => hex(group.encodePoint(point));
  const coefficients = [inputs.group_secret_key, ...inputs.share_polynomial_coefficients];
  const shares = new Map<number, Scalar>();
  for (const { identifier, participant_share: share } of inputs.participant_shares) {
    shares.set(identifier, evaluate(group, coefficients.map(scalar), identifier));
    expect(spell(shares.get(identifier) as Scalar)).toBe(share);
  }
  const publicKey = group.multiplyBase(scalar(inputs.group_secret_key));
  expect(print(publicKey)).toBe(inputs.group_public_key);

  const rounds = vectors.round_one_outputs.outputs.map((published) => {
    const share = shares.get(published.identifier) as Scalar;
    const hiding = deriveNonce(suite, parseHex(published.hiding_nonce_randomness), share);
    const binding = deriveNonce(suite, parseHex(published.binding_nonce_randomness), share);
    expect(spell(hiding)).toBe(published.hiding_nonce);
    expect(spell(binding)).toBe(published.binding_nonce);
    const commitment: Commitment<P> = {
      party: published.identifier,
      hiding: group.multiplyBase(hiding),
      binding: group.multiplyBase(binding),
    };
    expect(print(commitment.hiding)).toBe(published.hiding_nonce_commitment);
    expect(print(commitment.binding)).toBe(published.binding_nonce_commitment);
    return { published, share, nonces: { hiding, binding }, commitment };
  });
  expect(rounds.map((one) => one.commitment.party)).toEqual(inputs.participant_list);

  const message = parseHex(inputs.message);
  const commitments = rounds.map((one) => one.commitment);
  const pack = preparePackage(suite, publicKey, message, commitments);
  const factorInputs = bindingFactorInputs(suite, publicKey, message, commitments);
  const responses = rounds.map(({ published, share, nonces }, at) => {
    const party = published.identifier;
    expect(hex(factorInputs.get(party) as Bytes)).toBe(published.binding_factor_input);
    expect(spell(pack.bindingFactors.get(party) as Scalar)).toBe(published.binding_factor);
    const response = signShare(pack, party, nonces, share);
    expect(spell(response)).toBe(vectors.round_two_outputs.outputs[at]?.sig_share);
    expect(verifyShare(pack, party, response, group.multiplyBase(share))).toBe(true);
    return response;
  });
  const signature = aggregate(pack, responses);
  expect(hex(signature)).toBe(vectors.final_output.sig);
  expect(suite.verify(publicKey, message, signature)).toBe(true);
}

const read = (name: string): Vectors => JSON.parse(readVectors(`frost-rfc9591/${name}.json`));

describe.skipIf(vectorsMissing !== '')(`vectors of RFC 9591${vectorsMissing}`, () => {
  test('FROST(Ed25519, SHA-512): every intermediate value', () => {
    follow(FROST_ED25519, read('frost-ed25519-sha512'));
  });

  test('FROST(secp256k1, SHA-256): every intermediate value', () => {
    follow(FROST_SECP256K1, read('frost-secp256k1-sha256'));
  });
});
