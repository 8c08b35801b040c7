/** The digest that is signed, and what a signature makes of it: the signed transaction, or the permit's own 65 bytes. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Network, Payload, SealedTransaction, Signature } from '#chains/adapter.ts';
import { type Bytes, concat, hex } from '#core/bytes.ts';
import { keccak256 } from '#core/hashing.ts';
import { addressOf } from './address.ts';
import { decodePermit, isTypedData, permitDigest } from './permit.ts';
import { refuse } from './refusal.ts';
import { type WireSignature, decodeUnsigned, encodeSigned } from './transaction.ts';
import { word } from './word.ts';

const ORDER = secp256k1.Point.Fn.ORDER;
/** EIP-2 admits s up to half the order, so that nobody can flip a signature into a second hash. */
const S_MAX = ORDER / 2n;

/**
 * One payload: Keccak-256 of the whole unsigned transaction, or EIP-712's digest of a permit.
 * @throws EVIDENCE_REJECTED
 */
export const payloads = (network: Network, unsigned: Bytes): readonly Payload[] => [
  { digest: digestOf(network, unsigned) },
];

function digestOf(network: Network, unsigned: Bytes): Bytes {
  if (isTypedData(unsigned)) return permitDigest(network, decodePermit(network, unsigned));
  decodeUnsigned(unsigned, network.chainId);
  return keccak256(unsigned);
}

function wireSignature(signature: Signature): WireSignature {
  if (!('r' in signature)) return refuse('a signature of another curve');
  const { r, s, recovery } = signature;
  if (r.length !== 32 || s.length !== 32) refuse('r and s must have 32 bytes each');
  const [rInt, sInt] = [BigInt(`0x${hex(r)}`), BigInt(`0x${hex(s)}`)];
  if (rInt === 0n || rInt >= ORDER || sInt === 0n || sInt >= ORDER) refuse('r or s out of range');
  if (sInt > S_MAX) refuse('the signature has a high s');
  // 2 and 3 say that r overflowed the order, which the chain cannot express.
  if (recovery !== 0 && recovery !== 1) return refuse('the recovery number is neither 0 nor 1');
  return { yParity: recovery, r: rInt, s: sInt };
}

/** The address whose key made this signature: what the chain will take as the sender. */
function signerOf({ r, s, yParity }: WireSignature, digest: Bytes): string {
  const signature = new secp256k1.Signature(r, s, yParity);
  try {
    return addressOf(signature.recoverPublicKey(digest).toBytes(true));
  } catch {
    return refuse('the signature belongs to no key');
  }
}

/** @throws EVIDENCE_REJECTED unless there is one low-s signature that recovers to `from` */
export function seal(
  network: Network,
  unsigned: Bytes,
  signatures: readonly Signature[],
  from: string,
): SealedTransaction {
  const signer = signerOf(onlyOf(signatures), digestOf(network, unsigned));
  // A wrong recovery number passes ordinary verification and makes a stranger the sender.
  if (signer !== from) refuse(`signed by ${signer}, not by ${from}`);
  return assemble(network, unsigned, signatures);
}

/** @throws EVIDENCE_REJECTED unless there is one low-s signature */
export function assemble(
  network: Network,
  unsigned: Bytes,
  signatures: readonly Signature[],
): SealedTransaction {
  const signature = onlyOf(signatures);
  if (isTypedData(unsigned)) return sealPermit(digestOf(network, unsigned), signature);
  const transaction = decodeUnsigned(unsigned, network.chainId);
  const raw = encodeSigned(transaction, signature);
  return { raw, hash: `0x${hex(keccak256(raw))}` };
}

/** r, s and v as wallets write them one after the other: v is 27 or 28. A permit is known by its digest. */
function sealPermit(digest: Bytes, { r, s, yParity }: WireSignature): SealedTransaction {
  const raw = concat(word(r), word(s), Uint8Array.of(27 + yParity));
  return { raw, hash: `0x${hex(digest)}` };
}

function onlyOf([signature, ...more]: readonly Signature[]): WireSignature {
  if (signature === undefined || more.length > 0) return refuse('not exactly one signature');
  return wireSignature(signature);
}
