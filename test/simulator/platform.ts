/**
 * The gateway and the database: what is asked of the platform, each request in one transaction. The
 * states move by the product's own function, and each move writes its entry and its reservation.
 */
import { PlatformError } from '#core/errors.ts';
import {
  countsAgainstLimits,
  isFinal,
  nextState,
  type TransferEvent,
  type TransferState,
} from '#core/transfer-state.ts';
import { eligibleGroups, quorumState, type Vote } from '#policy-lang/approval-quorum.ts';
import type { Observer } from './observer.ts';
import {
  GROUPS,
  type Intent,
  LIMIT,
  type PlantedBug,
  requirementOf,
  type TransferRow,
} from './shapes.ts';
import { Process, type World } from './world.ts';

export type Account = { next: number; holder: string | undefined };

type AuditEntry = { readonly transfer: string; readonly state: TransferState };

const STALE_MS = 200;

export class Platform {
  readonly gateway = new Process('gateway');
  readonly database = new Process('postgres');
  readonly rows = new Map<string, TransferRow>();
  readonly audit: AuditEntry[] = [];
  /** Grows whenever a transfer moves. */
  version = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #byExternalId = new Map<string, string>();
  readonly #world: World;
  readonly #observer: Observer;
  readonly #planted: PlantedBug | undefined;
  #staleAt = -STALE_MS;
  #stale = new Map<string, number>();

  constructor(world: World, observer: Observer, planted: PlantedBug | undefined) {
    this.#world = world;
    this.#observer = observer;
    this.#planted = planted;
  }

  account(wallet: string): Account {
    const known = this.#accounts.get(wallet) ?? { next: 0, holder: undefined };
    this.#accounts.set(wallet, known);
    return known;
  }

  /** @throws INTERNAL while the database is away: nothing has happened then */
  requireDatabase(): void {
    if (!this.database.isUp) throw new PlatformError('INTERNAL', { reason: 'no database' });
  }

  /** @returns the transfer's id: the same one for the same externalId */
  createTransfer(intent: Intent, externalId: string): string {
    this.requireDatabase();
    const known = this.#byExternalId.get(externalId);
    if (known !== undefined && this.#planted !== 'no idempotency') return known;
    const id = known === undefined ? intent.id : `${intent.id}'`;
    this.#byExternalId.set(externalId, id);
    const own = { ...intent, id };
    const row: TransferRow = {
      intent: own,
      state: 'PENDING_POLICY',
      nonce: undefined,
      signed: undefined,
      votes: [],
      reserved: true,
      mayStillBePaid: false,
    };
    const isWithin = this.#reserved(own.wallet) + own.units <= LIMIT;
    this.rows.set(id, row);
    if (!isWithin) this.move(row, 'POLICY_BLOCKED');
    else this.move(row, requirementOf(own) === undefined ? 'POLICY_ALLOWED' : 'APPROVAL_REQUIRED');
    return id;
  }

  /** @throws APPROVAL_CLOSED, APPROVAL_NOT_ELIGIBLE, APPROVAL_DUPLICATE */
  decideApproval(id: string, vote: Vote): void {
    this.requireDatabase();
    const row = this.rows.get(id);
    const requirement = row && requirementOf(row.intent);
    if (row?.state !== 'PENDING_APPROVAL' || requirement === undefined) {
      throw new PlatformError('APPROVAL_CLOSED');
    }
    const { initiator } = row.intent;
    const about = { requirement, groups: GROUPS, initiator };
    if (eligibleGroups(vote.person, about).length === 0) {
      throw new PlatformError('APPROVAL_NOT_ELIGIBLE');
    }
    if (row.votes.some(({ person }) => person === vote.person)) {
      throw new PlatformError('APPROVAL_DUPLICATE');
    }
    row.votes = [...row.votes, vote];
    const { state } = quorumState({ ...about, votes: row.votes });
    const isEnough = state === 'SATISFIED' || this.#planted === 'one vote fills two places';
    if (state === 'REJECTED') this.move(row, 'APPROVAL_REJECTED');
    else if (isEnough) this.move(row, 'APPROVED');
  }

  cancelTransfer(id: string): void {
    this.requireDatabase();
    const row = this.rows.get(id);
    if (row !== undefined && nextState(row.state, 'CANCEL_REQUESTED') !== undefined) {
      this.move(row, 'CANCEL_REQUESTED');
    }
  }

  /** Does nothing where the event is not legal any more: somebody else was faster. */
  move(row: TransferRow, event: TransferEvent): void {
    const next = nextState(row.state, event);
    if (next === undefined) return;
    row.state = next;
    this.version += 1;
    row.reserved = countsAgainstLimits(next) || row.mayStillBePaid;
    const isForgotten =
      this.#planted === 'an entry missing in the audit log' && this.#world.random.percent(10);
    if (!isForgotten) this.audit.push({ transfer: row.intent.id, state: next });
    this.#check(row);
  }

  /** What counts against a wallet's limit. */
  #reserved(wallet: string): number {
    if (this.#planted !== 'no limit lock') return this.#sum(wallet);
    if (this.#world.now >= this.#staleAt + STALE_MS) {
      this.#staleAt = this.#world.now;
      const wallets = new Set([...this.rows.values()].map(({ intent }) => intent.wallet));
      this.#stale = new Map([...wallets].map((each) => [each, this.#sum(each)]));
    }
    return this.#stale.get(wallet) ?? 0;
  }

  #sum(wallet: string): number {
    let units = 0;
    for (const { intent, reserved, state } of this.rows.values()) {
      const counts = reserved && state !== 'PENDING_POLICY';
      if (intent.wallet === wallet && counts) units += intent.units;
    }
    return units;
  }

  /** What must be true after every move. */
  #check({ intent, state, reserved, mayStillBePaid, votes }: TransferRow): void {
    const { wallet, id, initiator } = intent;
    const requirement = requirementOf(intent);
    if (state === 'QUEUED' && requirement !== undefined) {
      const quorum = quorumState({ requirement, groups: GROUPS, votes, initiator });
      if (quorum.state !== 'SATISFIED') this.#observer.report(`I4: ${id} goes on without a quorum`);
    }
    const units = this.#sum(wallet);
    if (units > LIMIT) this.#observer.report(`I1: ${units} of ${wallet} are admitted`);
    if (isFinal(state) && reserved !== (countsAgainstLimits(state) || mayStillBePaid)) {
      this.#observer.report(`I7: ${id} ended ${state}, and its reservation did not`);
    }
    const last = this.audit.at(-1);
    if (last?.transfer !== id || last.state !== state) {
      this.#observer.report(`I8: the log does not say that ${id} became ${state}`);
    }
  }
}
