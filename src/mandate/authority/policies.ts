/** The policies of the log: compiling a new one, and which of them decides at a time. */
import { PlatformError, invalidInput } from '#core/errors.ts';
import type { PolicyId, UserId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { worldOf } from '#mandate/policy-world.ts';
import type { Groups } from '#policy-lang/approval-quorum.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { type Diagnostic, placeOf } from '#policy-lang/diagnostics.ts';
import type { Registry } from '#policy-lang/registry.ts';
import { type World, withRegistry } from '#policy-lang/world.ts';
import { GENESIS_HASH, GENESIS_VERSION } from '#policy-lang/genesis.ts';
import { assetFactsOf } from './assets.ts';
import { usersByEmail } from './members.ts';
import { type AuthorityState, type PublishedPolicy, isActivePerson } from './state.ts';

/** `compiled` is absent in the genesis policy, which blocks everything. */
export type PolicyInForce = {
  readonly hash: string;
  readonly version: number;
  readonly compiled?: CompiledPolicy;
};

/** Before an organisation's first bundle. */
export const GENESIS: PolicyInForce = { hash: GENESIS_HASH, version: GENESIS_VERSION };

/** When a version takes the place of the one before: at its beginning, or when it is published. */
const beginOf = ({ publishedAt, effectiveFrom }: PublishedPolicy): number =>
  Math.max(publishedAt, effectiveFrom);

/**
 * The version that took the place of all others last; one that has ended then blocks, and none of the
 * others comes back. While none has begun, the newest of all, which then blocks.
 */
export function policyInForce(state: AuthorityState, now: Instant): PolicyInForce {
  const { policies } = state;
  const begun = policies
    .filter(({ effectiveFrom }) => effectiveFrom <= now)
    .toSorted((a, b) => beginOf(a) - beginOf(b) || a.version - b.version);
  const policy = begun.at(-1) ?? policies.toSorted((a, b) => a.version - b.version).at(-1);
  return policy === undefined ? GENESIS : loaded(state, policy);
}

/** The version that a decision or a mandate names; undefined where it was never published. */
export function policyOfVersion(state: AuthorityState, version: number): PolicyInForce | undefined {
  if (version === GENESIS.version) return GENESIS;
  const policy = state.policies.find((published) => published.version === version);
  return policy && loaded(state, policy);
}

/**
 * The version that governs changes, and the time at which it is asked. A version that has ended still
 * governs them, as of its last moment: otherwise nobody could publish the next one, or anybody could
 * who waits for the end. One that has not begun does not.
 */
export function governingPolicy(
  state: AuthorityState,
  now: Instant,
): { readonly policy: PolicyInForce; readonly at: Instant } {
  const policy = policyInForce(state, now);
  const { compiled } = policy;
  if (compiled === undefined || compiled.effective.from > now) return { policy: GENESIS, at: now };
  const { until } = compiled.effective;
  return { policy, at: until !== undefined && until <= now ? instant(until - 1) : now };
}

/** The version in force, and those that are published and still to begin. */
export const policiesFrom = (state: AuthorityState, now: Instant): readonly PolicyInForce[] => [
  policyInForce(state, now),
  ...laterThan(state, now).map((policy) => loaded(state, policy)),
];

const laterThan = ({ policies }: AuthorityState, now: Instant): readonly PublishedPolicy[] =>
  policies.filter(({ effectiveFrom }) => effectiveFrom > now);

/**
 * A group of the registry must leave enough people for the quorums of the policies that read it.
 * @throws INVALID_INPUT for a quorum that could be met before and cannot be any more
 */
export function requireSatisfiable(
  before: AuthorityState,
  after: AuthorityState,
  now: Instant,
): void {
  for (const { version } of policiesFrom(after, now)) {
    const policy = after.policies.find((published) => published.version === version);
    if (policy === undefined) continue;
    const known = new Set(errorsOf(before, policy));
    const fault = errorsOf(after, policy).find((message) => !known.has(message));
    if (fault === undefined) continue;
    const reason = `version ${version} of the policy asks more of it: ${fault.replace(/\.$/, '')}`;
    throw invalidInput('members', reason, 'Name more people, or change the policy before.');
  }
}

const errorsOf = (
  state: AuthorityState,
  { files, members, assets }: PublishedPolicy,
): readonly string[] =>
  compileBundle(
    files,
    liveWorld(
      worldOf((email) => members[email]),
      state,
      assets,
    ),
  )
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);

/** A member of a group of the registry may have left since it was set. */
const liveWorld = (world: World, state: AuthorityState, assets: Registry['assets']): World => ({
  ...withRegistry(world, registryOf(state, assets)),
  isSuspended: (user) => state.users.get(user as UserId)?.state === 'deactivated',
});

/** Lists and groups are read as they are now; which assets a version knows never changes. */
const registryOf = ({ lists, groups }: AuthorityState, assets: Registry['assets']): Registry => ({
  lists,
  groups,
  assets,
});

/** The groups of a policy with the people who are active in this state. */
export const groupsOf = (state: AuthorityState, { compiled }: PolicyInForce): Groups =>
  new Map(
    [...(compiled?.groups ?? [])].map(([name, members]) => [
      name,
      new Set(
        members.flatMap(({ user }) =>
          user !== undefined && isActivePerson(state, user as UserId) ? [user] : [],
        ),
      ),
    ]),
  );

type Loaded = PolicyInForce & { readonly compiled: CompiledPolicy };

/**
 * A published bundle never changes, and is compiled once for each copy of it, and again where something
 * that it reads from the registry has changed.
 */
const compiledPolicies = new WeakMap<PublishedPolicy, Loaded>();

const isCurrent = ({ lists, groups }: AuthorityState, { registry }: CompiledPolicy): boolean =>
  [...registry.lists].every(([name, list]) => lists.get(name) === list) &&
  [...registry.groups].every(([name, group]) => groups.get(name) === group);

function loaded(state: AuthorityState, policy: PublishedPolicy): PolicyInForce {
  const known = compiledPolicies.get(policy);
  if (known !== undefined && isCurrent(state, known.compiled)) return known;
  const { files, members, hash, version, assets } = policy;
  const world = worldOf((email) => members[email]);
  const { policy: compiled, diagnostics } = compileBundle(files, {
    ...withRegistry(world, registryOf(state, assets)),
    isPublished: true,
  });
  if (compiled === undefined) {
    throw new Error(`a published policy no longer compiles: ${diagnostics[0]?.message ?? ''}`);
  }
  const entry = { hash, version, compiled };
  compiledPolicies.set(policy, entry);
  return entry;
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
 * @throws INVALID_INPUT and the POLICY_ codes, each with `diagnostics`
 */
export function compileFor(
  state: AuthorityState,
  files: readonly BundleFile[],
  now: Instant,
): CompiledBundle {
  const paths = files.map(({ path }) => path);
  if (files.length === 0 || new Set(paths).size !== paths.length) {
    const reason = files.length === 0 ? 'no files' : 'a path that stands twice';
    throw invalidInput('files', reason, 'Send each file of the bundle once.');
  }
  const users = usersByEmail(state);
  const resolve = (email: string) => users.get(email.toLowerCase());
  const versions = state.policies.map(({ version }) => version);
  const newest = versions.length === 0 ? undefined : Math.max(...versions);
  const later = laterThan(state, now).map(publishedVersion);
  const world = liveWorld(worldOf(resolve, newest, later), state, assetFactsOf(state));
  const { policy, diagnostics } = compileBundle(files, world);
  if (policy === undefined) throw policyError(diagnostics);
  const members = [...policy.groups.values()].flat().flatMap(({ email, user }) => {
    return user === undefined ? [] : [[email, user] as [string, UserId]];
  });
  return { policy, diagnostics, members: Object.fromEntries(members) };
}

const publishedVersion = ({ version, effectiveFrom: from, effectiveUntil }: PublishedPolicy) => ({
  version,
  effective: { from, ...(effectiveUntil === null ? {} : { until: effectiveUntil }) },
});

/** The entry of a compiled bundle. */
export const publishedPolicy = (
  { policy, members }: CompiledBundle,
  entry: {
    readonly id: PolicyId;
    readonly files: readonly BundleFile[];
    readonly publishedAt: Instant;
  },
): PublishedPolicy => ({
  ...entry,
  version: policy.version,
  hash: policy.hash,
  members,
  assets: policy.registry.assets,
  effectiveFrom: policy.effective.from,
  effectiveUntil: policy.effective.until ?? null,
});

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
