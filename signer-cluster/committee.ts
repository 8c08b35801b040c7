/**
 * The committee: who the parties are, by their public keys, and how many must sign. Every node pins
 * it in its configuration; its hash is bound into each session, each sealed file and each journal.
 */
import { type Bytes, equalBytes, hex } from '#core/bytes.ts';
import { hashOf } from '#core/canonical.ts';
import type { PartyId } from '#signing/kernel.ts';

/** One party: its Ed25519 identity and its X25519 encryption key, 32 bytes each. */
export type Member = {
  readonly party: PartyId;
  readonly identity: Bytes;
  readonly encryption: Bytes;
};

export type Committee = {
  readonly threshold: number;
  /** In the order of their parties, 1..n without a gap. */
  readonly members: readonly Member[];
  /** 32 bytes that name exactly this committee. */
  readonly hash: Bytes;
};

const MEMBERS_MAX = 32;

/**
 * @throws TypeError when the parties are not 1..n, a key is not 32 bytes or is held by two parties, or
 * the threshold is not within 2..n.
 */
export function committeeOf(threshold: number, members: readonly Member[]): Committee {
  if (members.length > MEMBERS_MAX) throw new TypeError(`at most ${MEMBERS_MAX} parties`);
  for (const [index, member] of members.entries()) {
    if (member.party !== index + 1) throw new TypeError('the parties must be 1..n in order');
    if (member.identity.length !== 32 || member.encryption.length !== 32) {
      throw new TypeError(`party ${member.party}: a public key must have 32 bytes`);
    }
    for (const other of members.slice(0, index)) {
      const same = equalBytes(other.identity, member.identity);
      if (same || equalBytes(other.encryption, member.encryption)) {
        throw new TypeError(`parties ${other.party} and ${member.party} hold the same key`);
      }
    }
  }
  if (!Number.isSafeInteger(threshold) || threshold < 2 || threshold > members.length) {
    throw new TypeError(`the threshold must be within 2..${members.length}`);
  }
  const hash = hashOf({
    domain: 'countersign/committee/v1',
    threshold,
    members: members.map(({ party, identity, encryption }) => ({
      party,
      identity: hex(identity),
      encryption: hex(encryption),
    })),
  });
  return { threshold, members, hash };
}

/** The member with this number, or undefined where the committee has no such party. */
export const memberOf = (committee: Committee, party: PartyId): Member | undefined =>
  committee.members[party - 1];
