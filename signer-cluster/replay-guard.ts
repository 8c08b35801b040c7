/**
 * What a node has agreed to before: every session it took part in, and what each intent was signed
 * as. Both come from the journal at start, so neither a restart nor a replay makes it forget.
 */
import { PlatformError } from '#core/errors.ts';
import type { Instant } from '#core/time.ts';
import { readSpend } from '#mandate/spend-text.ts';
import type { Journal, JournalEntry } from './journal.ts';

type SignEntry = Extract<JournalEntry, { kind: 'sign' }>;

/** A key, and the network that its signed bytes do not name. */
type Bound = Pick<SignEntry, 'key' | 'network'>;

/**
 * What an intent stands for, once and for all. `transactions` are the digests of each transaction that may
 * take the place of the others, these among them (`#mandate/replacement.ts`); whoever gives them has checked
 * that. Without them there is this one only.
 */
type Signing = Pick<SignEntry, 'intent' | 'key' | 'digests' | 'expires'> & {
  readonly transactions?: readonly (readonly string[])[];
};

type Bytes = { readonly key: string; readonly stands: readonly string[]; readonly expires: number };

/** A session's id holds 32 fresh bytes of this node, so that only a copied machine meets an old one. */
const SESSIONS_KEPT = 65_536;
/** How many intents are known before the expired ones among them are looked for. */
const INTENTS_MIN = 4_096;

/** A set-up has to be made again where its transaction expired; more often than this is a fault. */
const SET_UPS_MAX = 16;

const nameOf = (digests: readonly string[]): string => digests.join();

/** All that the intent stands for after this one. */
const namesOf = ({ digests, transactions = [digests] }: Signing): readonly string[] =>
  transactions.map(nameOf);

/** Either one of those that the intent stood for before, or one that may take the place of all of them. */
function isFollowed(before: Bytes, signing: Signing): boolean {
  if (before.key !== signing.key) return false;
  if (before.stands.includes(nameOf(signing.digests))) return true;
  const names = namesOf(signing);
  return before.stands.every((one) => names.includes(one));
}

export type ReplayGuard = {
  /**
   * @throws EVIDENCE_REJECTED when the intent has expired, or was journalled with other bytes whose place
   * these may not take, or by another key: the bytes of a transaction need not name their sender, and two
   * keys would pay twice.
   * The same bytes may be signed again by the same key: fresh randomness makes another signature of the
   * same payment.
   */
  requireSameBytes(signing: Signing): void;
  /** The same, and from now on the intent stands for these bytes. The caller brings it to the disk. */
  bind(signing: Signing): void;
  /**
   * A spend that another node has in writing: what may still be signed stands for these bytes from now on.
   * @throws EVIDENCE_REJECTED when it stands for others here
   */
  learn(signing: Signing): void;
  /**
   * A spend that another committee has in writing, for bytes that nobody tells: this node signs none for it. After a
   * start the journal says so, or who told it is judged again.
   */
  bar(told: Pick<Signing, 'intent' | 'key' | 'expires'>): void;
  /**
   * Bytes that name no network are good for every network on which the key has an account.
   * @throws EVIDENCE_REJECTED when the key has signed such bytes for another network
   */
  requireSameNetwork(bound: Bound): void;
  /**
   * A set-up gives nothing away, but each try costs its fee.
   * @throws EVIDENCE_REJECTED when the key has signed too many of them
   */
  requireSetUpLeft(key: string): void;
  /**
   * A clock that went back makes the expired valid again, and old prices young.
   * @throws SIGNERS_UNAVAILABLE when a payment was signed later than that
   */
  requireNotBehind(now: Instant): void;
  /** Durable when it resolves. @throws SIGNERS_UNAVAILABLE when the session was seen before */
  recordSession(sid: string, key: string): Promise<void>;
  /** Binds the intent to the bytes and records the session, durably. @throws as the two above */
  recordSigning(entry: SignEntry, transactions?: Signing['transactions']): Promise<void>;
};

export function replayGuard(
  journal: Journal,
  entries: readonly JournalEntry[],
  now: () => Instant,
): ReplayGuard {
  const sessions = new Set<string>();
  const intents = new Map<string, Bytes>();
  let intentsMax = INTENTS_MIN;
  /** What expires until then may be forgotten here, and is refused whatever the clock says later. */
  let horizon = 0;
  const setUps = new Map<string, number>();
  const networks = new Map<string, string>();
  let lastSigned = 0;

  function note(entry: JournalEntry): void {
    if (entry.kind === 'session' || entry.kind === 'sign') sessions.add(entry.sid);
    for (const oldest of sessions) {
      if (sessions.size <= SESSIONS_KEPT) break;
      sessions.delete(oldest);
    }
    if (entry.kind === 'spend') keep(toldIn(entry));
    if (entry.kind !== 'sign') return;
    keep(entry);
    lastSigned = Math.max(lastSigned, entry.at ?? 0);
    if (entry.network !== undefined) networks.set(entry.key, entry.network);
    if (entry.isSetUp) setUps.set(entry.key, (setUps.get(entry.key) ?? 0) + 1);
  }

  /** The journal's word for a replacement is what it says that the ledger counts. */
  function toldIn(entry: Extract<JournalEntry, { kind: 'spend' }>): Signing {
    const signing = { ...entry, intent: entry.id };
    const before = intents.get(entry.id);
    if (before === undefined || entry.counted === undefined) return signing;
    if (before.stands.includes(nameOf(entry.digests))) return signing;
    const { transactions } = readSpend(entry.counted);
    return { ...signing, transactions: transactions.map(({ digests }) => digests) };
  }

  /** The first bytes count: no later entry lets an intent stand for others than may take their place. */
  function keep(signing: Signing): void {
    const { intent, key, expires } = signing;
    const before = intents.get(intent);
    if (before !== undefined && !isFollowed(before, signing)) return;
    const stands = new Set([...(before?.stands ?? []), ...namesOf(signing)]);
    intents.set(intent, { key, stands: [...stands], expires });
    if (intents.size > intentsMax) forgetExpired();
  }

  function forgetExpired(): void {
    horizon = Math.max(horizon, now());
    for (const [intent, { expires }] of intents) if (expires <= horizon) intents.delete(intent);
    intentsMax = Math.max(INTENTS_MIN, 2 * intents.size);
  }

  function requireNewSession(sid: string): void {
    if (!sessions.has(sid)) return;
    throw new PlatformError('SIGNERS_UNAVAILABLE', { reason: 'this session was seen before' });
  }

  function requireSameBytes(signing: Signing): void {
    if (signing.expires <= horizon) {
      const reason = 'the intent has expired';
      throw new PlatformError('EVIDENCE_REJECTED', { field: 'expires', reason });
    }
    const before = intents.get(signing.intent);
    if (before === undefined || isFollowed(before, signing)) return;
    throw new PlatformError('EVIDENCE_REJECTED', {
      field: 'unsigned',
      reason: 'this intent was signed before as another transaction or by another key',
    });
  }

  function requireSameNetwork({ key, network }: Bound): void {
    const before = networks.get(key);
    if (network === undefined || before === undefined || before === network) return;
    throw new PlatformError('EVIDENCE_REJECTED', {
      field: 'network',
      reason: `this key signs for ${before}, and the bytes would be good there too`,
    });
  }

  function requireSetUpLeft(key: string): void {
    if ((setUps.get(key) ?? 0) < SET_UPS_MAX) return;
    throw new PlatformError('EVIDENCE_REJECTED', {
      field: 'unsigned',
      reason: `the account of this key was set up ${SET_UPS_MAX} times already`,
    });
  }

  for (const entry of entries) note(entry);

  return {
    requireSameBytes,
    bind(signing) {
      requireSameBytes(signing);
      keep(signing);
    },
    learn(signing) {
      if (signing.expires <= horizon) return;
      requireSameBytes(signing);
      keep(signing);
    },
    bar({ intent, key, expires }) {
      intents.set(intent, { key, stands: [nameOf([])], expires });
    },
    requireSameNetwork,
    requireSetUpLeft,
    requireNotBehind(time) {
      if (time >= lastSigned) return;
      const reason = `this node's clock is ${lastSigned - time} ms behind its journal (CLOCK_BEHIND)`;
      throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
    },
    recordSession(sid, key) {
      requireNewSession(sid);
      const entry = { kind: 'session', sid, key } as const;
      note(entry);
      return journal.append(entry);
    },
    recordSigning(entry, transactions) {
      const signing = { ...entry, ...(transactions === undefined ? {} : { transactions }) };
      requireNewSession(entry.sid);
      requireSameBytes(signing);
      requireSameNetwork(entry);
      if (entry.isSetUp) requireSetUpLeft(entry.key);
      keep(signing);
      note(entry);
      return journal.append(entry);
    },
  };
}
