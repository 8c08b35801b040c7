import { schnorr } from '@noble/curves/secp256k1.js';
import { taprootTweakPubkey } from '@scure/btc-signer/utils.js';
import { describe, expect, test } from 'vitest';
import { type Bytes, concat, hex, parseHex, utf8 } from '#core/bytes.ts';
import { sha256 } from '#core/hashing.ts';
import { readVectors, vectorsMissing } from '#testing/vectors.ts';
import { liftX, taggedHash, xOnly } from './bip340.ts';
import { ORDER, type Point, encodeScalar, multiplyBasePublic, parseInteger } from './curve.ts';
import { sharesOfKnownKey, simulatedFrostSigning } from './frost/simulated-keys.ts';
import { outputsOf } from './simulator.ts';
import { NO_SCRIPTS, requireTweak, tapTweak, taprootOutput } from './taproot.ts';

type Tree = { readonly script: string; readonly leafVersion: number } | readonly Tree[] | null;

type WalletVectors = {
  readonly scriptPubKey: readonly {
    readonly given: { readonly internalPubkey: string; readonly scriptTree: Tree };
    readonly intermediary: {
      readonly merkleRoot: string | null;
      readonly tweak: string;
      readonly tweakedPubkey: string;
    };
    readonly expected: { readonly scriptPubKey: string };
  }[];
  readonly keyPathSpending: readonly {
    readonly inputSpending: readonly {
      readonly given: { readonly internalPrivkey: string; readonly merkleRoot: string | null };
      readonly intermediary: {
        readonly internalPubkey: string;
        readonly tweak: string;
        readonly tweakedPrivkey: string;
        readonly sigHash: string;
      };
      readonly expected: { readonly witness: readonly string[] };
    }[];
  }[];
};

const lift = (text: string): Point => liftX(parseHex(text)) as Point;
const rootOf = (text: string | null): Bytes => (text === null ? NO_SCRIPTS : parseHex(text));

/** The root of a tree of scripts, as BIP-341 hashes it. */
function hashTree(tree: Tree): Bytes {
  if (tree === null) return NO_SCRIPTS;
  if ('script' in tree) {
    const script = parseHex(tree.script);
    return taggedHash('TapLeaf', Uint8Array.of(tree.leafVersion, script.length), script);
  }
  const [left, right] = tree.map(hashTree).toSorted((a, b) => (hex(a) < hex(b) ? -1 : 1));
  return taggedHash('TapBranch', left as Bytes, right as Bytes);
}

const read = (): WalletVectors =>
  JSON.parse(readVectors('bip/bip-0341/wallet-test-vectors.json')) as WalletVectors;

describe.skipIf(vectorsMissing !== '')(`vectors of BIP-341${vectorsMissing}`, () => {
  test('every output key and script follows from its internal key and root', () => {
    const cases = read().scriptPubKey;
    expect(cases).toHaveLength(7);
    for (const { given, intermediary, expected } of cases) {
      const root = rootOf(intermediary.merkleRoot);
      expect(hex(hashTree(given.scriptTree))).toBe(hex(root));
      const internal = lift(given.internalPubkey);
      expect(hex(encodeScalar(tapTweak(internal, root)))).toBe(intermediary.tweak);
      const output = taprootOutput(internal, root);
      expect(hex(output.publicKey)).toBe(intermediary.tweakedPubkey);
      expect(hex(output.script)).toBe(expected.scriptPubKey);
    }
  });

  test('two of three shares of every published key spend its output', () => {
    const inputs = read().keyPathSpending.flatMap((one) => one.inputSpending);
    expect(inputs).toHaveLength(7);
    for (const { given, intermediary, expected } of inputs) {
      const root = rootOf(given.merkleRoot);
      const secret = parseInteger(parseHex(given.internalPrivkey));
      const internal = multiplyBasePublic(secret);
      expect(hex(xOnly(internal))).toBe(intermediary.internalPubkey);
      const output = taprootOutput(internal, root).publicKey;
      expect(hex(output)).toBe(hex(schnorr.getPublicKey(parseHex(intermediary.tweakedPrivkey))));
      const message = parseHex(intermediary.sigHash);
      const published = parseHex((expected.witness[0] as string).slice(0, 128));
      expect(schnorr.verify(published, message, output)).toBe(true);
      const run = simulatedFrostSigning({
        seed: 'taproot.test',
        shares: sharesOfKnownKey('taproot.test', 'frost-secp256k1', secret),
        signers: [1, 3],
        message,
        merkleRoot: root,
      });
      for (const signature of outputsOf(run).values()) {
        expect(schnorr.verify(signature, message, output)).toBe(true);
      }
    }
  });
});

test('an output key is that of btc-signer, for internal keys of either parity', () => {
  for (let k = 1n; k <= 8n; k++) {
    const internal = multiplyBasePublic(k);
    for (const root of [NO_SCRIPTS, sha256(utf8(`root ${k}`))]) {
      const [expected] = taprootTweakPubkey(xOnly(internal), root);
      expect(hex(taprootOutput(internal, root).publicKey)).toBe(hex(expected));
    }
  }
});

test('a hash that is not below q is refused, not reduced', () => {
  expect(requireTweak(encodeScalar(ORDER - 1n))).toBe(ORDER - 1n);
  expect(() => requireTweak(encodeScalar(ORDER))).toThrow(/has no output key/);
});

test.each([[1], [31], [33], [64]])('a root of %i bytes is refused', (size) => {
  const internal = multiplyBasePublic(5n);
  expect(() => taprootOutput(internal, new Uint8Array(size))).toThrow(/merkleRoot/);
  expect(() => tapTweak(internal, concat(new Uint8Array(size)))).toThrow(/Give 32 bytes/);
});
