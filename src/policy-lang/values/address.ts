/**
 * Addresses as the language compares them: family and bytes. An EVM address must carry its checksum
 * (EIP-55), because a mistyped digit in a list of vendors moves money to a stranger; a Bitcoin address
 * has one in any case. A Solana address has none; it must stand for exactly 32 bytes.
 */
import { hex, utf8 } from '#core/bytes.ts';
import { keccak256 } from '#core/hashing.ts';
import { bitcoinFault, looksLikeBech32 } from './bitcoin-address.ts';
import { interned } from '#policy-lang/deciding/interned.ts';
import type { AddressFamily } from '#policy-lang/world.ts';

/**
 * `evm:` and 40 lower-case hex digits, `solana:` and the address in base58, or `bitcoin:` and the
 * address, in lower case where it is Bech32.
 */
export type AddressKey = string & { readonly __address: true };

export type AddressReading =
  | { readonly ok: true; readonly key: AddressKey }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const EVM = /^0x[0-9a-fA-F]{40}$/;
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const SOLANA_BYTES = 32;

/** The address with its EIP-55 capitals. The digits are taken as they are. */
export function checksummed(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = hex(keccak256(utf8(digits)));
  const capital = (digit: string, index: number): string =>
    Number.parseInt(hash.charAt(index), 16) >= 8 ? digit.toUpperCase() : digit;
  return `0x${[...digits].map(capital).join('')}`;
}

/** The key of an address that something else has checked already, undefined when it is none. */
export function addressKey(address: string): AddressKey | undefined {
  if (EVM.test(address)) return interned(`evm:${address.slice(2).toLowerCase()}` as AddressKey);
  if (isSolana(address)) return interned(`solana:${address}` as AddressKey);
  return bitcoinFault(address) === undefined ? bitcoinKey(address) : undefined;
}

const bitcoinKey = (address: string): AddressKey =>
  interned(`bitcoin:${looksLikeBech32(address) ? address.toLowerCase() : address}` as AddressKey);

/** Whether the text is base58 of 32 bytes. Each leading 1 is a zero byte. */
function isSolana(text: string): boolean {
  if (!BASE58.test(text)) return false;
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(ALPHABET.indexOf(letter));
  const zeros = (/^1*/.exec(text) as RegExpExecArray)[0].length;
  const digits = value === 0n ? 0 : value.toString(16).length;
  return zeros + Math.ceil(digits / 2) === SOLANA_BYTES;
}

/** Reads an address that a person wrote; of this family, where it is known. */
export function readAddress(text: string, family?: AddressFamily): AddressReading {
  switch (family ?? familyByShape(text)) {
    case 'evm':
      return readEvm(text);
    case 'solana':
      return readSolana(text);
    default:
      return readBitcoin(text);
  }
}

/** The family that a text is written like; which one it belongs to, its checksum or length says. */
function familyByShape(text: string): AddressFamily {
  if (looksLikeBech32(text)) return 'bitcoin';
  if (BASE58.test(text)) return bitcoinFault(text) === undefined ? 'bitcoin' : 'solana';
  return /^[13][1-9A-HJ-NP-Za-km-z]{25,34}$/.test(text) ? 'bitcoin' : 'evm';
}

function readBitcoin(text: string): AddressReading {
  const fault = bitcoinFault(text);
  if (fault === undefined) return { ok: true, key: bitcoinKey(text) };
  const message = `This is not an address of a Bitcoin network: it ${fault}.`;
  return { ok: false, message, hint: 'Copy the address from its source again.' };
}

function readSolana(text: string): AddressReading {
  const key = addressKey(text);
  if (key?.startsWith('solana:')) return { ok: true, key };
  const foreign = /[^1-9A-HJ-NP-Za-km-z]/u.exec(text)?.[0];
  const found =
    foreign === undefined ? 'does not stand for 32 bytes' : `contains ${JSON.stringify(foreign)}`;
  const message = `This is not an address of a Solana network: it ${found}.`;
  return { ok: false, message, hint: 'Copy the address from its source again.' };
}

function readEvm(text: string): AddressReading {
  const key = EVM.test(text) ? addressKey(text) : undefined;
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
