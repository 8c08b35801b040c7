/**
 * What an argument of a contract call, or a field of typed data, can be compared with. Both take their
 * types from Solidity's ABI (docs.soliditylang.org, "ABI specification, types"; EIP-712).
 */

/** `other`: lists, functions and structures without parts, which nothing compares. */
export type ArgumentType = 'address' | 'number' | 'text' | 'boolean' | 'other';

/** @param solidity e.g. `uint256`, `address`, `bytes32[]` */
export function argumentType(solidity: string): ArgumentType {
  if (/^u?int(?:\d{1,3})?$/.test(solidity)) return 'number';
  if (solidity === 'address') return 'address';
  if (solidity === 'bool') return 'boolean';
  if (solidity === 'string' || /^bytes(?:\d{1,2})?$/.test(solidity)) return 'text';
  return 'other';
}

/**
 * Fields of messages that a standard defines, so that no file need repeat them. `Permit` is the one of
 * EIP-2612; a token with another one has its types in an imported file, which then counts.
 */
export const STANDARD_TYPES: ReadonlyMap<string, ReadonlyMap<string, ArgumentType>> = new Map([
  [
    'Permit',
    new Map<string, ArgumentType>([
      ['owner', 'address'],
      ['spender', 'address'],
      ['value', 'number'],
      ['nonce', 'number'],
      ['deadline', 'number'],
    ]),
  ],
]);
