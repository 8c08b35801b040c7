/** What one kind of change is: who may make it, which object it changes, and what becomes of it. */
import type { UserId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import type { ChangeInput } from '#mandate/change.ts';
import type { Permission } from '#mandate/permissions.ts';
import type { GovernedChange } from './governed.ts';
import type { AuthorityState } from './state.ts';

/** What the log says of a change that has passed the checks of every kind. */
export type ChangeContext = {
  readonly operation: string;
  readonly subject: string;
  /** The version that the subject has afterwards. */
  readonly version: number;
  /** The entry that will hold the change. */
  readonly sequence: number;
  readonly initiator: UserId;
  /** The time of the change: its own, or that of its last approval. */
  readonly at: Instant;
  readonly input: ChangeInput;
};

export type Kind = {
  /**
   * `enrolment`: the one-time key of an invitation signs, and no role is asked for. `own`: everybody may
   * do it with what is theirs.
   */
  readonly permission: Permission | 'enrolment' | 'own';
  /** Whether it is the initiator's own, so that no permission is asked for. */
  readonly isOwn?: (state: AuthorityState, subject: string, initiator: UserId) => boolean;
  /**
   * Whoever makes or lends authority must be a person: with the key file of a service account nobody
   * can approve a payment, change the policy, or make another user.
   */
  readonly peopleOnly?: true;
  /**
   * So many different people must stand behind it, even where the policy asks for fewer. Whoever it is
   * about is none of them.
   */
  readonly people?: number;
  /** Whether this person needs nobody beside them, because nobody is there who could stand behind it. */
  readonly isAlone?: (state: AuthorityState, subject: string, initiator: UserId) => boolean;
  /** The version of the subject now; 0 where there is none. @throws INVALID_INPUT for no such id */
  readonly versionOf: (state: AuthorityState, subject: string) => number;
  /** Reads the input strictly. @throws INVALID_INPUT */
  readonly read: (input: ChangeInput, subject: string) => ReadChange;
};

export type ReadChange = {
  /** What the policy is asked, where it governs that. */
  readonly parts: (state: AuthorityState, initiator: UserId) => readonly GovernedChange[];
  /** What a person may do afterwards who may not do it now, where the change itself says so. */
  readonly gives?: (state: AuthorityState) => readonly Permission[];
  /** @throws INVALID_INPUT, CHANGE_DENIED where the state does not admit it */
  readonly apply: (state: AuthorityState, context: ChangeContext) => AuthorityState;
};

/** A change that no activity of the policy language covers. */
export const ungoverned = (): readonly GovernedChange[] => [];
