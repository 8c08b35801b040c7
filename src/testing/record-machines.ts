/** Machines that pin records which follow each other, without their processes: what each has in writing, tells and hears. */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import type { Instant } from '#core/time.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { NOW, PAYMENT } from '#mandate/fixtures.ts';
import { transferIntent } from '#mandate/intent.ts';
import type { OwnWord, Receipt, Subject } from '#mandate/receipt-text.ts';
import { makeReceipt } from '#mandate/receipt.ts';
import { firstRecord, nextRecord } from '#signer-cluster/committee-record.ts';
import type { Committee, Member } from '#signer-cluster/committee.ts';
import { type Handover, handover } from '#signer-cluster/handover.ts';
import { newIdentity, signWith } from '#signer-cluster/identity.ts';
import type { JoinCard } from '#signer-cluster/join-card.ts';
import type { JournalEntry } from '#signer-cluster/journal.ts';
import { type ReplayGuard, replayGuard } from '#signer-cluster/replay-guard.ts';
import { type Spend, type Spends, spends } from '#signer-cluster/spends.ts';

const { organization } = PAYMENT;
const empty = { credentialId: '', authenticatorData: '', clientDataJSON: '', signature: '' };

/** A spend with what shows it, as far as nobody checks the signature. */
export function spendOf(index: number): Spend {
  const intent = transferIntent({ ...PAYMENT, externalId: `spend-${index}` });
  const statement = canonicalText(intent);
  const id = hex(sha256(utf8(statement)));
  const initiators = [{ ...empty, statement }];
  return { id, organization, key: 'key', created: 1, expires: 2, digests: [], initiators };
}

/** One machine: an identity and a journal, and what stands on them under each record that it pins. */
export class Machine {
  readonly identity = newIdentity();
  readonly entries: JournalEntry[] = [];
  committee!: Committee;
  me!: number;
  handover!: Handover;
  spends!: Spends;
  guard!: ReplayGuard;
  log = 0;
  /** Of a company whose whole log has been brought to it. */
  state: AuthorityState | undefined;
  now: Instant = NOW;
  /** Without whose word its operator lets it go on. */
  readonly leftOut = new Set<number>();

  get card(): JoinCard {
    const { signing, encryption } = this.identity;
    const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
    return { ...keys, address: 'host:1', ca: 'PEM' };
  }

  /** As after a start: everything is read from the journal. */
  pin(committee: Committee): void {
    const own = hex(this.card.identity);
    const isOwn = ({ identity }: Member) => hex(identity) === own;
    this.committee = committee;
    this.me = [...committee.members, ...committee.retired].find(isOwn)?.party ?? 0;
    const journal = { append: async (entry: JournalEntry) => void this.entries.push(entry) };
    const entries = [...this.entries];
    const { threshold, members } = committee;
    this.spends = spends(journal, entries, { threshold, members: members.length });
    const find = (of: string) =>
      of === this.state?.organization
        ? this.state
        : { head: { sequence: this.log, hash: '' }, credentials: new Map(), wallets: new Map() };
    const known = new Map([organization, this.state?.organization ?? ''].map((id) => [id, '']));
    const couldInitiate = () => this.state !== undefined;
    const authority = { find, pins: () => known, couldInitiate } as never;
    const now = () => this.now;
    this.guard = replayGuard(journal as never, entries, now);
    const { me, spends: counted, guard } = this;
    const starts = { isLeftOut: (party: number) => this.leftOut.has(party) };
    const parts = { me, committee, entries, journal, spends: counted, authority, guard, starts };
    this.handover = handover({ ...parts, prices: async () => new Map(), now });
  }

  say(subject: Subject, own: OwnWord): Receipt {
    const sign = (message: Uint8Array) => signWith(this.identity.signing, message);
    return makeReceipt({ committee: hex(this.committee.hash), party: this.me, sign }, subject, own);
  }

  /** What it tells from this spend on, or whatever a liar says in its place. */
  page(from = 0, own: OwnWord = this.handover.tell(from)): Receipt {
    return this.say({ kind: 'handover', previous: this.previous, from }, own);
  }

  lie(...lies: readonly object[]): Receipt {
    return this.page(0, { total: lies.length, spends: lies as never, heads: [] });
  }

  get previous(): string {
    return this.committee.previous?.hash ?? '';
  }

  get known(): readonly string[] {
    return this.spends.all().map(({ id }) => id);
  }
}

export const machines = (count: number): Machine[] =>
  Array.from({ length: count }, () => new Machine());
const cardsOf = (all: readonly Machine[]) => all.map(({ card }) => card);
const pinAll = (committee: Committee, all: readonly Machine[]): void => {
  for (const one of all) one.pin(committee);
};

/** A committee with this threshold; each machine stands under its first record, in the order of its party. */
export function firstOf(threshold: number, count: number): Machine[] {
  const all = machines(count);
  pinAll(firstRecord(threshold, cardsOf(all)), all);
  return all.toSorted((a, b) => a.me - b.me);
}

/** The record that follows the one of the first machine, pinned by all of them. */
export function follow(
  all: readonly Machine[],
  retired: readonly Machine[] = [],
  fresh: readonly Machine[] = [],
): void {
  const before = (all[0] as Machine).committee;
  const retire = retired.map(({ me }) => me);
  pinAll(nextRecord(before, { cards: cardsOf(fresh), retire }), [...all, ...fresh]);
}
