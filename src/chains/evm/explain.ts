/**
 * What an unsigned transaction does, read from its bytes: a native transfer with empty data, or an
 * ERC-20 `transfer(address,uint256)` of a token that the registry lists. All else is refused: what
 * cannot be explained is not signed.
 */
import type { Asset, Explanation, Network } from '#chains/adapter.ts';
import { tokenAt } from '#chains/registry.ts';
import { type Bytes, concat, equalBytes, hex } from '#core/bytes.ts';
import { addressBytes, formatAddress } from './address.ts';
import { refuse } from './refusal.ts';
import { integerBytes } from './rlp.ts';
import { type Transaction, decodeUnsigned } from './transaction.ts';

/** First four bytes of Keccak-256("transfer(address,uint256)"), ERC-20. */
const TRANSFER = Uint8Array.of(0xa9, 0x05, 0x9c, 0xbb);
const WORD = 32;
const PADDING = new Uint8Array(12);
const CALL_BYTES = TRANSFER.length + 2 * WORD;

/** An unsigned integer as a 32-byte word of the contract ABI. */
function word(value: bigint): Bytes {
  const bytes = integerBytes(value);
  return concat(new Uint8Array(WORD - bytes.length), bytes);
}

/** The call data of `transfer(to, units)`: 68 bytes. */
export const transferCall = (to: string, units: bigint): Bytes =>
  concat(TRANSFER, PADDING, addressBytes(to), word(units));

type Movement = { readonly asset: Asset; readonly to: string; readonly units: bigint };

function tokenTransfer(network: Network, { to, value, data }: Transaction): Movement {
  const asset = tokenAt(network, to) ?? refuse(`calls ${to}, which is no registered token`);
  if (value !== 0n) refuse('a token call that also sends the native asset');
  if (data.length !== CALL_BYTES) refuse(`a token call of ${data.length} bytes, not ${CALL_BYTES}`);
  const selector = data.subarray(0, 4);
  if (!equalBytes(selector, TRANSFER))
    refuse(`calls the function 0x${hex(selector)}, not transfer`);
  if (!equalBytes(data.subarray(4, 16), PADDING)) refuse('the recipient is not padded with zeros');
  const recipient = formatAddress(data.subarray(16, 36));
  return { asset, to: recipient, units: BigInt(`0x${hex(data.subarray(36))}`) };
}

function nativeTransfer(network: Network, { to, value }: Transaction): Movement {
  const asset = network.assets.find((asset) => asset.id === network.native);
  if (asset === undefined) throw new Error(`${network.id} lacks its native asset`);
  return { asset, to, units: value };
}

/** @throws EVIDENCE_REJECTED with the reason */
export function explain(network: Network, unsigned: Bytes, from: string): Explanation {
  const transaction = decodeUnsigned(unsigned, network.chainId);
  const { nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas, data } = transaction;
  const read = data.length === 0 ? nativeTransfer : tokenTransfer;
  const { asset, to, units } = read(network, transaction);
  return {
    network: network.id,
    effects: [{ kind: 'transfer', asset: asset.id, from, to, units }],
    feeMax: { asset: network.native, units: gasLimit * maxFeePerGas },
    nonce,
    parameters: { gasLimit, maxFeePerGas, maxPriorityFeePerGas },
  };
}
