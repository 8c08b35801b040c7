/** What a policy would decide about a payment, without making it. */
import type { Instant } from '#core/time.ts';
import { freshId } from '#identity/services.ts';
import type { Actor } from '#identity/actor.ts';
import { payableAsset } from '#mandate/authority/assets.ts';
import { requirePermission } from '#mandate/permissions.ts';
import type { Diagnostic } from '#policy-lang/diagnostics.ts';
import { reader } from '#persistence/database.ts';
import { decideTransfer } from './decide-transfer.ts';
import type { Decided } from '#identity/decision-record.ts';
import { ownAssets, requireKnownTo } from './assets.ts';
import { gatherInputs } from './gather-inputs.ts';
import { initiatorOf } from './initiator.ts';
import { type CreateTransferInput, parseTransferInput, type PublishPolicyInput } from './inputs.ts';
import { type PolicyInForce, policyInForce } from './policy-in-force.ts';
import { requireCompiled } from './publish-policy.ts';
import type { Services } from './services.ts';
import { requireUsableWallet } from './wallet.ts';

export type Simulation = {
  readonly decided: Decided;
  /** Warnings about the draft. */
  readonly diagnostics: readonly Diagnostic[];
};

/**
 * What the policy in force, or a draft of one, would decide if the actor asked for the payment now.
 * Nothing is stored, and nothing is locked: another payment may change a total at the same moment.
 * @throws FORBIDDEN, INVALID_INPUT, NOT_FOUND, and the POLICY_ codes with `diagnostics` for a draft
 *   that does not compile
 */
export async function simulateTransfer(
  services: Services,
  actor: Actor,
  input: Omit<CreateTransferInput, 'externalId'>,
  draft?: PublishPolicyInput | null,
): Promise<Simulation> {
  requirePermission(actor, 'policies:read');
  const tx = reader(services.db);
  const { organization } = actor;
  const own = await ownAssets(tx, organization);
  const request = parseTransferInput(own, { ...input, externalId: 'simulation' });
  payableAsset(own, request.asset);
  const wallet = await requireUsableWallet(tx, actor, request);
  const now = services.clock.now();
  const { policy, diagnostics } = draft
    ? await compiledDraft(services, actor, draft, now)
    : { policy: await policyInForce(tx, organization, now), diagnostics: [] };
  requireKnownTo(policy, request.asset);
  const { network, asset, units, recipient } = request;
  const inputs = await gatherInputs(services, [policy], {
    reference: freshId(services, 'transfer'),
    activity: 'transfer',
    network,
    asset,
    units,
    from: wallet.address ?? '',
    to: recipient,
  });
  const initiator = await initiatorOf(tx, actor.user);
  const about = { activity: 'transfer', wallet, asset, units, recipient } as const;
  const question = { now, organization, initiator, inputs, ...about };
  return { decided: await decideTransfer(services, tx, policy, question), diagnostics };
}

async function compiledDraft(
  services: Services,
  { organization }: Actor,
  { files }: PublishPolicyInput,
  now: Instant,
): Promise<{ readonly policy: PolicyInForce; readonly diagnostics: readonly Diagnostic[] }> {
  const compiled = await requireCompiled(reader(services.db), organization, files, now);
  const { hash, version } = compiled.policy;
  return {
    policy: { hash, version, compiled: compiled.policy },
    diagnostics: compiled.diagnostics,
  };
}
