/**
 * Signatures that show that new shares sign, before the old ones are given up: enough sets to cover
 * every node, each over a digest that every node makes by itself from the session and that is no hash
 * of any transaction.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import { canonicalBytes, hashOf } from '#core/canonical.ts';
import {
  type Outgoing,
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Random,
  type Received,
} from '#signing/kernel.ts';
import type { SchemeProtocols } from './protocols.ts';
import type { Session } from './session.ts';

/** ceil(n / size) sets of this size, each party in at least one; all ascending. */
export function coveringSets(
  parties: readonly PartyId[],
  size: number,
): readonly (readonly PartyId[])[] {
  const sets: PartyId[][] = [];
  for (let at = 0; at < parties.length; at += size) {
    const from = Math.min(at, parties.length - size);
    sets.push(parties.slice(from, from + size));
  }
  return sets;
}

/** More than any scheme takes: nobody keeps a session going for ever. */
const ROUNDS_MAX = 16;
const GOES_ON = 0;
const IS_DONE = 1;

const flagged = (flag: number, broadcast: Bytes = new Uint8Array()): Bytes =>
  concat(Uint8Array.of(flag), broadcast);

function unflagged({ broadcast, direct }: Received): Received {
  const content = broadcast?.subarray(1) ?? new Uint8Array();
  return {
    ...(content.length === 0 ? {} : { broadcast: content }),
    ...(direct === undefined ? {} : { direct }),
  };
}

/**
 * A protocol of some parties inside a session of more: the others say nothing until all members are
 * done. `protocol` is a member's part.
 */
export function* among<T>(
  members: readonly PartyId[],
  me: PartyId,
  protocol: Protocol<T> | undefined,
): Protocol<T | undefined> {
  let step = protocol?.next();
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const words: Outgoing | undefined = step?.done === false ? step.value : undefined;
    const isDone = words === undefined;
    const { broadcast, direct } = words ?? {};
    const incoming = yield {
      broadcast: flagged(isDone ? IS_DONE : GOES_ON, broadcast),
      ...(direct === undefined ? {} : { direct }),
    };
    const others = [...incoming].filter(([party]) => members.includes(party) && party !== me);
    const isOver = isDone && others.every(([, received]) => received.broadcast?.[0] === IS_DONE);
    if (isOver) return step?.done === true ? step.value : undefined;
    if (!isDone) {
      step = protocol?.next(new Map(others.map(([party, one]) => [party, unflagged(one)])));
    }
  }
  throw new ProtocolAbort('benign', 'TOO_MANY_ROUNDS');
}

export type TestedKey = {
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  readonly threshold: number;
  readonly scheme: SchemeProtocols;
  /** Nothing for a party that will hold no share. */
  readonly share: Bytes | undefined;
  readonly pairs: ReadonlyMap<PartyId, Bytes>;
  readonly random: Random;
};

/** Every party of the session takes part. @throws ProtocolAbort when a signature does not verify */
export async function testSignatures(session: Session, key: TestedKey): Promise<void> {
  const { me, scheme, share, pairs, random } = key;
  for (const [index, signers] of coveringSets(key.parties, key.threshold).entries()) {
    const about = { domain: 'countersign/test-signature/v1', sid: session.sid, index };
    const context = session.context(`test-signature-${index}`);
    const part =
      share !== undefined && signers.includes(me)
        ? scheme.sign({
            me,
            parties: signers,
            context,
            random,
            share,
            pairs,
            payload: { digest: hashOf(about), message: canonicalBytes(about) },
            tweak: 0n,
          })
        : undefined;
    await session.run(among(signers, me, part));
  }
}
