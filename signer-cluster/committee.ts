/**
 * The committee: who the parties are, by their public keys, and how many must sign. Its hash is bound
 * into each session and each receipt. A record that follows another one names its hash, so that a node
 * goes from one to the next only as its own operator says (docs/adr/0023).
 */
import { type Bytes, equalBytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { PartyId } from '#signing/kernel.ts';

/** One party: its Ed25519 identity and its X25519 encryption key, 32 bytes each. */
export type Member = {
  readonly party: PartyId;
  readonly identity: Bytes;
  readonly encryption: Bytes;
  /** How workers reach it; absent where their own configuration says it. */
  readonly reach?: Reach;
};

/** `host:port` or `dial-in`, and the PEM of the authority whose certificate it shows. */
export type Reach = { readonly address: string; readonly ca: string };

/** Of the record before: its hash in hex, and who were its members. */
export type Previous = {
  readonly hash: string;
  readonly threshold: number;
  /** Ascending. */
  readonly parties: readonly PartyId[];
};

export type Committee = {
  readonly threshold: number;
  /** Ascending by their parties: 1..n in a first record, with gaps where others have left. */
  readonly members: readonly Member[];
  /** Everybody who has ever left, ascending. They give their shares away and do nothing else. */
  readonly retired: readonly Member[];
  /** 1 for the first record, and one more for each that follows. */
  readonly generation: number;
  /** Absent in the first record. */
  readonly previous?: Previous;
  /** 32 bytes that name exactly this committee. */
  readonly hash: Bytes;
};

export type CommitteeParts = Omit<Committee, 'hash'>;

const MEMBERS_MAX = 32;
/** A party is one byte of an envelope's header, in which 0 stands for everybody. */
const PARTY_MAX = 255;

/**
 * A first record, whose parties are 1..n.
 * @throws TypeError when the parties are not 1..n, a key is not 32 bytes or is held by two parties, or
 * the threshold is not within 2..n.
 */
export function committeeOf(threshold: number, members: readonly Member[]): Committee {
  return committeeFrom({ threshold, members, retired: [], generation: 1 });
}

/** @throws TypeError that says what is wrong */
export function committeeFrom(parts: CommitteeParts): Committee {
  const { threshold, members, retired, generation, previous } = parts;
  if (members.length > MEMBERS_MAX) throw new TypeError(`at most ${MEMBERS_MAX} parties`);
  requireParties(parts);
  requireKeys([...members, ...retired]);
  if (!Number.isSafeInteger(threshold) || threshold < 2 || threshold > members.length) {
    throw new TypeError(`the threshold must be within 2..${members.length}`);
  }
  if (!Number.isSafeInteger(generation) || generation < 1) {
    throw new TypeError('the generation must be a whole number from 1');
  }
  if (previous !== undefined) requirePrevious(parts, previous);
  return { ...parts, hash: hashOfRecord(parts) };
}

function requireParties({ members, retired, previous }: CommitteeParts): void {
  const isFirst = previous === undefined;
  for (const [index, { party }] of members.entries()) {
    if (isFirst && party !== index + 1) throw new TypeError('the parties must be 1..n in order');
  }
  for (const list of [members, retired]) {
    for (const [index, { party }] of list.entries()) {
      const isNumber = Number.isSafeInteger(party) && party >= 1 && party <= PARTY_MAX;
      if (!isNumber || party <= (list[index - 1]?.party ?? 0)) {
        throw new TypeError('the parties must be ascending numbers');
      }
    }
  }
  if (isFirst && retired.length > 0) throw new TypeError('nobody has left a first record');
  if (retired.some(({ party }) => members.some((one) => one.party === party))) {
    throw new TypeError('who has left is no member');
  }
}

/** No key is held twice, also not by somebody who has left: a node has one number for ever. */
function requireKeys(all: readonly Member[]): void {
  for (const [index, member] of all.entries()) {
    if (member.identity.length !== 32 || member.encryption.length !== 32) {
      throw new TypeError(`party ${member.party}: a public key must have 32 bytes`);
    }
    const { address = '', ca = '', ...others } = { ...member.reach };
    if (typeof address !== 'string' || typeof ca !== 'string' || Object.keys(others).length > 0) {
      throw new TypeError(`party ${member.party}: it is reached by an address and a certificate`);
    }
    for (const other of all.slice(0, index)) {
      const same = equalBytes(other.identity, member.identity);
      if (same || equalBytes(other.encryption, member.encryption)) {
        throw new TypeError(`parties ${other.party} and ${member.party} hold the same key`);
      }
    }
  }
}

function requirePrevious(
  { members, retired, generation }: CommitteeParts,
  { hash, threshold, parties }: Previous,
): void {
  const all = [...members, ...retired].map(({ party }) => party);
  const isShaped =
    /^[0-9a-f]{64}$/.test(hash) &&
    generation > 1 &&
    threshold >= 2 &&
    threshold <= parties.length &&
    parties.every((party, index) => party > (parties[index - 1] ?? 0) && all.includes(party));
  if (!isShaped) throw new TypeError('what it says of the record before it cannot be');
}

const keysOf = ({ party, identity, encryption }: Member) => ({
  party,
  identity: hex(identity),
  encryption: hex(encryption),
});

const wholeOf = (member: Member) => ({
  ...keysOf(member),
  ...(member.reach === undefined ? {} : { reach: { ...member.reach } }),
});

/** A record without addresses has the hash that it had before there were successors. */
function hashOfRecord(parts: CommitteeParts): Bytes {
  const { threshold, members, retired, generation, previous } = parts;
  if (generation === 1 && members.every(({ reach }) => reach === undefined)) {
    const domain = 'countersign/committee/v1';
    return hashOf({ domain, threshold, members: members.map(keysOf) });
  }
  return hashOf({
    domain: 'countersign/committee/v2',
    generation,
    threshold,
    members: members.map(wholeOf),
    retired: retired.map(wholeOf),
    ...(previous === undefined
      ? {}
      : { previous: { ...previous, parties: [...previous.parties] } }),
  });
}

/**
 * What a node is before it has joined anything: alone, with the number 0. What it stores is bound to
 * this, whichever committees it joins.
 */
export function aloneOf({ identity, encryption }: Omit<Member, 'party'>): Committee {
  const hash = hashOf({
    domain: 'countersign/node/v1',
    identity: hex(identity),
    encryption: hex(encryption),
  });
  const members = [{ party: 0, identity, encryption }];
  return { threshold: 1, members, retired: [], generation: 0, hash };
}

/** The member with this number, or undefined where the committee has no such party. */
export const memberOf = (committee: Committee, party: PartyId): Member | undefined =>
  committee.members.find((member) => member.party === party);

/** The same, also of somebody who has left. */
export const partyOf = (committee: Committee, party: PartyId): Member | undefined =>
  memberOf(committee, party) ?? committee.retired.find((member) => member.party === party);

/** How a record is named to people: the first eight digits of its hash. */
export const shortHash = (hash: string): string => hash.slice(0, 8);

/**
 * Whether a record may take the place of the one before: it names it, nobody has another key or number than
 * he had, nobody is lost, and new parties have new numbers.
 * @throws TypeError that says why not
 */
export function requireSuccessor(before: Committee, after: Committee): void {
  const { previous } = after;
  if (previous?.hash !== hex(before.hash)) {
    const named = previous === undefined ? 'no record' : `record ${shortHash(previous.hash)}`;
    throw new TypeError(`it follows ${named}, and here is record ${shortHash(hex(before.hash))}`);
  }
  const parties = before.members.map(({ party }) => party);
  const isSaid =
    after.generation === before.generation + 1 &&
    previous.threshold === before.threshold &&
    previous.parties.join() === parties.join();
  if (!isSaid) throw new TypeError('what it says of the record before it is not so');
  const known = [...before.members, ...before.retired];
  for (const one of known) {
    const now = partyOf(after, one.party);
    const isSame =
      now !== undefined &&
      equalBytes(now.identity, one.identity) &&
      equalBytes(now.encryption, one.encryption);
    if (!isSame) throw new TypeError(`party ${one.party} is lost or has another key`);
  }
  const returned = before.retired.find(({ party }) => memberOf(after, party) !== undefined);
  if (returned !== undefined) throw new TypeError(`party ${returned.party} has left for good`);
  const last = Math.max(...known.map(({ party }) => party));
  const fresh = [...after.members, ...after.retired].filter(
    ({ party }) => partyOf(before, party) === undefined,
  );
  if (fresh.some(({ party }) => party <= last || memberOf(after, party) === undefined)) {
    throw new TypeError('a number is given again, or to somebody who has left');
  }
}
