/**
 * Address keys of spellings met before. The same recipients come again and again, and reading one
 * takes longer than deciding about it. Bounded, and forgotten all at once: what is remembered
 * changes no answer.
 */
import { type AddressKey, addressKey } from './address.ts';

const REMEMBERED_MAX = 1 << 14;

const keys = new Map<string, AddressKey>();

/** As `addressKey`: undefined when the text is no address. */
export function knownAddressKey(text: string): AddressKey | undefined {
  const key = keys.get(text);
  if (key !== undefined) return key;
  const read = addressKey(text);
  if (read === undefined) return undefined;
  if (keys.size >= REMEMBERED_MAX) keys.clear();
  keys.set(text, read);
  return read;
}
