/**
 * The gateway's copy of the authority log: reading the state that it adds up to, and appending to it
 * in the transaction of a change's effect. Nothing else decides whether a change may happen.
 */
import { isPlatformError, PlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { type Instant, MINUTE_MS, parseInstant } from '#core/time.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { applyChange, decisionsAbout } from '#mandate/authority/apply-change.ts';
import {
  type AuthorityEntry,
  contentText,
  parseContent,
  replay,
} from '#mandate/authority/entry.ts';
import { type Genesis, genesisHash } from '#mandate/authority/genesis.ts';
import type { SignedChange } from '#mandate/authority/signed-change.ts';
import { type AuthorityState, stateOfGenesis } from '#mandate/authority/state.ts';
import { requireSigner } from '#mandate/authority/signatures.ts';
import { parseChange } from '#mandate/change.ts';
import { type Permission, requirePermission } from '#mandate/permissions.ts';
import { trace } from '#policy-lang/explaining/trace.ts';
import {
  authorityEntries,
  authorityHead,
  holdAuthority,
  insertAuthority,
  lockAuthority,
} from '#persistence/authority.ts';
import type { Tx } from '#persistence/database.ts';
import type { Actor } from './actor.ts';
import { type Decided, decidedOf, storeDecision } from './decision-record.ts';
import { RefusedChange } from './refused-action.ts';
import { freshId, type IdentityServices } from './services.ts';

/** Replayed once in a process, then continued: the head that is read says whether it still holds. */
const states = new Map<OrganizationId, AuthorityState>();
const STATES_MAX = 1024;

/** The state as of the newest entry; undefined before the first administrator has registered. */
export async function findAuthority(
  tx: Tx,
  organization: OrganizationId,
): Promise<AuthorityState | undefined> {
  const head = await authorityHead(tx, organization);
  if (head === undefined) return undefined;
  const known = states.get(organization);
  if (known?.head.sequence === head.sequence && known.head.hash === head.hash) return known;
  const state = (await continued(tx, organization, known)) ?? (await continued(tx, organization));
  if (state?.head.hash !== head.hash) {
    throw new Error(`the authority log of ${organization} does not add up to its head`);
  }
  const [oldest] = states.keys();
  if (states.size >= STATES_MAX && oldest && !states.has(organization)) states.delete(oldest);
  states.set(organization, state);
  return state;
}

/** Undefined where the log does not go on from that state: it was rolled back, or restored. */
async function continued(
  tx: Tx,
  organization: OrganizationId,
  known?: AuthorityState,
): Promise<AuthorityState | undefined> {
  const from = known?.head.sequence ?? 0;
  const [first, ...rest] = await authorityEntries(tx, organization, from);
  if (first === undefined || (known && first.hash !== known.head.hash)) return undefined;
  return replay((known ? rest : [first, ...rest]).map(entryOf), known);
}

const entryOf = (row: { readonly sequence: number; readonly content: string }): AuthorityEntry => ({
  sequence: row.sequence,
  content: parseContent(row.content),
});

/** @throws EVIDENCE_REJECTED for an organisation without a genesis */
export async function requireAuthority(
  tx: Tx,
  organization: OrganizationId,
): Promise<AuthorityState> {
  const state = await findAuthority(tx, organization);
  if (state !== undefined) return state;
  throw new PlatformError('EVIDENCE_REJECTED', {
    field: 'organization',
    reason: 'its first administrator has not registered',
  });
}

/**
 * Holds the authority log as it is until the transaction's end, and asks it whether this person may sign
 * this: a change that came in a moment ago counts, and the audit log names the head that was asked.
 * @throws EVIDENCE_REJECTED, FORBIDDEN
 */
export async function requirePresentSigner(
  tx: Tx,
  { organization, user }: Pick<Actor, 'organization' | 'user'>,
  statement: SignedStatement,
  permission: Permission,
): Promise<void> {
  await holdAuthority(tx, organization);
  const state = await requireAuthority(tx, organization);
  requirePermission(requireSigner(state, 'statement', statement, user), permission);
}

/** The first entry, in the transaction in which the first administrator registers. */
export async function appendGenesis(tx: Tx, genesis: Genesis): Promise<AuthorityState> {
  const { organization } = genesis;
  await lockAuthority(tx, organization);
  const state = stateOfGenesis(genesis);
  const createdAt = parseInstant(genesis.created);
  const entry = { sequence: 0, hash: genesisHash(genesis), content: contentText(genesis) };
  await insertAuthority(tx, { organization, ...entry, createdAt });
  return state;
}

/**
 * Checks a signed change against the whole log, and appends it in the caller's transaction, together
 * with what the policy decided about it.
 * @throws CHALLENGE_EXPIRED for a change that is not of now, and what `applyChange` throws
 */
export async function appendChange(
  services: IdentityServices,
  tx: Tx,
  organization: OrganizationId,
  content: SignedChange,
): Promise<AuthorityState> {
  await lockAuthority(tx, organization);
  const state = await requireAuthority(tx, organization);
  const createdAt = services.clock.now();
  const decided = decidedAbout(services, state, content);
  const next = applied(state, content, decided);
  requireFresh(content.change, createdAt);
  for (const one of decided) one.store(tx);
  const entry = { ...next.head, content: contentText(content) };
  await insertAuthority(tx, { organization, ...entry, createdAt });
  return next;
}

type Kept = { readonly decided: Decided; readonly store: (tx: Tx) => void };

/** What the policy answers, where it governs the change, ready to be kept. */
function decidedAbout(
  services: IdentityServices,
  state: AuthorityState,
  content: SignedChange,
): readonly Kept[] {
  return decisionsAbout(state, content).map(({ policy, snapshot, initiator }) => {
    const id = freshId(services, 'decision');
    const decided = decidedOf(id, snapshot, trace(policy.compiled, snapshot));
    const about = { organization: state.organization, subject: initiator };
    return { decided, store: (tx) => storeDecision(tx, about, decided) };
  });
}

/** A refusal by the policy keeps its decisions, although its transaction is rolled back. */
function applied(
  state: AuthorityState,
  content: SignedChange,
  kept: readonly Kept[],
): AuthorityState {
  try {
    return applyChange(state, content);
  } catch (error) {
    const code = isPlatformError(error) ? error.code : undefined;
    const isRefusal = code === 'CHANGE_DENIED' || code === 'CHANGE_NEEDS_APPROVAL';
    const last = kept.find(({ decided }) => decided.trace.outcome !== 'ALLOW');
    if (!isPlatformError(error) || !isRefusal || last === undefined) throw error;
    const context = { ...error.context, decision: last.decided.record.id };
    throw new RefusedChange(code, context, last.store);
  }
}

/** @throws CHALLENGE_EXPIRED */
function requireFresh({ statement }: SignedStatement, now: Instant): void {
  const { created, expires } = parseChange(statement);
  // The gateway that wrote the statement may have a clock of its own.
  const isFresh = parseInstant(created) <= now + MINUTE_MS && now < parseInstant(expires);
  if (!isFresh) throw new PlatformError('CHALLENGE_EXPIRED');
}
