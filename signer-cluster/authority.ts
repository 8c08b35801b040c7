/**
 * This node's own copy of the organisations' authority logs: who may do what, checked change by change
 * with the keys that the log itself names, back to a genesis that the node's operator pinned. Neither a
 * gateway nor a database can add to it what its rules do not allow.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '#core/bytes.ts';
import { PlatformError, invalidInput } from '#core/errors.ts';
import type { WalletId } from '#core/ids.ts';
import { DAY_MS, type Instant, formatInstant } from '#core/time.ts';
import {
  type AuthorityEntry,
  applyEntry,
  isGenesis,
  parseContent,
} from '#mandate/authority/entry.ts';
import { evidence } from '#mandate/authority/evidence.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import { signedAt } from '#mandate/authority/signed-change.ts';
import { type Initiators, initiators } from '#mandate/authority/initiators.ts';
import type { AuthorityHead } from '#mandate/authority/chain.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { parseChange } from '#mandate/change.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** How a node comes to trust a genesis: its operator names the hash, or it takes the first one it sees. */
export const TRUST_MODES = ['operator', 'first-use'] as const;
export type TrustMode = (typeof TRUST_MODES)[number];

/**
 * Whose word a change comes with, beside its own signatures: a worker's, the node's own operator's, or
 * that of enough nodes, which have the log up to this head in writing.
 */
export type Witness = 'worker' | 'operator' | AuthorityHead;

export type Authority = {
  find(organization: string): AuthorityState | undefined;
  /** The hash of the log's head once this entry was in; undefined where the log does not go so far. */
  hashAt(organization: string, sequence: number): string | undefined;
  /** Whether this credential could ask for a transfer at any time of the log. */
  couldInitiate(organization: string, credentialId: string): boolean;
  /** The pinned geneses, by organisation. */
  pins(): ReadonlyMap<string, string>;
  /** Whether the operator, or the organisation itself, has everything of it stopped. */
  isFrozen(organization: string): boolean;
  /**
   * The operator's own stop, at this node alone, and its end. What the organisation itself has frozen, only a
   * quorum of its people thaws, in the log. Durable when they resolve.
   */
  freeze(organization: string): Promise<void>;
  thaw(organization: string): Promise<void>;
  /** Durable when it resolves. @throws INVALID_INPUT when another genesis is pinned */
  trust(organization: string, genesis: string): Promise<void>;
  /**
   * Takes the texts of the entries from this sequence on; those that are here already must be the same.
   * Durable when it resolves, up to the first one that does not hold.
   * @throws EVIDENCE_REJECTED, VERSION_CONFLICT, FORBIDDEN, CHANGE_DENIED, CHANGE_NEEDS_APPROVAL
   */
  take(batch: Batch, witness: Witness): Promise<AuthorityHead>;
  /** The texts of the log's entries, from the genesis on; none where there is no log. */
  texts(organization: string): readonly string[];
  /**
   * Puts other entries in place of this node's own from a sequence on: the operator's repair of a log that
   * differs. It loses none of its changes that were not given up by name, and no ban ends by it. Durable when
   * it resolves. The journal keeps what was replaced.
   * @throws EVIDENCE_REJECTED, INVALID_INPUT naming what would be lost, and what `take` throws
   */
  adopt(adoption: Adoption): Promise<AuthorityHead>;
};

/**
 * What stands in enough other nodes' logs in place of this node's own entries: whoever brings changes can
 * give two nodes the same ones in another order.
 */
export type Adoption = Batch & {
  /** Of the log that they lead to; enough nodes have it in writing. */
  readonly head: AuthorityHead;
  /** Hashes (`changeHash`) of this node's own changes that it may lose. */
  readonly givenUp: readonly string[];
};

/** Names an entry by its text: 64 hex digits. */
export const changeHash = (text: string): string => hex(sha256(utf8(text)));

export type Batch = {
  readonly organization: string;
  /** The sequence of the first of these entries. */
  readonly from: number;
  readonly entries: readonly string[];
};

/** How far from this node's clock a change may have been signed that only a worker vouches for. */
const CHANGE_AGE_MAX_MS = DAY_MS;

type Log = {
  readonly state: AuthorityState;
  readonly texts: readonly string[];
  /** Of the head after each of them. */
  readonly hashes: readonly string[];
};

const rejected = (field: string, reason: string): PlatformError =>
  new PlatformError('EVIDENCE_REJECTED', { field, reason });

export function authority(
  journal: Pick<Journal, 'append'>,
  entries: readonly JournalEntry[],
  { mode, now }: { readonly mode: TrustMode; readonly now: () => Instant },
): Authority {
  const pinned = new Map<string, string>();
  const logs = new Map<string, Log>();
  const asked = new Map<string, Initiators>();
  const stopped = new Set<string>();
  /** One batch at a time for each organisation: the next one continues what the last one left. */
  const turns = new Map<string, Promise<unknown>>();

  const stateAfter = (log: Log | undefined, sequence: number, text: string): AuthorityState =>
    applyEntry(log?.state, { sequence, content: parseContent(text) });

  function putLog(organization: string, log: Log): void {
    logs.set(organization, log);
    const known = asked.get(organization) ?? initiators();
    asked.set(organization, known);
    known.note(log.state);
  }

  function keep(organization: string, log: Log | undefined, state: AuthorityState, text: string) {
    const texts = [...(log?.texts ?? []), text];
    putLog(organization, { state, texts, hashes: [...(log?.hashes ?? []), state.head.hash] });
  }

  for (const entry of entries) {
    if (entry.kind === 'trusted') pinned.set(entry.organization, entry.genesis);
    if (entry.kind === 'frozen') stopped.add(entry.organization);
    if (entry.kind === 'thawed') stopped.delete(entry.organization);
    if (entry.kind === 'authority-adopted') adoptNow(entry.organization, entry);
    if (entry.kind !== 'authority') continue;
    const { organization, sequence, content } = entry;
    const log = logs.get(organization);
    keep(organization, log, stateAfter(log, sequence, content), content);
  }

  /** The log with other entries from a sequence on. */
  function logWith(organization: string, from: number, contents: readonly string[]): Log {
    const before = (logs.get(organization)?.texts ?? []).slice(0, from);
    const texts = [...before, ...contents];
    const hashes: string[] = [];
    let state: AuthorityState | undefined;
    for (const [sequence, text] of texts.entries()) {
      state = applyEntry(state, { sequence, content: parseContent(text) });
      hashes.push(state.head.hash);
    }
    if (state === undefined) throw rejected('sequence', 'this node has no log of the organisation');
    return { state, texts, hashes };
  }

  function adoptNow(
    organization: string,
    { from, contents }: { readonly from: number; readonly contents: readonly string[] },
  ): void {
    putLog(organization, logWith(organization, from, contents));
  }

  async function adopt(adoption: Adoption): Promise<AuthorityHead> {
    const { organization, from, entries: contents, head, givenUp } = adoption;
    const own = logs.get(organization);
    if (own === undefined || from < 1 || from > own.texts.length) {
      throw rejected('sequence', "the entries do not continue this node's log");
    }
    const next = logWith(organization, from, contents);
    if (next.state.head.sequence !== head.sequence || next.state.head.hash !== head.hash) {
      throw rejected('receipts', 'the receipts are about another log');
    }
    requireNothingLost(own.texts, next.texts, givenUp);
    requireNoLaterUnlock(own.texts, next.texts);
    await journal.append({ kind: 'authority-adopted', organization, from, contents });
    putLog(organization, next);
    return next.state.head;
  }

  async function pin(organization: string, genesis: string): Promise<void> {
    const before = pinned.get(organization);
    if (before === genesis) return;
    if (before !== undefined) {
      const hint = `A pin holds for good: here it is ${before}.`;
      throw invalidInput('genesis', 'another genesis of this organisation is pinned', hint);
    }
    pinned.set(organization, genesis);
    await journal.append({ kind: 'trusted', organization, genesis });
  }

  async function requireGenesis(organization: string, { content }: AuthorityEntry): Promise<void> {
    if (!isGenesis(content) || content.organization !== organization) {
      throw rejected('organization', 'the log is of another organisation');
    }
    const hash = genesisHash(content);
    if (mode === 'first-use' && !pinned.has(organization)) await pin(organization, hash);
    if (pinned.get(organization) === hash) return;
    const reason = `this node does not trust the genesis ${hash} of the organisation`;
    throw rejected('genesis', reason);
  }

  function requireOfToday({ content }: AuthorityEntry): void {
    if (isGenesis(content)) return;
    // A change that waited for approvals is of the time at which it got the last one.
    const at = evidence('entry', () => signedAt(content));
    if (Math.abs(now() - at) <= CHANGE_AGE_MAX_MS) return;
    const [then, here] = [formatInstant(at), formatInstant(now())];
    throw rejected('created', `the change was signed at ${then}, and here it is ${here}`);
  }

  /** What follows the log that is here; an entry that is here already must be the same. */
  function newOnes({ organization, from, entries: texts }: Batch): readonly string[] {
    const known = logs.get(organization)?.texts ?? [];
    for (const [index, text] of texts.entries()) {
      const here = known[from + index];
      if (here !== undefined && here !== text) {
        throw rejected('sequence', `another entry ${from + index} is in this node's log`);
      }
    }
    if (from > known.length) {
      throw rejected('sequence', `entry ${from} came where ${known.length} is awaited`);
    }
    return texts.slice(known.length - from);
  }

  /** Nothing is taken on other nodes' word before it is known to be about exactly this. */
  function requireHead(organization: string, texts: readonly string[], head: AuthorityHead): void {
    const log = logs.get(organization);
    const first = log?.texts.length ?? 0;
    const last = texts.reduce<AuthorityState | undefined>(
      (state, text, index) =>
        applyEntry(state, { sequence: first + index, content: parseContent(text) }),
      log?.state,
    );
    if (last?.head.sequence === head.sequence && last.head.hash === head.hash) return;
    throw rejected('receipts', 'the receipts are about another log');
  }

  async function takeOne(organization: string, text: string, witness: Witness): Promise<void> {
    const log = logs.get(organization);
    const sequence = log?.texts.length ?? 0;
    const entry = { sequence, content: parseContent(text) };
    if (sequence === 0) await requireGenesis(organization, entry);
    else if (witness === 'worker') requireOfToday(entry);
    const state = applyEntry(log?.state, entry);
    await journal.append({ kind: 'authority', organization, sequence, content: text });
    keep(organization, log, state, text);
  }

  async function takeAll(batch: Batch, witness: Witness): Promise<AuthorityHead> {
    const { organization } = batch;
    const texts = newOnes(batch);
    if (typeof witness === 'object') requireHead(organization, texts, witness);
    for (const text of texts) await takeOne(organization, text, witness);
    const state = logs.get(organization)?.state;
    if (state === undefined) throw rejected('sequence', 'this node has no log of the organisation');
    return state.head;
  }

  return {
    find: (organization) => logs.get(organization)?.state,
    hashAt: (organization, sequence) => logs.get(organization)?.hashes[sequence],
    couldInitiate: (organization, credentialId) =>
      asked.get(organization)?.has(credentialId) === true,
    pins: () => pinned,
    isFrozen: (organization) =>
      stopped.has(organization) || logs.get(organization)?.state.frozen === true,
    async freeze(organization) {
      stopped.add(organization);
      await journal.append({ kind: 'frozen', organization });
    },
    async thaw(organization) {
      await journal.append({ kind: 'thawed', organization });
      stopped.delete(organization);
    },
    trust: pin,
    take: (batch, witness) => inTurn(batch, () => takeAll(batch, witness)),
    texts: (organization) => logs.get(organization)?.texts ?? [],
    adopt: (adoption) => inTurn(adoption, () => adopt(adoption)),
  };

  async function inTurn<T>(
    { organization }: { readonly organization: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const before = turns.get(organization) ?? Promise.resolve();
    const done = before.then(work);
    const over = done.catch(() => undefined);
    turns.set(organization, over);
    try {
      return await done;
    } finally {
      // Whoever names organisations that there are not leaves nothing behind.
      if (turns.get(organization) === over) turns.delete(organization);
    }
  }
}

/** A change that takes authority away must not be lost by the way. @throws INVALID_INPUT */
function requireNothingLost(
  own: readonly string[],
  next: readonly string[],
  givenUp: readonly string[],
): void {
  const kept = new Set(next);
  const lost = own.filter((text) => !kept.has(text) && !givenUp.includes(changeHash(text)));
  if (lost.length === 0) return;
  const names = lost.map((text) => `${operationOf(text)} (${changeHash(text)})`).join(', ');
  const reason = `this node would lose changes that its log holds: ${names}`;
  throw invalidInput('entries', reason, 'Name each that may be lost, or bring it to the others.');
}

/** Changes that end what fell before them. */
const FORGIVING = ['unlockKey', 'readmitNode'];

/**
 * What locks a key is compared with the place of the last unlocking in this node's log, and a ban with that of
 * its end, so that none may come to stand later than it does. @throws INVALID_INPUT
 */
function requireNoLaterUnlock(own: readonly string[], next: readonly string[]): void {
  const isLater = (text: string, place: number): boolean =>
    FORGIVING.includes(operationOf(text)) && next.indexOf(text) > place;
  if (!own.some(isLater)) return;
  const hint = 'Let the others take this order, or sign the unlocking anew afterwards.';
  throw invalidInput('entries', 'a key was unlocked earlier in this order, or a ban ended', hint);
}

function operationOf(text: string): string {
  const content = parseContent(text);
  return isGenesis(content) ? 'genesis' : parseChange(content.change.statement).operation;
}

/**
 * The organisation's log, by which this node decides. Without a pinned genesis nothing is decided for an
 * organisation at all; once one is pinned, whoever withholds the log gains nothing by it.
 * @throws EVIDENCE_REJECTED, SIGNERS_UNAVAILABLE
 */
export function authorityOf(
  { authority: own }: { readonly authority: Pick<Authority, 'find' | 'pins'> },
  organization: string,
): AuthorityState {
  const state = own.find(organization);
  if (state !== undefined) return state;
  if (!own.pins().has(organization)) {
    throw rejected('organization', 'organisation not trusted: its genesis is not pinned here');
  }
  const reason = "the organisation's log has not been brought to this node (AUTHORITY_BEHIND)";
  throw new PlatformError('SIGNERS_UNAVAILABLE', { reason });
}

/**
 * What is frozen waits, the organisation or one of its wallets: nothing of it fails for good.
 * @throws KEY_LOCKED
 */
export function requireThawed(
  { authority: own }: { readonly authority: Pick<Authority, 'isFrozen' | 'find'> },
  organization: string,
  wallet?: WalletId,
): void {
  const isFrozen = own.isFrozen(organization);
  if (isFrozen) throw new PlatformError('KEY_LOCKED', { reason: 'the organisation is frozen' });
  const known = wallet && own.find(organization)?.wallets.get(wallet);
  if (known?.frozen) throw new PlatformError('KEY_LOCKED', { reason: 'the wallet is frozen' });
}
