/** The policy that decides now, and the people of its groups. */
import type { OrganizationId, PolicyId, UserId } from '#core/ids.ts';
import { type Instant, instant } from '#core/time.ts';
import { NETWORKS } from '#chains/registry.ts';
import type { Groups } from '#policy-lang/approval-quorum.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import type { CompiledPolicy } from '#policy-lang/compiled-policy.ts';
import { trace } from '#policy-lang/trace.ts';
import type { DecisionTrace } from '#policy-lang/decision.ts';
import { GENESIS_HASH, GENESIS_VERSION, genesisTrace } from '#policy-lang/genesis.ts';
import type { Snapshot } from '#policy-lang/snapshot.ts';
import type { PublishedVersion, World } from '#policy-lang/world.ts';
import type { Tx } from '#persistence/database.ts';
import { activePeople } from '#persistence/identity.ts';
import { type BundleFile, PolicyBundle, type PolicyBundleRow } from '#persistence/policy.ts';

/** `compiled` is absent in the genesis policy, which blocks everything. */
export type PolicyInForce = {
  readonly hash: string;
  readonly version: number;
  readonly compiled?: CompiledPolicy;
};

/** Before an organisation's first bundle. */
export const GENESIS: PolicyInForce = { hash: GENESIS_HASH, version: GENESIS_VERSION };

/**
 * The version that took the place of all others last; one that has ended then blocks, and none of the
 * others comes back. While none has begun, the newest of all, which then blocks.
 */
export async function policyInForce(
  tx: Tx,
  organization: OrganizationId,
  now: Instant,
): Promise<PolicyInForce> {
  const begun = { organization, effectiveFrom: { $lte: now } };
  const latest = { begins: 'desc', version: 'desc' } as const;
  const newest = { version: 'desc' } as const;
  const bundle =
    (await tx.findOne(PolicyBundle, begun, { orderBy: latest })) ??
    (await tx.findOne(PolicyBundle, { organization }, { orderBy: newest }));
  return bundle === null ? GENESIS : loaded(bundle);
}

/**
 * The version that governs changes now, and the time at which it is asked. A version that has ended
 * still governs them, as of its last moment: otherwise nobody could publish the next one, or anybody
 * could who waits for the end. One that has not begun does not.
 */
export async function governingPolicy(
  tx: Tx,
  organization: OrganizationId,
  now: Instant,
): Promise<{ readonly policy: PolicyInForce; readonly at: Instant }> {
  const { compiled, ...policy } = await policyInForce(tx, organization, now);
  if (compiled === undefined || compiled.effective.from > now) return { policy: GENESIS, at: now };
  const { until } = compiled.effective;
  const at = until !== undefined && until <= now ? instant(until - 1) : now;
  return { policy: { ...policy, compiled }, at };
}

/** The version that a decision named. */
export async function policyOfVersion(
  tx: Tx,
  organization: OrganizationId,
  version: number,
): Promise<PolicyInForce> {
  if (version === GENESIS.version) return GENESIS;
  return loaded(await tx.findOneOrFail(PolicyBundle, { organization, version }));
}

export const decideWith = (policy: PolicyInForce, snapshot: Snapshot): DecisionTrace =>
  policy.compiled === undefined ? genesisTrace() : trace(policy.compiled, snapshot);

/** The groups of a policy with the people who are active now. */
export async function groupsOf(tx: Tx, policy: PolicyInForce): Promise<Groups> {
  const groups = [...(policy.compiled?.groups ?? [])].map(([name, members]) => ({
    name,
    users: members.flatMap(({ user }) => (user === undefined ? [] : [user as UserId])),
  }));
  const active = new Set(
    await activePeople(tx, [...new Set(groups.flatMap(({ users }) => users))]),
  );
  return new Map(
    groups.map(({ name, users }) => [name, new Set(users.filter((user) => active.has(user)))]),
  );
}

/** What the compiler must know: every asset of the registry, and whom an e-mail address names. */
export const worldOf = (
  resolveUser: (email: string) => UserId | undefined,
  previousVersion?: number,
  versions: readonly PublishedVersion[] = [],
): World => ({
  versions,
  assets: new Map(
    NETWORKS.flatMap(({ id, family, assets }) =>
      assets.map((asset) => [asset.id, { decimals: asset.decimals, network: id, family }]),
    ),
  ),
  networks: new Map(NETWORKS.map(({ id, family }) => [id, family])),
  resolveUser,
  ...(previousVersion === undefined ? {} : { previousVersion }),
});

/** A published bundle never changes, so it is compiled once in a process. */
const compiledBundles = new Map<PolicyId, PolicyInForce>();
const COMPILED_MAX = 256;

function loaded(bundle: PolicyBundleRow): PolicyInForce {
  const known = compiledBundles.get(bundle.id);
  if (known !== undefined) return known;
  const policy = compileStored(bundle.files, bundle.members);
  const [oldest] = compiledBundles.keys();
  if (compiledBundles.size >= COMPILED_MAX && oldest) compiledBundles.delete(oldest);
  const entry = { hash: bundle.hash, version: bundle.version, compiled: policy };
  compiledBundles.set(bundle.id, entry);
  return entry;
}

function compileStored(
  files: readonly BundleFile[],
  members: Readonly<Record<string, UserId>>,
): CompiledPolicy {
  const { policy, diagnostics } = compileBundle(
    files,
    worldOf((email) => members[email]),
  );
  if (policy !== undefined) return policy;
  throw new Error(`a published policy no longer compiles: ${diagnostics[0]?.message ?? ''}`);
}
