/**
 * The organisation's authority log, applied change by change as every node does it, from the genesis
 * that the auditor pins. Whoever reads the audit log beside it knows at each entry who might do what.
 */
import { isPlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import type { AuthorityLine } from '#mandate/audit-export.ts';
import { applyEntry, isGenesis, parseContent } from '#mandate/authority/entry.ts';
import { genesisHash } from '#mandate/authority/genesis.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';

/**
 * How many heads back a receipt may look. Between a node's receipt and the entry that tells of the
 * payment the log grows by a few changes; each state is kept whole.
 */
const KEPT_STATES = 64;

export class AuthorityReplay {
  readonly #organization: OrganizationId;
  readonly #genesis: string;
  readonly #states = new Map<string, AuthorityState>();
  #state: AuthorityState | undefined;
  /** Changes since the last audit entry. */
  #fresh = 0;

  constructor(organization: OrganizationId, genesis: string) {
    this.#organization = organization;
    this.#genesis = genesis;
  }

  /** Absent before the genesis. */
  get state(): AuthorityState | undefined {
    return this.#state;
  }

  /** What the log said at a head of not long ago. */
  at(head: string): AuthorityState | undefined {
    return this.#states.get(head);
  }

  /** What is wrong with the next entry of the log, or undefined. */
  change({ sequence, content: text }: AuthorityLine): string | undefined {
    try {
      const content = parseContent(text);
      if (isGenesis(content) && genesisHash(content) !== this.#genesis) {
        return `the authority log begins with the genesis ${genesisHash(content)}`;
      }
      const state = applyEntry(this.#state, { sequence, content });
      if (state.organization !== this.#organization) {
        return 'the authority log is of another organisation';
      }
      this.#keep(state);
      this.#fresh += 1;
      return undefined;
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      return `entry ${sequence} of the authority log does not hold: ${error.message}`;
    }
  }

  #keep(state: AuthorityState): void {
    this.#state = state;
    this.#states.set(state.head.hash, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > KEPT_STATES && oldest !== undefined) this.#states.delete(oldest);
  }

  /**
   * What is wrong with the authority that an audit entry names, or undefined: it must be the log's head,
   * and each change has an audit entry of its own.
   */
  fault(named: string): string | undefined {
    const changes = this.#fresh;
    this.#fresh = 0;
    if (named !== (this.#state?.head.hash ?? '')) {
      return 'it was made with another authority log than the export holds';
    }
    return changes > 1 ? `${changes} changes of authority came with it` : undefined;
  }
}
