/**
 * What one party says to one peer in one round: its broadcast, its direct message, or both; and in the
 * first rounds where its journal stands (`standing.ts`).
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { type PartyId, ProtocolAbort, type Received } from '#signing/kernel.ts';

const HAS_BROADCAST = 1;
const HAS_DIRECT = 2;
const HAS_STANDING = 4;

export type RoundBody = Received & { readonly standing?: Bytes };

/** `flags u8`, then for each part that is present `length u32, bytes`: in the order of the flags. */
export function encodeRoundBody({ broadcast, direct, standing }: RoundBody): Bytes {
  const flags =
    (broadcast === undefined ? 0 : HAS_BROADCAST) |
    (direct === undefined ? 0 : HAS_DIRECT) |
    (standing === undefined ? 0 : HAS_STANDING);
  return concat(
    Uint8Array.of(flags),
    ...measured(broadcast),
    ...measured(direct),
    ...measured(standing),
  );
}

function measured(part: Bytes | undefined): readonly Bytes[] {
  if (part === undefined) return [];
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return [length, part];
}

/**
 * @throws ProtocolAbort `cheat` `MALFORMED_BODY`: the body was authenticated, so only `from` can have
 * written it.
 */
export function decodeRoundBody(body: Bytes, from: PartyId): RoundBody {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const flags = body[0] ?? 0xff;
  let at = 1;
  const part = (flag: number): Bytes | undefined => {
    if ((flags & flag) === 0) return undefined;
    if (at + 4 > body.length) throw malformed(from);
    const end = at + 4 + view.getUint32(at);
    if (end > body.length) throw malformed(from);
    const bytes = body.slice(at + 4, end);
    at = end;
    return bytes;
  };
  const broadcast = part(HAS_BROADCAST);
  const direct = part(HAS_DIRECT);
  const standing = part(HAS_STANDING);
  if (flags > (HAS_BROADCAST | HAS_DIRECT | HAS_STANDING) || at !== body.length)
    throw malformed(from);
  return {
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(direct === undefined ? {} : { direct }),
    ...(standing === undefined ? {} : { standing }),
  };
}

const malformed = (from: PartyId): ProtocolAbort =>
  new ProtocolAbort('cheat', 'MALFORMED_BODY', [from]);
