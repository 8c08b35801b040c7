/** Publishing a policy bundle. */
import { invalidInput, PlatformError } from '#core/errors.ts';
import type { OrganizationId, UserId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { freshId, record } from '#identity/services.ts';
import { type SignedAction, signedTransaction } from '#identity/user-action.ts';
import type { SignedStatement } from '#mandate/assertion.ts';
import { changeWithInput, parseChange } from '#mandate/change.ts';
import { policyChange } from '#mandate/change-input.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Diagnostic, placeOf } from '#policy-lang/diagnostics.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import type { Tx } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { usersByEmail } from '#persistence/identity.ts';
import {
  type BundleFile,
  ChangeRequest,
  type ChangeRequestRow,
  PolicyBundle,
  type PolicyBundleRow,
} from '#persistence/policy.ts';
import type { PublishPolicyInput } from './inputs.ts';
import { requireGoverned, requireSuccession } from './govern-change.ts';
import { worldOf } from './policy-in-force.ts';
import type { Services } from './services.ts';

export type PublishedPolicy = {
  readonly change: ChangeRequestRow;
  readonly bundle: PolicyBundleRow;
};

/**
 * Publishes a bundle whose tests pass. Where the policy in force governs its own change, it decides;
 * otherwise one Compliance user's signature applies the bundle at once.
 * @throws FORBIDDEN, INVALID_INPUT, POLICY_SYNTAX, POLICY_TOO_LARGE, POLICY_TOO_DEEP,
 *   POLICY_OVERFLOW (each with `diagnostics`), CHANGE_DENIED, CHANGE_NEEDS_APPROVAL, and what
 *   `signedTransaction` throws
 */
export async function publishPolicy(
  services: Services,
  actor: Actor,
  { files }: PublishPolicyInput,
  signed: SignedAction | null | undefined,
): Promise<PublishedPolicy> {
  await requireAction(services, actor, 'publishPolicy');
  const action = { operation: 'publishPolicy', signed };
  return signedTransaction(services, actor, action, async (tx, consume) => {
    const statement = await consume((stored) =>
      changeWithInput(parseChange(stored), policyChange(files)),
    );
    await lockPolicies(tx, actor.organization);
    const now = services.clock.now();
    const compiled = await requirePublishable(tx, actor.organization, files, now);
    const { hash } = compiled.policy;
    const change = { activity: 'policy-change', kind: 'publish', target: hash } as const;
    await requireGoverned(services, tx, actor, change);
    await requireSuccession(tx, actor.organization, compiled.policy, now);
    return insertPolicy(services, tx, actor, { ...compiled, files, statement });
  });
}

/** Two versions at once: the second one is checked against the first. */
async function lockPolicies(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [
    `${organization} policies`,
  ]);
}

export type CompiledBundle = {
  readonly policy: CompiledPolicy;
  /** Warnings: a bundle with an error is none. */
  readonly diagnostics: readonly Diagnostic[];
  readonly members: Readonly<Record<string, UserId>>;
};

/**
 * Compiles a bundle as it would be published. It takes the place of the version in force, whatever the
 * end of that is; one that is published already and still to begin must not overlap with it.
 * @throws INVALID_INPUT and the POLICY_ codes
 */
export async function requireCompiled(
  tx: Tx,
  organization: OrganizationId,
  files: readonly BundleFile[],
  now: Instant,
): Promise<CompiledBundle> {
  const paths = files.map(({ path }) => path);
  if (files.length === 0 || new Set(paths).size !== paths.length) {
    const reason = files.length === 0 ? 'no files' : 'a path that stands twice';
    throw invalidInput('files', reason, 'Send each file of the bundle once.');
  }
  const users = await usersByEmail(tx, organization);
  const orderBy = { version: 'desc' } as const;
  const newest = await tx.findOne(PolicyBundle, { organization }, { orderBy });
  const resolve = (email: string) => users.get(email.toLowerCase());
  const versions = await tx.find(PolicyBundle, { organization, effectiveFrom: { $gt: now } });
  const world = worldOf(resolve, newest?.version, versions.map(publishedVersion));
  const { policy, diagnostics } = compileBundle(files, world);
  if (policy === undefined) throw policyError(diagnostics);
  const members = [...policy.groups.values()].flat().flatMap(({ email, user }) => {
    return user === undefined ? [] : [[email, user] as [string, UserId]];
  });
  return { policy, diagnostics, members: Object.fromEntries(members) };
}

const publishedVersion = ({ version, effectiveFrom, effectiveUntil }: PolicyBundleRow) => ({
  version,
  effective: {
    from: effectiveFrom,
    ...(typeof effectiveUntil === 'number' ? { until: effectiveUntil } : {}),
  },
});

/**
 * A bundle that contradicts its own tests is not what its author means.
 * @throws what `requireCompiled` throws, and POLICY_SYNTAX with a line for each failure of a test
 */
export async function requirePublishable(
  tx: Tx,
  organization: OrganizationId,
  files: readonly BundleFile[],
  now: Instant,
): Promise<CompiledBundle> {
  const compiled = await requireCompiled(tx, organization, files, now);
  const failed = runTests(compiled.policy).tests.filter(({ passed }) => !passed);
  const [first] = failed;
  if (first === undefined) return compiled;
  throw new PlatformError('POLICY_SYNTAX', {
    field: 'files',
    reason: `${placeOf(first.span)}: the test "${first.title}" fails`,
    hint: 'Change the rules or the test: "countersign policy test" shows what each rule said.',
    diagnostics: failed.flatMap(({ failures }) =>
      failures.map(({ span, message }) => `${placeOf(span)}: TEST_FAILED ${message}`),
    ),
  });
}

const OWN_CODES = ['POLICY_TOO_LARGE', 'POLICY_TOO_DEEP', 'POLICY_OVERFLOW'] as const;

/** The code of the first error, where the API has one of that name; every error has its line. */
function policyError(diagnostics: readonly Diagnostic[]): PlatformError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const code = OWN_CODES.find((own) => own === first?.code) ?? 'POLICY_SYNTAX';
  return new PlatformError(code, {
    field: 'files',
    reason: first === undefined ? 'it does not compile' : reasonOf(first),
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    diagnostics: errors.map(diagnosticLine),
  });
}

/** The context's reason is a sentence without its full stop. */
const reasonOf = ({ span, message }: Diagnostic): string =>
  `${placeOf(span)}: ${message.replace(/\.$/, '')}`;

/** `main.policy:3:7: UNKNOWN_NAME There is no list "vendors". Did you mean ...?` */
export const diagnosticLine = ({ code, span, message, hint }: Diagnostic): string =>
  `${placeOf(span)}: ${code} ${message}${hint === undefined ? '' : ` ${hint}`}`;

async function insertPolicy(
  services: Services,
  tx: Tx,
  actor: Actor,
  bundle: CompiledBundle & {
    readonly files: readonly BundleFile[];
    readonly statement: SignedStatement;
  },
): Promise<PublishedPolicy> {
  const { policy, members, files, statement } = bundle;
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
    id: freshId(services, 'policy'),
    organization,
    change: change.id,
    version: policy.version,
    title: policy.title,
    hash: policy.hash,
    files,
    members,
    effectiveFrom: policy.effective.from,
    effectiveUntil: policy.effective.until ?? null,
    begins: instant(Math.max(now, policy.effective.from)),
    publishedBy: user,
    publishedAt: now,
  });
  const detail = { change: change.id, version: policy.version, hash: policy.hash };
  await record(services, tx, {
    organization,
    actor: user,
    action: 'policy.published',
    subject: row.id,
    detail,
  });
  const event = { organization, type: 'policy.published', subject: row.id } as const;
  await appendEvent(tx, { ...event, at: now, payload: { version: policy.version } });
  return { change, bundle: row };
}
