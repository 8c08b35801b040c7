/**
 * What an unsigned transaction or a permit does, read from its bytes: a native transfer with empty data, or an
 * ERC-20 `transfer(address,uint256)` or `approve(address,uint256)` of a token that the registry lists, or an
 * EIP-2612 permit of one. All else is refused: what cannot be explained is not signed.
 */
import type { Effect, Explanation, Network } from '#chains/adapter.ts';
import { tokenAt } from '#chains/registry.ts';
import { isUnlimited } from '#core/allowance.ts';
import { type Bytes, concat, equalBytes, hex } from '#core/bytes.ts';
import { formatAddress } from './address.ts';
import { decodePermit, isTypedData } from './permit.ts';
import { refuse } from './refusal.ts';
import { type Transaction, decodeUnsigned } from './transaction.ts';
import { WORD_BYTES, addressWord, word } from './word.ts';

/** First four bytes of Keccak-256("transfer(address,uint256)"), ERC-20. */
const TRANSFER = Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb);
/** First four bytes of Keccak-256("approve(address,uint256)"), ERC-20. */
const APPROVE = Uint8Array.of(0x09, 0x5e, 0xa7, 0xb3);
const PADDING = new Uint8Array(12);
const CALL_BYTES = TRANSFER.length + 2 * WORD_BYTES;

const callOf = (selector: Bytes, address: string, units: bigint): Bytes =>
  concat(selector, addressWord(address), word(units));

/** The call data of `transfer(to, units)`: 68 bytes. */
export const transferCall = (to: string, units: bigint): Bytes => callOf(TRANSFER, to, units);

/** The call data of `approve(spender, units)`: 68 bytes. */
export const approveCall = (spender: string, units: bigint): Bytes =>
  callOf(APPROVE, spender, units);

function tokenCall(network: Network, { to, value, data }: Transaction, from: string): Effect {
  const asset = tokenAt(network, to) ?? refuse(`calls ${to}, which is no registered token`);
  if (value !== 0n) refuse('a token call that also sends the native asset');
  if (data.length !== CALL_BYTES) refuse(`a token call of ${data.length} bytes, not ${CALL_BYTES}`);
  const kind = kindOf(data.subarray(0, 4));
  if (!equalBytes(data.subarray(4, 16), PADDING)) refuse('the address is not padded with zeros');
  const units = BigInt(`0x${hex(data.subarray(36))}`);
  const movement = { asset: asset.id, from, to: formatAddress(data.subarray(16, 36)), units };
  if (kind === 'transfer') return { kind, ...movement };
  return { kind, ...movement, unlimited: isUnlimited(units) };
}

function kindOf(selector: Bytes): 'transfer' | 'allowance' {
  if (equalBytes(selector, TRANSFER)) return 'transfer';
  if (equalBytes(selector, APPROVE)) return 'allowance';
  return refuse(`calls the function 0x${hex(selector)}, neither transfer nor approve`);
}

function nativeTransfer(network: Network, { to, value }: Transaction, from: string): Effect {
  return { kind: 'transfer', asset: network.native, from, to, units: value };
}

/** @throws EVIDENCE_REJECTED with the reason */
export const explain = (network: Network, unsigned: Bytes, from: string): Explanation =>
  isTypedData(unsigned)
    ? explainPermit(network, unsigned, from)
    : explainTransaction(network, unsigned, from);

/** A permit costs nothing; whoever executes it pays the fee. */
function explainPermit(network: Network, unsigned: Bytes, from: string): Explanation {
  const { asset, owner, spender, units, nonce, deadline } = decodePermit(network, unsigned);
  if (owner !== from) refuse(`a permit of ${owner}, not of ${from}`);
  const movement = { asset: asset.id, from, to: spender, units };
  return {
    network: network.id,
    effects: [{ kind: 'permit', ...movement, unlimited: isUnlimited(units), deadline }],
    feeMax: { asset: network.native, units: 0n },
    nonce,
    parameters: {},
  };
}

function explainTransaction(network: Network, unsigned: Bytes, from: string): Explanation {
  const transaction = decodeUnsigned(unsigned, network.chainId);
  const { nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, data } = transaction;
  const read = data.length === 0 ? nativeTransfer : tokenCall;
  return {
    network: network.id,
    effects: [read(network, transaction, from)],
    feeMax: { asset: network.native, units: gasLimit * maxFeePerGas },
    nonce,
    parameters: { gasLimit, maxFeePerGas, maxPriorityFeePerGas },
  };
}
