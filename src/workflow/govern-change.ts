/**
 * Changes of permissions and of the policy itself, decided by the policy in force where it governs
 * them (docs/adr/0014). Where it does not, the permission of the role decides alone.
 */
import { PlatformError } from '#core/errors.ts';
import { HOUR_MS, type Instant, instant } from '#core/time.ts';
import type { OrganizationId } from '#core/ids.ts';
import type { Actor } from '#identity/actor.ts';
import { rolesWith } from '#mandate/permissions.ts';
import { RefusedChange } from '#identity/refused-action.ts';
import { freshId, type GovernChange, type IdentityServices } from '#identity/services.ts';
import type { ChangeKind } from '#policy-lang/change-kinds.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { decide } from '#policy-lang/decide.ts';
import type { Decision } from '#policy-lang/decision.ts';
import type { Activity, Snapshot } from '#policy-lang/snapshot.ts';
import type { Tx } from '#persistence/database.ts';
import { activePeopleWith } from '#persistence/identity.ts';
import { type Decided, decidedOf, storeDecision } from './decision-record.ts';
import { type Initiator, initiatorFacts, initiatorOf } from './initiator.ts';
import { decideWith, governingPolicy, type PolicyInForce } from './policy-in-force.ts';
import { runningTotals } from './running-totals.ts';

/** One change as a policy sees it. */
export type Change = {
  readonly activity: Extract<Activity, 'permission-change' | 'policy-change'>;
  readonly kind: ChangeKind;
  readonly target: string;
  readonly role?: string;
};

/**
 * A change that gives several roles is decided once for each of them.
 * @throws CHANGE_DENIED, CHANGE_NEEDS_APPROVAL
 */
export const governPermissionChange: GovernChange = async (services, tx, actor, change) => {
  const { kind, target, roles = [] } = change;
  const [first, ...more] = roles.map((role) => ({ role }));
  for (const part of [first ?? {}, ...more]) {
    const asked = { activity: 'permission-change', kind, target, ...part } as const;
    await requireGoverned(services, tx, actor, asked);
  }
};

/**
 * The decision is kept: in the caller's transaction, or with the refusal that `signedTransaction` records
 * once that is rolled back.
 * @throws CHANGE_DENIED, CHANGE_NEEDS_APPROVAL
 */
export async function requireGoverned(
  services: IdentityServices,
  tx: Tx,
  { organization, user }: Actor,
  change: Change,
): Promise<void> {
  const { policy, at } = await governingPolicy(tx, organization, services.clock.now());
  if (policy.compiled?.governs.includes(change.activity) !== true) return;
  const initiator = await initiatorOf(tx, user);
  const snapshot = await snapshotOf(tx, policy, { organization, initiator, change, at });
  const id = freshId(services, 'decision');
  const decided = decidedOf(id, snapshot, decideWith(policy, snapshot));
  const about = { organization, subject: user };
  if (decided.trace.outcome === 'ALLOW') return storeDecision(tx, about, decided);
  throw refusalOf(decided, (own) => storeDecision(own, about, decided));
}

function refusalOf({ trace, record }: Decided, keep: (tx: Tx) => void): RefusedChange {
  const decision = record.id;
  if (trace.outcome === 'BLOCK') {
    const reason = trace.reasons.map(({ message }) => message.replace(/\.$/, '')).join('; ');
    return new RefusedChange('CHANGE_DENIED', { decision, reason }, keep);
  }
  const reason = `it asks for approval ${quorumsInWords(trace)}`;
  return new RefusedChange('CHANGE_NEEDS_APPROVAL', { decision, reason }, keep);
}

const quorumsInWords = ({ requirements }: Decision): string =>
  requirements
    .flatMap(({ quorums }) => quorums.map(({ group, count }) => `by ${count} of ${group}`))
    .join(' and ');

type Asked = {
  readonly organization: OrganizationId;
  readonly initiator: Initiator;
  readonly change: Change;
  readonly at: Instant;
};

async function snapshotOf(tx: Tx, policy: PolicyInForce, asked: Asked): Promise<Snapshot> {
  const snapshot = changeSnapshot(policy, asked);
  if (policy.compiled === undefined) return snapshot;
  const { request, now } = snapshot;
  const question = { organization: asked.organization, now, request };
  const { facts, causes } = await runningTotals(tx, policy.compiled, question);
  return { ...snapshot, aggregates: facts, causes };
}

function changeSnapshot(policy: PolicyInForce, asked: Omit<Asked, 'organization'>): Snapshot {
  const { activity, ...change } = asked.change;
  return {
    now: asked.at,
    activity,
    request: { initiator: initiatorFacts(policy, asked.initiator), change },
    prices: new Map(),
    aggregates: new Map(),
    causes: new Map(),
  };
}

/** A week of hours: a policy may let changes through at certain times only. */
const HOURS = Array.from({ length: 7 * 24 }, (_, hour) => hour * HOUR_MS);

/**
 * A policy that governs its own change must leave somebody who can publish the next one, because
 * nothing else could ever take its place.
 * @throws CHANGE_NEEDS_APPROVAL, CHANGE_DENIED
 */
export async function requireSuccession(
  tx: Tx,
  organization: OrganizationId,
  compiled: CompiledPolicy,
  now: Instant,
): Promise<void> {
  if (!compiled.governs.includes('policy-change')) return;
  const { hash, version, effective } = compiled;
  const policy = { hash, version, compiled };
  const begin = Math.max(now, effective.from);
  const change = { activity: 'policy-change', kind: 'publish', target: hash } as const;
  const answers: Decision[] = [];
  for (const id of await activePeopleWith(tx, organization, rolesWith('policies:publish'))) {
    const initiator = await initiatorOf(tx, id);
    for (const hour of HOURS) {
      const at = instant(begin + hour);
      const answer = decide(compiled, changeSnapshot(policy, { initiator, change, at }));
      if (answer.outcome === 'ALLOW') return;
      answers.push(answer);
    }
  }
  const waiting = answers.find(({ outcome }) => outcome === 'PENDING');
  const cause =
    waiting === undefined
      ? 'it blocks every change of the policy'
      : `it asks for approval ${quorumsInWords(waiting)}`;
  throw new PlatformError(waiting === undefined ? 'CHANGE_DENIED' : 'CHANGE_NEEDS_APPROVAL', {
    field: 'files',
    reason: `under this policy nobody could ever publish another one: ${cause}`,
    hint: 'Let a role or a person change the policy without approval, or do not govern policy-change.',
  });
}
