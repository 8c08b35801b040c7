/** Publishing a policy bundle. */
import { PlatformError } from '#core/errors.ts';
import type { OrganizationId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { requireAuthority } from '#identity/authority.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
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
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader, type Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { type BundleFile, PolicyBundle, type PolicyBundleRow } from '#persistence/policy.ts';
import type { PublishPolicyInput } from './inputs.ts';
import type { Services } from './services.ts';

export type PublishedPolicy = {
  readonly change: ChangeRequestRow;
  /** Absent while people have to approve of it. */
  readonly bundle?: PolicyBundleRow;
};

/**
 * Publishes a bundle whose tests pass. Where the policy in force governs its own change, it decides, and
 * may ask for approvals; otherwise one Compliance user's signature applies the bundle at once.
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
  const change = await signedChange(services, actor, mutation, addPolicy);
  const bundle = await bundleOf(services, change);
  return bundle === undefined ? { change } : { change, bundle };
}

/** The bundle that a change has published. */
export async function bundleOf(
  { db }: Services,
  { id }: ChangeRequestRow,
): Promise<PolicyBundleRow | undefined> {
  return (await reader(db).findOne(PolicyBundle, { change: id })) ?? undefined;
}

/** What follows from the change: the bundle among those that decide payments. */
export const addPolicy: Effect<Services> = async (services, tx, { change, state }) => {
  const published = state.policies.at(-1);
  const policy = published && policyOfVersion(state, published.version)?.compiled;
  if (!published || !policy) throw new Error('the log holds no policy');
  requireTestsPass(policy);
  await insertPolicy(services, tx, { published, policy, change });
};

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
  bundle: {
    readonly published: PublishedEntry;
    readonly policy: CompiledPolicy;
    readonly change: ChangeRequestRow;
  },
): Promise<void> {
  const { published, policy, change } = bundle;
  const { id, version, hash, files, members, publishedAt } = published;
  const { organization, requestedBy } = change;
  tx.create(PolicyBundle, {
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
    publishedBy: requestedBy,
    publishedAt,
  });
  await record(services, tx, {
    organization,
    actor: requestedBy,
    action: 'policy.published',
    subject: id,
    detail: { change: change.id, version, hash },
  });
  const event = { organization, type: 'policy.published', subject: id } as const;
  await appendEvent(tx, { ...event, at: services.clock.now(), payload: { version } });
}
