/** A protocol of some parties inside a session of more. */
import { type Bytes, concat } from '#core/bytes.ts';
import {
  type Outgoing,
  type PartyId,
  type Protocol,
  ProtocolAbort,
  type Received,
} from '#signing/kernel.ts';

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
