/** An exported share as text: what a node hands out and the recipient's offline tool reads. */
import { hex, parseHex } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { type Scheme, parseScheme } from '#core/scheme.ts';
import { invalidInput } from '#core/errors.ts';
import type { PartyId } from '#signing/kernel.ts';
import type { ExportedShare } from './export.ts';

const DOMAIN = 'countersign/exported-share/v1';

/** One line of canonical JSON; bytes in hex. */
export const exportedText = (scheme: Scheme, { party, key, box }: ExportedShare): string =>
  canonicalText({
    domain: DOMAIN,
    scheme,
    party,
    threshold: key.threshold,
    publicKey: hex(key.publicKey),
    chainCode: hex(key.chainCode),
    holders: key.parties.map((holder) => ({
      party: holder,
      verifyingShare: hex(key.verifyingShares.get(holder) as Uint8Array),
    })),
    box: hex(box),
  });

type Fields = Readonly<Record<string, unknown>>;

const wrong = (what: string) =>
  invalidInput('share', what, 'Give the text as the node wrote it, unchanged.');

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw wrong('a field is no text');
};

const numberOf = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong('a field is no whole number');
};

/** @throws INVALID_INPUT when the text is not exactly what `exportedText` writes */
export function parseExportedText(text: string): {
  readonly scheme: Scheme;
  readonly share: ExportedShare;
} {
  let fields: Fields;
  try {
    fields = (JSON.parse(text) ?? {}) as Fields;
  } catch {
    throw wrong('not JSON');
  }
  const holders = Array.isArray(fields['holders']) ? (fields['holders'] as Fields[]) : [];
  const verifyingShares = new Map<PartyId, Uint8Array>(
    holders.map((one) => [
      numberOf(one['party']),
      parseHex(textOf(one['verifyingShare']), 'share'),
    ]),
  );
  const scheme = parseScheme(textOf(fields['scheme']));
  const share: ExportedShare = {
    party: numberOf(fields['party']),
    key: {
      parties: [...verifyingShares.keys()],
      threshold: numberOf(fields['threshold']),
      publicKey: parseHex(textOf(fields['publicKey']), 'share'),
      verifyingShares,
      chainCode: parseHex(textOf(fields['chainCode']), 'share'),
    },
    box: parseHex(textOf(fields['box']), 'share'),
  };
  if (exportedText(scheme, share) !== text) throw wrong('not in its one spelling');
  return { scheme, share };
}
