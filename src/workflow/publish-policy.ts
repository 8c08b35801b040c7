/** Publishing a policy bundle. */
import { PlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requireAuthority } from '#identity/authority.ts';
import { freshId, record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import {
  type CompiledBundle,
  compileFor,
  diagnosticLine,
  policyOfVersion,
} from '#mandate/authority/policies.ts';
import type { PublishedPolicy as PublishedEntry } from '#mandate/authority/state.ts';
import { policyChange } from '#mandate/change-input.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { placeOf } from '#policy-lang/diagnostics.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import {
  type BundleFile,
  ChangeRequest,
  type ChangeRequestRow,
  PolicyBundle,
  type PolicyBundleRow,
} from '#persistence/policy.ts';
import type { PublishPolicyInput } from './inputs.ts';
import type { Services } from './services.ts';

export type PublishedPolicy = {
  readonly change: ChangeRequestRow;
  readonly bundle: PolicyBundleRow;
};

/**
 * Publishes a bundle whose tests pass. Where the policy in force governs its own change, it decides;
 * otherwise one Compliance user's signature applies the bundle at once.
 * @throws FORBIDDEN, INVALID_INPUT, POLICY_SYNTAX, POLICY_TOO_LARGE, POLICY_TOO_DEEP,
 *   POLICY_OVERFLOW (each with `diagnostics`), and what `signedChange` throws
 */
export async function publishPolicy(
  services: Services,
  actor: Actor,
  { files }: PublishPolicyInput,
  signed: SignedAction | null | undefined,
): Promise<PublishedPolicy> {
  await requireAction(services, actor, 'publishPolicy');
  const mutation = { operation: 'publishPolicy', input: policyChange(files), signed };
  return signedChange(services, actor, mutation, async (tx, changed) => {
    const published = changed.state.policies.at(-1);
    const policy = published && policyOfVersion(changed.state, published.version)?.compiled;
    if (!published || !policy) throw new Error('the log holds no policy');
    requireTestsPass(policy);
    return insertPolicy(services, tx, actor, { published, policy, statement: changed.statement });
  });
}

/**
 * Compiles a bundle as it would be published now.
 * @throws INVALID_INPUT and the POLICY_ codes
 */
export const requireCompiled = async (
  tx: Tx,
  organization: OrganizationId,
  files: readonly BundleFile[],
  now: Instant,
): Promise<CompiledBundle> => compileFor(await requireAuthority(tx, organization), files, now);

/** What the API shows of a bundle's warnings. */
export const warningsOf = (diagnostics: CompiledBundle['diagnostics']): readonly string[] =>
  diagnostics.map(diagnosticLine);

/**
 * A bundle that contradicts its own tests is not what its author means.
 * @throws what `requireCompiled` throws, and POLICY_SYNTAX with a line for each failure of a test
 */
export async function requirePublishable(
  tx: Tx,
  organization: OrganizationId,
  files: readonly BundleFile[],
  now: Instant,
): Promise<void> {
  requireTestsPass((await requireCompiled(tx, organization, files, now)).policy);
}

function requireTestsPass(policy: CompiledPolicy): void {
  const failed = runTests(policy).tests.filter(({ passed }) => !passed);
  const [first] = failed;
  if (first === undefined) return;
  throw new PlatformError('POLICY_SYNTAX', {
    field: 'files',
    reason: `${placeOf(first.span)}: the test "${first.title}" fails`,
    hint: 'Change the rules or the test: "countersign policy test" shows what each rule said.',
    diagnostics: failed.flatMap(({ failures }) =>
      failures.map(({ span, message }) => `${placeOf(span)}: TEST_FAILED ${message}`),
    ),
  });
}

async function insertPolicy(
  services: Services,
  tx: Tx,
  actor: Actor,
  bundle: {
    readonly published: PublishedEntry;
    readonly policy: CompiledPolicy;
    readonly statement: SignedStatement;
  },
): Promise<PublishedPolicy> {
  const { published, policy, statement } = bundle;
  const { id, version, hash, files, members, publishedAt } = published;
  const { organization, user } = actor;
  const now = services.clock.now();
  const change = tx.create(ChangeRequest, {
    id: freshId(services, 'change'),
    organization,
    operation: 'publishPolicy',
    state: 'APPLIED',
    requestedBy: user,
    statement,
    createdAt: now,
    appliedAt: now,
  });
  const row = tx.create(PolicyBundle, {
    id,
    organization,
    change: change.id,
    version,
    title: policy.title,
    hash,
    files,
    members,
    effectiveFrom: published.effectiveFrom,
    effectiveUntil: published.effectiveUntil,
    begins: instant(Math.max(publishedAt, published.effectiveFrom)),
    publishedBy: user,
    publishedAt,
  });
  const detail = { change: change.id, version, hash };
  await record(services, tx, {
    organization,
    actor: user,
    action: 'policy.published',
    subject: row.id,
    detail,
  });
  const event = { organization, type: 'policy.published', subject: row.id } as const;
  await appendEvent(tx, { ...event, at: now, payload: { version } });
  return { change, bundle: row };
}
