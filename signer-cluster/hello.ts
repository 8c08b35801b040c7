/**
 * The first thing that nodes say to each other in a session: a fresh nonce, a fresh X25519 key, and
 * what each already holds. The session's id is a hash over all of it, so nobody chooses it alone, and
 * two nodes that saw different hellos have different ids and cannot talk.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { type Bytes, equalBytes, hex, parseHex, utf8 } from '#core/bytes.ts';
import { canonicalText, hashOf } from '#core/canonical.ts';
import { PlatformError } from '#core/errors.ts';
import type { KeyId, OrganizationId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import { MODES, type Mode } from '#mandate/quorum.ts';
import type { PartyId } from '#signing/kernel.ts';
import { shortHash } from './committee.ts';
import { EnvelopeRefused } from './envelope.ts';
import type { Purpose } from './proto/open-request.ts';

/**
 * What a node holds of something that the whole committee made together: nothing, a part that it has
 * stored but not activated, or an active part. `sid` is the session that made it, in hex, and `next` the
 * one that made a successor that is stored but not active.
 */
export type Held =
  | { readonly state: 'NONE' }
  | {
      readonly state: 'PREPARED' | 'COMMITTED';
      readonly epoch: number;
      readonly sid: string;
      readonly next?: string;
    };

export type Hello = {
  /** The hash of the record that the node has pinned: those of another one cannot check its signature. */
  readonly committee: Bytes;
  /** 32 bytes each. */
  readonly nonce: Bytes;
  readonly ephemeral: Bytes;
  /** The organisation's pair set-up. */
  readonly pairs: Held;
  readonly key: Held;
  /** What its operator has it wait for before it signs. */
  readonly mode: Mode;
};

/** What a session is about; all its nodes must agree on every field. */
export type SessionSubject = {
  readonly committee: Bytes;
  readonly purpose: Purpose;
  readonly keyId: KeyId;
  readonly organization: OrganizationId;
  readonly scheme: Scheme;
  /** Both as the node has them, or `ANY_EPOCH`: then the hellos say what each node holds. */
  readonly keyEpoch: number;
  readonly pairEpoch: number;
  /** Ascending. */
  readonly signers: readonly PartyId[];
  /** Hash of what is asked for beyond the fields above; `NO_REQUEST` where there is nothing. */
  readonly request: Bytes;
};

/** For a ceremony that may find its nodes at different epochs. */
export const ANY_EPOCH = { keyEpoch: 0, pairEpoch: 0 } as const;

export const NO_REQUEST: Bytes = new Uint8Array(32);

/** A successor that waits for its commit changes nothing yet. */
const sidOf = (held: Held): string => (held.state === 'COMMITTED' ? held.sid : held.state);

/**
 * Secrets of two set-ups do not fit together. That is nobody's offence, and must not look like one.
 * @throws SIGNERS_UNAVAILABLE
 */
export function requireSameHoldings(hellos: ReadonlyMap<PartyId, Hello>): void {
  const held = [...hellos.values()].map(({ pairs, key }) => `${sidOf(pairs)} ${sidOf(key)}`);
  if (held.every((one) => one === held[0])) return;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'the nodes hold different set-ups' });
}

/**
 * A node that waits for a quorum gains nothing by that beside one that does not.
 * @throws SIGNERS_UNAVAILABLE that names those of another mode
 */
export function requireSameMode(mode: Mode, hellos: ReadonlyMap<PartyId, Hello>): void {
  const others = [...hellos].filter(([, hello]) => hello.mode !== mode).map(([party]) => party);
  if (others.length === 0) return;
  const reason = `this node is in the mode ${mode}, and parties ${others.join(', ')} are not (MODES_DIFFER)`;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason, parties: others.map(String) });
}

/** 32 bytes that every envelope of the session is bound to. */
export const bindingOf = (subject: SessionSubject): Bytes =>
  hashOf({
    domain: 'countersign/session/v1',
    committee: hex(subject.committee),
    purpose: subject.purpose,
    key: subject.keyId,
    organization: subject.organization,
    scheme: subject.scheme,
    keyEpoch: subject.keyEpoch,
    pairEpoch: subject.pairEpoch,
    signers: subject.signers,
    request: hex(subject.request),
  });

/** 32 bytes. `hellos` are the hello bodies of all signers, own one included. */
export const sessionIdOf = (binding: Bytes, hellos: ReadonlyMap<PartyId, Bytes>): Bytes =>
  hashOf({
    domain: 'countersign/session-id/v1',
    binding: hex(binding),
    hellos: [...hellos]
      .toSorted(([left], [right]) => left - right)
      .map(([party, body]) => ({ party, hello: hex(sha256(body)) })),
  });

export const encodeHello = ({ committee, nonce, ephemeral, pairs, key, mode }: Hello): Bytes =>
  utf8(
    canonicalText({
      domain: 'countersign/hello/v1',
      committee: hex(committee),
      nonce: hex(nonce),
      ephemeral: hex(ephemeral),
      pairs: { ...pairs },
      key: { ...key },
      mode,
    }),
  );

/** @throws EnvelopeRefused when the body is not the one spelling of a hello. */
export function decodeHello(body: Bytes): Hello {
  const hello = readHello(body);
  if (hello === undefined || hex(encodeHello(hello)) !== hex(body)) {
    throw new EnvelopeRefused('a hello is malformed');
  }
  return hello;
}

function readHello(body: Bytes): Hello | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
  const said = (fields ?? {}) as Record<string, unknown>;
  const { committee, nonce, ephemeral, pairs, key } = said;
  const held = { pairs: readHeld(pairs), key: readHeld(key) };
  if (!isHash(nonce) || !isHash(ephemeral) || !isHash(committee)) return undefined;
  const mode = MODES.find((known) => known === said['mode']);
  if (held.pairs === undefined || held.key === undefined || mode === undefined) return undefined;
  return {
    committee: parseHex(committee),
    nonce: parseHex(nonce),
    ephemeral: parseHex(ephemeral),
    pairs: held.pairs,
    key: held.key,
    mode,
  };
}

function readHeld(value: unknown): Held | undefined {
  const { state, epoch, sid, next } = (value ?? {}) as Record<string, unknown>;
  if (state === 'NONE') return { state };
  if ((state !== 'PREPARED' && state !== 'COMMITTED') || !isHash(sid)) return undefined;
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch)) return undefined;
  if (next === undefined) return { state, epoch, sid };
  return isHash(next) ? { state, epoch, sid, next } : undefined;
}

/**
 * Who has pinned another record signs another binding: said before its signature is looked at, which would
 * only say that something differs.
 * @throws SIGNERS_UNAVAILABLE that names both records
 */
export function requireSameRecord(party: PartyId, body: Bytes, own: Bytes): void {
  const theirs = readHello(body)?.committee;
  if (theirs === undefined || equalBytes(theirs, own)) return;
  const [other, mine] = [shortHash(hex(theirs)), shortHash(hex(own))];
  const reason = `party ${party} says that it is of record ${other}, and this node is of ${mine} (RECORDS_DIFFER)`;
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
}

const isHash = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
