/** What the dealer of an import hands over: the announcement, and each node's share in a box for it. */
import { type Bytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import type { PartyId, Random } from '#signing/kernel.ts';
import type { Element, PrimeGroup } from '#signing/prime-group.ts';
import type { Announcement, Split } from './import.ts';
import { openSealed, sealTo } from './sealed-box.ts';

/** Public: the boxes open for their nodes only. */
export type SealedDealing = {
  readonly announcement: Announcement;
  /** By party. */
  readonly boxes: ReadonlyMap<PartyId, Bytes>;
};

const DOMAIN = 'countersign/import/v1';

const announced = ({ parties, threshold, coefficients, chainCode }: Announcement) => ({
  parties: [...parties],
  threshold,
  coefficients: coefficients.map(hex),
  chainCode: hex(chainCode),
});

/** What a box is bound to: this dealing and its party. */
const purposeOf = (announcement: Announcement, party: PartyId): Bytes =>
  hashOf({ domain: DOMAIN, party, announcement: announced(announcement) });

/** @param recipients each party's X25519 key, 32 bytes */
export function sealDealing<P extends Element<P>>(
  group: PrimeGroup<P>,
  { announcement, shares }: Split,
  recipients: ReadonlyMap<PartyId, Bytes>,
  random: Random,
): SealedDealing {
  const boxes = new Map(
    [...shares].map(([party, share]) => {
      const recipient = recipients.get(party);
      if (recipient === undefined) throw new RangeError(`there is no key of party ${party}`);
      const purpose = purposeOf(announcement, party);
      return [party, sealTo(recipient, purpose, group.encodeScalar(share), random)] as const;
    }),
  );
  return { announcement, boxes };
}

/** This party's share as the group encodes it, or undefined when the box is not for it. */
export function openDealing(
  { announcement, boxes }: SealedDealing,
  party: PartyId,
  secret: Bytes,
): Bytes | undefined {
  const box = boxes.get(party);
  return box === undefined ? undefined : openSealed(secret, purposeOf(announcement, party), box);
}

/** One line of canonical JSON; bytes in hex. */
export const dealingText = ({ announcement, boxes }: SealedDealing): string =>
  canonicalText({
    domain: DOMAIN,
    ...announced(announcement),
    boxes: announcement.parties.map((party) => hex(boxes.get(party) ?? utf8(''))),
  });

type Fields = Readonly<Record<string, unknown>>;

const wrong = (what: string) =>
  invalidInput('dealing', what, 'Give the text as the dealer wrote it, unchanged.');

const listOf = <T>(value: unknown, read: (one: unknown) => T): readonly T[] => {
  if (Array.isArray(value)) return value.map(read);
  throw wrong('a field is no list');
};

const bytesOf = (value: unknown): Bytes => {
  if (typeof value === 'string') return parseHex(value, 'dealing');
  throw wrong('a field is not in hex');
};

const numberOf = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong('a field is no whole number');
};

/** @throws INVALID_INPUT when the text is not exactly what `dealingText` writes */
export function parseDealing(text: string): SealedDealing {
  let fields: Fields;
  try {
    fields = (JSON.parse(text) ?? {}) as Fields;
  } catch {
    throw wrong('not JSON');
  }
  const parties = listOf(fields['parties'], numberOf);
  const boxes = listOf(fields['boxes'], bytesOf);
  const dealing: SealedDealing = {
    announcement: {
      parties,
      threshold: numberOf(fields['threshold']),
      coefficients: listOf(fields['coefficients'], bytesOf),
      chainCode: bytesOf(fields['chainCode']),
    },
    boxes: new Map(parties.map((party, at) => [party, boxes[at] ?? utf8('')])),
  };
  if (dealingText(dealing) !== text) throw wrong('not in its one spelling');
  return dealing;
}
