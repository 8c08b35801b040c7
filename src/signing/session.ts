/**
 * What the protocols' rounds share: the session id that no party chooses alone, and one exchange of
 * messages with strict decoding and the digest that a later round echoes.
 */
import { type Bytes, concat } from '#core/bytes.ts';
import {
  type Incoming,
  type Outgoing,
  type PartyId,
  ProtocolAbort,
  type Random,
  requireConsistent,
  requireParties,
} from './kernel.ts';
import { DIGEST_BYTES, type Part, digest } from './transcript.ts';
import {
  EVERYBODY,
  type Header,
  type Layout,
  type Values,
  bytes,
  decodeBody,
  encodeBody,
} from './wire.ts';

/** The number of each protocol in a message's header. */
export const PROTOCOLS = {
  keygen: 1,
  pairs: 2,
  presign: 3,
  online: 4,
  'frost-sign': 6,
  refresh: 16,
  reshare: 17,
  import: 18,
  export: 19,
} as const;
export type ProtocolName = keyof typeof PROTOCOLS;

/** One round's messages. An empty layout stands where the round has no message of that kind. */
export type Round<B extends Layout, D extends Layout> = {
  readonly number: number;
  readonly broadcast: B;
  readonly direct: D;
};

/** One party's view of one running session. */
export type Session = {
  readonly protocol: ProtocolName;
  readonly me: PartyId;
  /** All parties, ascending, `me` among them. */
  readonly parties: readonly PartyId[];
  readonly peers: readonly PartyId[];
  /** 32 bytes: the session id, and the scope in the header of its messages. */
  readonly id: Bytes;
};

/** What the peers sent in one round, decoded, and the digest of all its broadcasts. */
export type Heard<B extends Layout, D extends Layout> = {
  readonly broadcast: ReadonlyMap<PartyId, Values<B>>;
  readonly direct: ReadonlyMap<PartyId, Values<D>>;
  /** Over every party's broadcast body in id order, the own one included: equal for all parties. */
  readonly echo: Bytes;
  /** Over the two direct bodies of this party and a peer, lower id first: equal for both of them. */
  readonly pairEcho: (peer: PartyId) => Bytes;
};

export const NOTHING = {} as const;

const NONCE_BYTES = 32;

/** Round 0 of every protocol that begins a session. */
export const NONCE_ROUND = {
  number: 0,
  broadcast: { nonce: bytes(NONCE_BYTES) },
  direct: NOTHING,
} as const satisfies Round<Layout, Layout>;

const isEmpty = (layout: Layout): boolean => Object.keys(layout).length === 0;

/** What was heard from one peer, or why it does not count. */
function decodeFrom<B extends Layout, D extends Layout>(
  round: Round<B, D>,
  headerOf: (from: PartyId, to: PartyId) => Header,
  me: PartyId,
  from: PartyId,
  incoming: Incoming,
) {
  const received = incoming.get(from);
  const decode = <L extends Layout>(layout: L, to: PartyId, body: Bytes | undefined) => {
    if (isEmpty(layout)) {
      const nothing = { kind: 'values', values: {} as Values<L> } as const;
      return body === undefined ? nothing : ({ kind: 'malformed' } as const);
    }
    if (body === undefined) return { kind: 'malformed' } as const;
    return decodeBody(layout, headerOf(from, to), body);
  };
  return {
    broadcast: decode(round.broadcast, EVERYBODY, received?.broadcast),
    direct: decode(round.direct, me, received?.direct),
  };
}

/**
 * Sends this party's messages of a round and decodes everybody else's.
 * @throws ProtocolAbort `benign` `PEER_MISSING`, `cheat` `MALFORMED_MESSAGE` with the senders,
 *   `inconsistent` `FOREIGN_SESSION` where a well-formed message belongs to another session
 */
export function* exchange<B extends Layout, D extends Layout>(
  session: Session,
  round: Round<B, D>,
  mine: {
    readonly broadcast: Values<B>;
    readonly direct: (peer: PartyId) => Values<D>;
  },
): Generator<Outgoing, Heard<B, D>, Incoming> {
  const { me, parties, peers } = session;
  const headerOf = (from: PartyId, to: PartyId): Header => ({
    protocol: PROTOCOLS[session.protocol],
    round: round.number,
    from,
    to,
    scope: session.id,
  });
  const own = isEmpty(round.broadcast)
    ? undefined
    : encodeBody(round.broadcast, headerOf(me, EVERYBODY), mine.broadcast);
  const direct = isEmpty(round.direct)
    ? undefined
    : new Map(peers.map((to) => [to, encodeBody(round.direct, headerOf(me, to), mine.direct(to))]));
  const incoming = yield {
    ...(own === undefined ? {} : { broadcast: own }),
    ...(direct === undefined ? {} : { direct }),
  };

  const missing = peers.filter((peer) => !incoming.has(peer));
  if (missing.length > 0) throw new ProtocolAbort('benign', 'PEER_MISSING', missing);
  const broadcastOf = new Map<PartyId, Values<B>>();
  const directOf = new Map<PartyId, Values<D>>();
  const malformed: PartyId[] = [];
  let foreign = false;
  for (const peer of peers) {
    const heard = decodeFrom(round, headerOf, me, peer, incoming);
    for (const one of [heard.broadcast, heard.direct]) foreign ||= one.kind === 'foreign';
    if (heard.broadcast.kind === 'malformed' || heard.direct.kind === 'malformed') {
      malformed.push(peer);
    }
    if (heard.broadcast.kind === 'values') broadcastOf.set(peer, heard.broadcast.values);
    if (heard.direct.kind === 'values') directOf.set(peer, heard.direct.values);
  }
  if (malformed.length > 0) throw new ProtocolAbort('cheat', 'MALFORMED_MESSAGE', malformed);
  requireConsistent('FOREIGN_SESSION', !foreign);
  const bodies = parties.map((party) =>
    party === me ? (own ?? concat()) : (incoming.get(party)?.broadcast ?? concat()),
  );
  const echo = digest('session/echo', session.id, round.number, [...parties], bodies);
  const pairEcho = (peer: PartyId): Bytes => {
    const [sent, got] = [direct?.get(peer) ?? concat(), incoming.get(peer)?.direct ?? concat()];
    const ordered = me < peer ? [me, sent, peer, got] : [peer, got, me, sent];
    return digest('session/pair-echo', session.id, round.number, ordered);
  };
  return { broadcast: broadcastOf, direct: directOf, echo, pairEcho };
}

/**
 * Round 0: every party contributes 32 fresh bytes, and the session id is the hash of all of them with
 * what the session is for. Until then messages carry the hash of that purpose alone, so that parties
 * who were asked for different things part before anything secret is computed.
 * @param purpose what else all parties must agree on, such as the threshold
 */
export function* openSession(p: {
  readonly protocol: ProtocolName;
  readonly me: PartyId;
  readonly parties: readonly PartyId[];
  readonly context: Bytes;
  readonly purpose: readonly Part[];
  readonly random: Random;
}): Generator<Outgoing, Session, Incoming> {
  requireParties(p.me, p.parties);
  const parties = [...p.parties];
  const peers = parties.filter((party) => party !== p.me);
  const scope = digest('session/purpose', p.protocol, p.context, parties, [...p.purpose]);
  const waiting: Session = { protocol: p.protocol, me: p.me, parties, peers, id: scope };
  const nonce = p.random(NONCE_BYTES);
  const heard = yield* exchange(waiting, NONCE_ROUND, {
    broadcast: { nonce },
    direct: () => NOTHING,
  });
  const nonces = parties.map((party) =>
    party === p.me ? nonce : (heard.broadcast.get(party) as { nonce: Bytes }).nonce,
  );
  return { ...waiting, id: digest('session/id', scope, nonces) };
}

/**
 * Randomness for the secrets of one session: drawn bytes hashed with the session id and a long-term
 * secret. A machine whose state was copied draws the same bytes twice, but not in the same session
 * (RFC 8937 hedges a generator in the same way).
 */
export function hedgedRandom(session: Session, secret: Bytes, random: Random): Random {
  let counter = 0;
  return (size) => {
    const stream: Bytes[] = [];
    const drawn = random(size);
    for (let made = 0; made < size; made += DIGEST_BYTES) {
      stream.push(digest('session/hedge', session.id, session.me, secret, drawn, counter++));
    }
    return concat(...stream).slice(0, size);
  };
}

/** The value that every peer must have, by id. A peer without one is a bug of the caller. */
export function of<T>(values: ReadonlyMap<PartyId, T>, party: PartyId): T {
  const value = values.get(party);
  if (value === undefined) throw new Error(`nothing was heard from party ${party}`);
  return value;
}
