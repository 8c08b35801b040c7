/**
 * Whom this node no longer works with, and the judgement that makes it so. A peer that provably cheated
 * in an OT-based step may have learnt a bit of a secret, so the pair is banned for the whole organisation
 * and epoch; a set that produced an invalid signature is quarantined. Only an operator lifts either, and
 * only where the organisation has ordered that in its authority log (`readmitNode`, `unlockKey`). A verdict
 * holds in memory and on the disk before another session runs, so that none of the pair sends
 * another byte and a crash loses none.
 */
import { PlatformError } from '#core/errors.ts';
import type { PartyId, ProtocolAbort } from '#signing/kernel.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Purpose } from './proto/open-request.ts';

type Fallen = {
  readonly organization: string;
  /** How long the organisation's authority log was; absent where the node had none. */
  readonly authority?: number;
  readonly epoch: number;
  readonly check: string;
  /** Of the session, in hex. */
  readonly sid: string;
};

export type Ban = Fallen & { readonly kind: 'ban'; readonly peer: PartyId };
export type Quarantine = Fallen & {
  readonly kind: 'quarantine';
  readonly signers: readonly PartyId[];
};

/** The set of nodes that would work together, for one organisation and pair epoch. */
export type Circle = {
  readonly organization: string;
  readonly epoch: number;
  readonly signers: readonly PartyId[];
  /** Verdicts that an operator lets be while the pairs are set up again. */
  readonly pardoned?: ReadonlySet<Ban | Quarantine>;
};

/** The session that ended in an abort. */
export type Trial = {
  readonly purpose?: Purpose;
  readonly circle?: Circle;
  readonly sid?: string;
};

export type Verdict = {
  /** Who is banned, or the set that is quarantined. */
  readonly parties: readonly PartyId[];
  /** Why the disk does not have it. It holds in memory all the same. */
  readonly failure?: unknown;
};

export type Distrust = {
  /** All that ever fell, oldest first. */
  verdicts(): readonly (Ban | Quarantine)[];
  /** Those that have fallen so far over this circle and name nobody but these parties and `me`. */
  against(circle: Circle, parties: readonly PartyId[], me: PartyId): readonly (Ban | Quarantine)[];
  /** @throws KEY_LOCKED that names the parties */
  requireTrusted(circle: Circle): void;
  isTrusted(circle: Circle): boolean;
  /**
   * The verdict on an abort, or undefined where it takes none. It holds when this returns: between
   * the failure and this call no other session may run.
   */
  judge(trial: Trial, abort: ProtocolAbort): Verdict | undefined;
};

export function distrust(
  journal: Pick<Journal, 'appendNow'>,
  entries: readonly JournalEntry[],
  logLength: (organization: string) => number | undefined = () => undefined,
): Distrust {
  const verdicts = entries.filter((entry) => entry.kind === 'ban' || entry.kind === 'quarantine');
  const lockOf = (circle: Circle) =>
    verdicts.find((verdict) => concerns(verdict, circle) && circle.pardoned?.has(verdict) !== true);
  return {
    verdicts: () => [...verdicts],
    against: (circle, parties, me) =>
      verdicts.filter(
        (verdict) =>
          concerns(verdict, circle) &&
          partiesOf(verdict).every((party) => party === me || parties.includes(party)),
      ),
    isTrusted: (circle) => lockOf(circle) === undefined,
    requireTrusted(circle) {
      const locked = lockOf(circle);
      if (locked === undefined) return;
      throw new PlatformError('KEY_LOCKED', {
        reason:
          locked.kind === 'ban'
            ? `party ${locked.peer} broke the protocol (${locked.check})`
            : `parties ${locked.signers.join(' and ')} made an invalid signature`,
        parties: partiesOf(locked).map(String),
      });
    },
    judge(trial, abort) {
      const { circle } = trial;
      const authority = circle && logLength(circle.organization);
      const fresh = verdictsOf(trial, abort).map((verdict) =>
        authority === undefined ? verdict : { ...verdict, authority },
      );
      if (fresh.length === 0) return undefined;
      verdicts.push(...fresh);
      const parties = fresh.flatMap(partiesOf);
      try {
        for (const verdict of fresh) journal.appendNow(verdict);
        return { parties };
      } catch (failure) {
        return { parties, failure };
      }
    },
  };
}

/**
 * A cheat bans the pair with each culprit; a wrong outcome that nobody can be blamed for locks the set
 * that made it, and every larger one: a refresh by all holders would end the lock without an operator. A ceremony around a key locks nothing unless a culprit is named: it leaves what works as
 * it was.
 */
function verdictsOf(
  { purpose, circle, sid = '' }: Trial,
  { kind, check, culprits }: ProtocolAbort,
): readonly (Ban | Quarantine)[] {
  if (circle === undefined || kind === 'benign') return [];
  const { organization, epoch, signers } = circle;
  const where = { organization, epoch, check, sid };
  if (kind === 'cheat') return culprits.map((peer) => ({ kind: 'ban', peer, ...where }));
  return purpose === 'sign' || purpose === 'presign'
    ? [{ kind: 'quarantine', signers, ...where }]
    : [];
}

const partiesOf = (verdict: Ban | Quarantine): readonly PartyId[] =>
  verdict.kind === 'ban' ? [verdict.peer] : verdict.signers;

function concerns(verdict: Ban | Quarantine, circle: Circle): boolean {
  if (verdict.organization !== circle.organization || verdict.epoch !== circle.epoch) return false;
  return verdict.kind === 'ban'
    ? circle.signers.includes(verdict.peer)
    : verdict.signers.every((party) => circle.signers.includes(party));
}
