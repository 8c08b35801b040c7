/**
 * One session of this node with its peers, through the worker's stream. It opens with signed hellos,
 * then moves whole rounds: everybody's message of a round, or nothing. A session is never resumed.
 */
import type { KeyObject } from 'node:crypto';
import { type Bytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import {
  type Incoming,
  type Outgoing,
  type PartyId,
  ProtocolAbort,
  type Random,
  type Received,
} from '#signing/kernel.ts';
import type { Mode } from '#mandate/quorum.ts';
import { type Committee, type Member, partyOf } from './committee.ts';
import {
  type Channel,
  type Envelope,
  EnvelopeRefused,
  type Header,
  channelFrom,
  channelOf,
  decryptBody,
  encryptBody,
  parseEnvelope,
  requireRoute,
  requireSigned,
  sharedSecret,
  signEnvelope,
} from './envelope.ts';
import {
  type Held,
  type Hello,
  type SessionSubject,
  bindingOf,
  decodeHello,
  encodeHello,
  requireSameMode,
  requireSameRecord,
  sessionIdOf,
} from './hello.ts';
import { type KeyPair, type NodeIdentity, newKeyPair, publicKeyOf } from './identity.ts';
import type { Inbox } from './inbox.ts';
import { FrameRefused } from './proto/fields.ts';
import type { Frame } from './proto/frames.ts';
import type { Position } from './journal.ts';
import { decodeRoundBody, encodeRoundBody } from './round-body.ts';
import { type Standing, decodeSaid, encodeSaid } from './standing.ts';
import type { Running, Step } from './tasks.ts';
import type { Decide } from './turnstile.ts';

/** What a session needs of its node. */
export type SessionParts = {
  readonly me: PartyId;
  readonly identity: NodeIdentity;
  readonly committee: Committee;
  readonly random: Random;
  readonly mode: Mode;
  readonly inbox: Inbox;
  send(frame: Frame): void;
  /** Throws when the session must not go on: a verdict against a peer, or its time is over. */
  requireAllowed(): void;
  /** Puts the verdict on an abort into force before it returns. */
  judge(abort: ProtocolAbort): void;
  readonly standing: Pick<Standing, 'tell' | 'hear' | 'note'>;
  /** Decides on what a thread found, after all that threads were asked before about these peers. */
  inOrder<T>(found: Promise<T>, decide: Decide<T>): Promise<T>;
};

export type Session = {
  /** 32 bytes in hex. */
  readonly sid: string;
  /** What each signer holds, own hello included. */
  readonly hellos: ReadonlyMap<PartyId, Hello>;
  /** 32 bytes that bind the session and one stage of it: a protocol's context. */
  context(stage: string): Bytes;
  /** Sends one round's messages and waits for everybody else's. */
  exchange(outgoing: Outgoing): Promise<Incoming>;
  /** Runs a protocol to its end. Nothing is sent before `durable` has resolved. */
  run<T>(running: Running<T>, durable?: Promise<void>): Promise<T>;
  /** 32 secret bytes that this node and one peer share for this session and label, and nobody else. */
  sharedWith(peer: PartyId, label: string): Bytes;
};

/** The two things that a node may already hold, as its hello says. */
export type Holdings = { readonly pairs: Held; readonly key: Held };

/** @throws EnvelopeRefused, FrameRefused, SessionGone */
export async function openSession(
  parts: SessionParts,
  subject: SessionSubject,
  holdings: Holdings,
): Promise<Session> {
  const { me, identity, committee, inbox } = parts;
  const binding = bindingOf(subject);
  const peers = subject.signers.filter((party) => party !== me).map(peerOf(committee));
  const ephemeral = newKeyPair('X25519');
  const nonce = parts.random(32);
  const { mode } = parts;
  const said = { committee: committee.hash, mode, nonce, ephemeral: ephemeral.publicKey };
  const own = encodeHello({ ...holdings, ...said });
  const header: Header = { kind: 'hello', from: me, to: 0, round: 0, sid: new Uint8Array(32) };
  const signed = signEnvelope(identity.signing, binding, header, own);
  const told = new Map(peers.map(({ party }) => [party, parts.standing.tell(party).known]));
  parts.send({ type: 'post', party: 0, envelope: signed });

  const post = new Post(inbox, peers);
  const bodies = new Map([[me, own]]);
  for (const { peer, envelope } of await post.collect(0)) {
    requireRoute(envelope, peer.party, 0, header.sid);
    requireSameRecord(peer.party, envelope.body, committee.hash);
    requireSigned(peer.identity, binding, envelope);
    bodies.set(peer.party, envelope.body);
  }
  const hellos = new Map([...bodies].map(([party, body]) => [party, decodeHello(body)]));
  requireSameMode(mode, hellos);
  const sid = sessionIdOf(binding, bodies);
  const channels = channelsOf(sid, me, peers, hellos, { ephemeral, identity });
  return {
    sid: hex(sid),
    hellos,
    context: (stage) => hashOf({ domain: 'countersign/context/v1', stage, sid: hex(sid) }),
    ...roundsOf(parts, { binding, sid, peers, channels, post, told, noteWithinMs: 0 }),
    sharedWith: (peer, label) => sharedSecret(sid, channels.get(peer) as Channel, me < peer, label),
  };
}

/** What signers keep of an earlier session: what it was about, and 32 bytes with each peer. */
export type Reserved = {
  /** 32 bytes that no two sessions share. */
  readonly sid: Bytes;
  readonly links: ReadonlyMap<PartyId, Bytes>;
};

/**
 * A session between nodes that have met before: its id and its keys come from a presignature, which
 * is used once, so that it needs no hello.
 */
export function openReserved(
  parts: SessionParts,
  subject: SessionSubject,
  { sid, links }: Reserved,
): Pick<Session, 'sid' | 'exchange' | 'run'> {
  const { me, committee, inbox } = parts;
  const peers = subject.signers.filter((party) => party !== me).map(peerOf(committee));
  const channels = new Map(
    peers.map(({ party }) => [party, channelFrom(links.get(party) as Bytes, sid, me, party)]),
  );
  const opened = {
    binding: bindingOf(subject),
    sid,
    peers,
    channels,
    post: new Post(inbox, peers),
    told: new Map(),
    noteWithinMs: NOTE_WITHIN_MS,
  };
  return { sid: hex(sid), ...roundsOf(parts, opened) };
}

type Peer = Omit<Member, 'identity'> & { readonly identity: KeyObject };

/** Reading a key costs as much as a signature, and a committee has few. */
const knownPeers = new WeakMap<Member, Peer>();

const peerOf =
  (committee: Committee) =>
  (party: PartyId): Peer => {
    const member = partyOf(committee, party);
    if (member === undefined) throw new FrameRefused(`there is no party ${party}`);
    const known = knownPeers.get(member);
    if (known !== undefined) return known;
    const peer = { ...member, identity: publicKeyOf('Ed25519', member.identity) };
    knownPeers.set(member, peer);
    return peer;
  };

function channelsOf(
  sid: Bytes,
  me: PartyId,
  peers: readonly Peer[],
  hellos: ReadonlyMap<PartyId, Hello>,
  own: { readonly ephemeral: KeyPair; readonly identity: NodeIdentity },
): ReadonlyMap<PartyId, Channel> {
  return new Map(
    peers.map((peer) => {
      const ends = {
        me,
        peer: peer.party,
        ownEphemeral: own.ephemeral,
        peerEphemeral: (hellos.get(peer.party) as Hello).ephemeral,
        ownStatic: own.identity.encryption,
        peerStatic: peer.encryption,
      };
      return [peer.party, channelOf(sid, ends)];
    }),
  );
}

/** Waits for whole rounds. A peer may be one round ahead, never two, and speaks once in a round. */
class Post {
  readonly #inbox: Inbox;
  readonly #peers: readonly Peer[];
  #early = new Map<PartyId, Envelope>();

  constructor(inbox: Inbox, peers: readonly Peer[]) {
    this.#inbox = inbox;
    this.#peers = peers;
  }

  async collect(round: number): Promise<readonly { peer: Peer; envelope: Envelope }[]> {
    const now = this.#early;
    this.#early = new Map();
    while (now.size < this.#peers.length) {
      const frame = await this.#inbox.next();
      if (frame.type !== 'deliver') throw new FrameRefused(`a ${frame.type} is out of place`);
      const envelope = parseEnvelope(frame.envelope);
      const slots = envelope.round === round ? now : this.#early;
      const known = this.#peers.some(({ party }) => party === envelope.from);
      const ahead = envelope.round - round;
      if (!known || ahead < 0 || ahead > 1 || slots.has(envelope.from)) {
        throw new EnvelopeRefused(`round ${envelope.round} of party ${envelope.from} is not due`);
      }
      slots.set(envelope.from, envelope);
    }
    return this.#peers.map((peer) => ({ peer, envelope: now.get(peer.party) as Envelope }));
  }
}

type Opened = {
  readonly binding: Bytes;
  readonly sid: Bytes;
  readonly peers: readonly Peer[];
  readonly channels: ReadonlyMap<PartyId, Channel>;
  readonly post: Post;
  /** What was known of each peer's journal when it was last spoken to. */
  readonly told: ReadonlyMap<PartyId, Position | undefined>;
  /** How long the note of what is heard may wait for an entry of another session. */
  readonly noteWithinMs: number;
};

/** Who signs from the pool signs again soon: then what was heard costs no sync of its own. */
const NOTE_WITHIN_MS = 50;

/** The last round in which nodes say where their journals stand: the second one answers the first. */
const LAST_STANDING = 2;

function roundsOf(parts: SessionParts, opened: Opened): Pick<Session, 'exchange' | 'run'> {
  const { me, identity } = parts;
  const { binding, sid, peers, channels, post } = opened;
  let round = 0;
  let { told } = opened;

  async function exchange({ broadcast, direct }: Outgoing): Promise<Incoming> {
    parts.requireAllowed();
    round += 1;
    const isTold = round <= LAST_STANDING;
    const telling = new Map<PartyId, Position | undefined>();
    for (const { party } of peers) {
      const said = isTold ? parts.standing.tell(party) : undefined;
      telling.set(party, said?.known);
      const header: Header = { kind: 'round', from: me, to: party, round, sid };
      const standing = said === undefined ? {} : { standing: encodeSaid(said) };
      const plain = encodeRoundBody({ ...received(broadcast, direct?.get(party)), ...standing });
      const body = encryptBody(channels.get(party) as Channel, binding, header, plain);
      const envelope = signEnvelope(identity.signing, binding, header, body);
      parts.send({ type: 'post', party, envelope });
    }
    const incoming = new Map<PartyId, Received>();
    for (const { peer, envelope } of await post.collect(round)) {
      requireRoute(envelope, peer.party, me, sid);
      requireSigned(peer.identity, binding, envelope);
      const body = decryptBody(channels.get(peer.party) as Channel, binding, envelope);
      const { standing, ...message } = decodeRoundBody(body, peer.party);
      if ((standing !== undefined) !== isTold) {
        throw new EnvelopeRefused(`party ${peer.party} and this node speak different versions`);
      }
      if (standing !== undefined) {
        const said = decodeSaid(standing, peer.party);
        const isAnswer = round === LAST_STANDING;
        await parts.standing.hear(peer.party, said, told.get(peer.party), isAnswer);
      }
      incoming.set(peer.party, message);
    }
    if (round === LAST_STANDING) parts.standing.note(opened.noteWithinMs);
    told = telling;
    return incoming;
  }

  async function run<T>(running: Running<T>, durable?: Promise<void>): Promise<T> {
    try {
      const begin = async () => running.next();
      let [step] = await Promise.all([begin(), durable]);
      while (step.done !== true) step = await advance(running, await exchange(step.value));
      return step.value;
    } finally {
      running.end();
    }
  }

  /**
   * Many sessions may have got their messages in the same moment. So that a peer learns the outcome of
   * one failed check and of nothing after it, `decide` does all in one piece: the look at the verdicts,
   * the check, and a new verdict. Where a thread makes the check, its outcome takes the check's place,
   * and is looked at after the outcomes of all that began before it.
   */
  function advance<T>(running: Running<T>, incoming: Incoming): Step<T> | Promise<Step<T>> {
    const step = decide(() => running.next(incoming));
    return step instanceof Promise ? parts.inOrder(step, decide) : step;
  }

  function decide<O>(outcome: () => O): O {
    parts.requireAllowed();
    try {
      return outcome();
    } catch (error) {
      if (error instanceof ProtocolAbort) parts.judge(error);
      throw error;
    }
  }

  return { exchange, run };
}

const received = (broadcast: Bytes | undefined, direct: Bytes | undefined): Received => ({
  ...(broadcast === undefined ? {} : { broadcast }),
  ...(direct === undefined ? {} : { direct }),
});
