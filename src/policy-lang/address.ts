/**
 * Addresses as the language compares them: family and bytes. The spelling must carry its checksum
 * (EIP-55), because a mistyped digit in a list of vendors moves money to a stranger.
 */
import { hex, utf8 } from '#core/bytes.ts';
import { keccak256 } from '#core/hashing.ts';

/** `evm:` and 40 lower-case hex digits. */
export type AddressKey = string & { readonly __address: true };

export type AddressReading =
  | { readonly ok: true; readonly key: AddressKey }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const EVM = /^0x[0-9a-fA-F]{40}$/;

/** The address with its EIP-55 capitals. The digits are taken as they are. */
export function checksummed(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = hex(keccak256(utf8(digits)));
  const capital = (digit: string, index: number): string =>
    Number.parseInt(hash.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit;
  return `0x${[...digits].map(capital).join('')}`;
}

/** The key of an address that something else has checked already, undefined when it is none. */
export const addressKey = (address: string): AddressKey | undefined =>
  EVM.test(address) ? (`evm:${address.slice(2).toLowerCase()}` as AddressKey) : undefined;

/** Reads an address that a person wrote. */
export function readAddress(text: string): AddressReading {
  const key = addressKey(text);
  if (key === undefined) {
    const found = text.startsWith('0X') ? 'begins with "0X"' : describe(text);
    const message = `This is not an address: it ${found}.`;
    return { ok: false, message, hint: 'An address is 0x and 40 digits 0-9, a-f.' };
  }
  const right = checksummed(text);
  if (right === text) return { ok: true, key };
  const digits = text.slice(2);
  if (digits === digits.toLowerCase() || digits === digits.toUpperCase()) {
    const hint = `Compare every digit with its source, then write ${right}.`;
    return { ok: false, message: 'The address is written without its checksum (EIP-55).', hint };
  }
  return {
    ok: false,
    message: 'The checksum of the address is wrong (EIP-55): a digit or a capital was mistyped.',
    hint: 'Copy the address from its source again.',
  };
}

function describe(text: string): string {
  if (!text.startsWith('0x')) return 'does not begin with "0x"';
  const digits = text.slice(2);
  const foreign = /[^0-9a-fA-F]/u.exec(digits)?.[0];
  if (foreign !== undefined) return `contains ${JSON.stringify(foreign)}`;
  return `has ${digits.length} digits`;
}
