/**
 * Child keys of a secp256k1 key by BIP-32 public derivation. No party has the private key, so that
 * only non-hardened steps exist; the sum of a path's tweaks is what signers add to the key.
 *
 * A key whose chain code is known and one of its children's private keys give the parent's private
 * key. Children are therefore never exported alone.
 */
import { createHmac } from 'node:crypto';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { createBase58check } from '@scure/base';
import { type Bytes, concat } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { sha256 } from '#core/hashing.ts';
import {
  ORDER,
  type Point,
  type Scalar,
  decodePoint,
  encodePoint,
  mod,
  multiplyBasePublic,
  parseInteger,
} from './curve.ts';

/** The root itself, for which no tweak is added. */
export const ROOT_PATH = 'm';

/** BIP-32 counts the steps in one byte. */
const DEPTH_MAX = 255;
const INDEX_LIMIT = 2 ** 31;
const CHAIN_CODE_BYTES = 32;
const FINGERPRINT_BYTES = 4;
const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;
const HARDENED = /^[0-9]+['hH]$/;

/** "xpub" in base58check: BIP-32, serialization format, mainnet public. */
const XPUB_VERSION = Uint8Array.of(0x04, 0x88, 0xb2, 0x1e);

export type DerivedKey = {
  /** 33 bytes, compressed. */
  readonly publicKey: Bytes;
  /** What is added to the root's private key, modulo q: 0 for the path "m". */
  readonly tweak: Scalar;
  /** 32 bytes. */
  readonly chainCode: Bytes;
};

/** A derived key and where it stands, as an extended public key shows it. */
type Node = DerivedKey & { readonly depth: number; readonly parent: Bytes; readonly index: number };

const wrongPath = (reason: string): Error =>
  invalidInput('path', reason, 'Write "m" or indexes from 0 to 2147483647, as in "m/44/60/0/0/7".');

function parseIndex(text: string): number {
  if (text === '') throw wrongPath('an empty step');
  if (HARDENED.test(text)) throw wrongPath(`step ${text} is hardened, which needs a private key`);
  if (!INDEX.test(text)) throw wrongPath(`step ${JSON.stringify(text)} is not a plain index`);
  const index = Number(text);
  if (index >= INDEX_LIMIT) throw wrongPath(`step ${text} is not below 2147483648`);
  return index;
}

/**
 * The indexes of a path below its root, in one spelling only: no leading zero, no sign, no blank.
 * @throws INVALID_INPUT for any other text, for hardened steps, and for more than 255 steps
 */
export function parsePath(path: string): readonly number[] {
  const [root, ...steps] = path.split('/', DEPTH_MAX + 2);
  if (root !== ROOT_PATH) throw wrongPath('it does not begin with "m"');
  if (steps.length > DEPTH_MAX) throw wrongPath(`more than ${DEPTH_MAX} steps`);
  return steps.map(parseIndex);
}

/**
 * The child point of a parent and the left half of its HMAC (BIP-32, public parent key to public child
 * key). One index in 2^127 has none; what to use instead is the caller's choice.
 * @throws INVALID_INPUT where IL is not below q or the child is the identity
 */
export function childPoint(parent: Point, left: Bytes): { child: Point; tweak: Scalar } {
  const tweak = parseInteger(left);
  const child = tweak < ORDER ? parent.add(multiplyBasePublic(tweak)) : undefined;
  if (child === undefined || child.is0()) {
    throw invalidInput('path', 'this index has no key', 'Use the next index instead.');
  }
  return { child, tweak };
}

function index32(index: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}

const fingerprint = (publicKey: Bytes): Bytes =>
  ripemd160(sha256(publicKey)).subarray(0, FINGERPRINT_BYTES);

function walk(publicKey: Bytes, chainCode: Bytes, path: string): Node {
  const indexes = parsePath(path);
  const root = decodePoint(publicKey);
  if (root === undefined) {
    throw invalidInput('publicKey', 'not a point of secp256k1', 'Give its 33 compressed bytes.');
  }
  if (chainCode.length !== CHAIN_CODE_BYTES) {
    throw invalidInput('chainCode', 'of another length', `Give ${CHAIN_CODE_BYTES} bytes.`);
  }
  let point = root;
  let node: Node = {
    publicKey,
    tweak: 0n,
    chainCode,
    depth: 0,
    parent: new Uint8Array(FINGERPRINT_BYTES),
    index: 0,
  };
  for (const index of indexes) {
    const mac = createHmac('sha512', node.chainCode)
      .update(node.publicKey)
      .update(index32(index))
      .digest();
    const { child, tweak } = childPoint(point, mac.subarray(0, 32));
    point = child;
    node = {
      publicKey: encodePoint(child),
      tweak: mod(node.tweak + tweak),
      chainCode: Uint8Array.from(mac.subarray(32)),
      depth: node.depth + 1,
      parent: fingerprint(node.publicKey),
      index,
    };
  }
  return node;
}

/**
 * The key at a path below a key. The child's private key is the root's plus `tweak`.
 * @param publicKey 33 bytes, compressed
 * @param chainCode 32 bytes
 * @throws INVALID_INPUT for a path, a key or a chain code that is none, and for an index without a key
 */
export function derive(publicKey: Bytes, chainCode: Bytes, path: string): DerivedKey {
  const { publicKey: key, tweak, chainCode: code } = walk(publicKey, chainCode, path);
  return { publicKey: key, tweak, chainCode: code };
}

/**
 * The extended public key at a path in BIP-32's serialization format, base58check. Whoever has it
 * sees every address below it.
 * @throws INVALID_INPUT as `derive`
 */
export function xpub(publicKey: Bytes, chainCode: Bytes, path = ROOT_PATH): string {
  const node = walk(publicKey, chainCode, path);
  return createBase58check(sha256).encode(
    concat(
      XPUB_VERSION,
      Uint8Array.of(node.depth),
      node.parent,
      index32(node.index),
      node.chainCode,
      node.publicKey,
    ),
  );
}
