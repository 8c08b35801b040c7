/**
 * The one transaction form that the platform signs: EIP-1559 (type 2), one recipient, empty access
 * list. Unsigned bytes are `0x02 || rlp([chainId, nonce, maxPriorityFeePerGas, maxFeePerGas,
 * gasLimit, to, value, data, accessList])`; the signed form has `yParity, r, s` appended. Decoding is
 * strict: bytes that the encoder would not have made are refused.
 */
import { type Bytes, concat, equalBytes } from '#core/bytes.ts';
import { MAX_UNITS } from '#core/money.ts';
import { addressBytes, formatAddress } from './address.ts';
import { refuse } from './refusal.ts';
import { type RlpItem, decodeRlp, encodeRlp, integerBytes, integerOf } from './rlp.ts';

const TYPE_2 = 2;
const FIELDS = 9;
const UINT64_MAX = 2n ** 64n - 1n;
/** Three times the longest transaction that `explain` accepts; more is refused before it is parsed. */
const SIZE_MAX = 1_024;

/** Amounts are in wei, gas in gas; `to` is canonical (EIP-55). */
export type Transaction = {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly gasLimit: bigint;
  readonly to: string;
  readonly value: bigint;
  readonly data: Bytes;
};

/** y parity and the two 32-byte halves, as integers without leading zeros on the wire. */
export type WireSignature = {
  readonly yParity: 0 | 1;
  readonly r: bigint;
  readonly s: bigint;
};

function fields(transaction: Transaction): readonly RlpItem[] {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, value, data } =
    transaction;
  const fees = [maxPriorityFeePerGas, maxFeePerGas, gasLimit].map(integerBytes);
  const accessList: readonly RlpItem[] = [];
  const head = [integerBytes(chainId), integerBytes(nonce), ...fees];
  return [...head, addressBytes(to), integerBytes(value), data, accessList];
}

export const encodeUnsigned = (transaction: Transaction): Bytes =>
  concat(Uint8Array.of(TYPE_2), encodeRlp(fields(transaction)));

export function encodeSigned(transaction: Transaction, signature: WireSignature): Bytes {
  const { yParity, r, s } = signature;
  const items = [...fields(transaction), ...[BigInt(yParity), r, s].map(integerBytes)];
  return concat(Uint8Array.of(TYPE_2), encodeRlp(items));
}

function integer(item: RlpItem | undefined, name: string, max: bigint): bigint {
  if (!(item instanceof Uint8Array)) return refuse(`${name} is a list`);
  if (item.length > 32) refuse(`${name} has more than 256 bits`);
  const value = integerOf(item, name);
  return value <= max ? value : refuse(`${name} is too large`);
}

function bytesOf(item: RlpItem | undefined, name: string): Bytes {
  return item instanceof Uint8Array ? item : refuse(`${name} is a list`);
}

function recipient(item: RlpItem | undefined): string {
  const bytes = bytesOf(item, 'the recipient');
  if (bytes.length === 0) refuse('the transaction creates a contract');
  return bytes.length === 20 ? formatAddress(bytes) : refuse('the recipient has not 20 bytes');
}

/**
 * Reads an unsigned transaction for one chain.
 * @throws EVIDENCE_REJECTED for another type, another chain, an access list, a field out of range, a
 * tip above the fee, and any encoding but the canonical one
 */
export function decodeUnsigned(bytes: Bytes, chainId: bigint): Transaction {
  if (bytes.length > SIZE_MAX) refuse(`longer than ${SIZE_MAX} bytes`);
  if (bytes[0] !== TYPE_2) refuse('not an EIP-1559 transaction');
  const items = decodeRlp(bytes.subarray(1));
  if (items instanceof Uint8Array || items.length !== FIELDS) return refuse('not nine fields');
  const accessList = items[8];
  if (accessList instanceof Uint8Array || accessList?.length !== 0) refuse('an access list');
  const transaction: Transaction = {
    chainId: integer(items[0], 'the chain id', MAX_UNITS),
    // EIP-2681: the last sequence number is 2^64 - 2.
    nonce: integer(items[1], 'the nonce', UINT64_MAX - 1n),
    maxPriorityFeePerGas: integer(items[2], 'the tip per gas', MAX_UNITS),
    maxFeePerGas: integer(items[3], 'the fee per gas', MAX_UNITS),
    gasLimit: integer(items[4], 'the gas limit', UINT64_MAX),
    to: recipient(items[5]),
    value: integer(items[6], 'the value', MAX_UNITS),
    data: bytesOf(items[7], 'the data'),
  };
  const { maxPriorityFeePerGas, maxFeePerGas, gasLimit } = transaction;
  if (transaction.chainId !== chainId) refuse(`for chain ${transaction.chainId}, not ${chainId}`);
  if (maxPriorityFeePerGas > maxFeePerGas) refuse('the tip exceeds the fee per gas');
  if (gasLimit * maxFeePerGas > MAX_UNITS) refuse('the fee has more than 256 bits');
  // The strict decoder implies this; it is what everything rests on, so it is checked as well.
  if (!equalBytes(encodeUnsigned(transaction), bytes)) refuse('not the canonical encoding');
  return transaction;
}
