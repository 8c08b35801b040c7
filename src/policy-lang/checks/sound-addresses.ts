import { type AddressKey, readAddress } from '#policy-lang/values/address.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { Written } from '#policy-lang/syntax/syntax.ts';
import type { AddressFamily } from '#policy-lang/world.ts';

/**
 * Check 4: an address that a person wrote has its checksum, or the length of its family. A wrong one
 * has no fix: which digit was mistyped, only its source tells.
 */
export function readSoundAddress(
  report: Report,
  written: Written,
  family?: AddressFamily,
): AddressKey | undefined {
  const read = readAddress(written.text, family);
  if (read.ok) return read.key;
  report.add('BAD_ADDRESS', written.span, read.message, read.hint);
  return undefined;
}
