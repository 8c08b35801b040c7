/**
 * An organisation that can pay: Ada administers, Alice initiates, Bob and Ben manage, Carol keeps
 * the policy, and a tagged wallet holds test USDC.
 */
import type { ChainConnection } from '#chains/adapter.ts';
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import { PlatformError } from '#core/errors.ts';
import type { TransferId } from '#core/ids.ts';
import type { Role } from '#core/roles.ts';
import { isFinal } from '#core/transfer-state.ts';
import { Approval, type ApprovalRow } from '#persistence/approval.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { Reservation } from '#persistence/ledger.ts';
import { Transfer, type TransferRow } from '#persistence/transfer.ts';
import { Wallet, type WalletRow } from '#persistence/wallet.ts';
import { advanceTransfer } from '#workflow/advance-transfer.ts';
import { createTransfer } from '#workflow/create-transfer.ts';
import { decideApproval } from '#workflow/decide-approval.ts';
import { generateKey } from '#workflow/generate-key.ts';
import type {
  CreateTransferInput,
  CreateWalletInput,
  DecideApprovalInput,
  UserActionRequest,
} from '#workflow/inputs.ts';
import { publishPolicy } from '#workflow/publish-policy.ts';
import type { Services } from '#workflow/services.ts';
import { readApprovalOf } from '#workflow/approval.ts';
import { beginUserAction } from '#workflow/user-action.ts';
import { createWallet } from '#workflow/wallet.ts';
import { policyFiles, type PolicyShape, VENDOR } from './acme-policy.ts';
import { foundOrganization, inviteNamed, join, type Person, register, sign } from './person.ts';
import type { WorkflowStage } from './workflow-stage.ts';

export const USDC = 'USDC@local-evm';
export const dollars = (amount: number): string => (BigInt(amount) * 1_000_000n).toString();

const ETHER = 10n ** 18n;
const TREASURY = 10_000_000n * 1_000_000n;

export type Acme = Awaited<ReturnType<typeof openAcme>>;

/** Its wallet is still empty: `fundWallet` fills it where a test pays for real. */
export async function openAcme(stage: WorkflowStage, policy: Partial<PolicyShape> = {}) {
  const { services } = stage;
  const { organization, admin: ada } = await foundOrganization(services);
  const alice = await join(services, ada, 'Alice', 'finance-operator');
  // All are invited before the first has come: from then on it takes two.
  const invited = [
    await inviteNamed(services, ada, 'Bob', 'treasury-manager'),
    await inviteNamed(services, ada, 'Ben', 'treasury-manager', 'finance-operator'),
    await inviteNamed(services, ada, 'Carol', 'compliance'),
  ] as const;
  const [bob, ben, carol] = [
    await register(services, invited[0].invitation),
    await register(services, invited[1].invitation),
    await register(services, invited[2].invitation),
  ];
  await publish(services, carol, { version: 1, ...policy });
  const wallet = await openWallet(services, ada);
  return { stage, services, organization, ada, alice, bob, ben, carol, wallet };
}

/** Somebody who joins with Carol's approval, where the roles take it. */
export async function appoint(acme: Acme, name: string, ...roles: Role[]): Promise<Person> {
  const { services, ada, carol } = acme;
  const { change, invitation } = await inviteNamed(services, ada, name, ...roles);
  if (change.state === 'PENDING_APPROVAL') {
    const db = reader(services.db);
    await vote(acme, carol, await db.findOneOrFail(Approval, { change: change.id }));
  }
  return register(services, invitation);
}

/** Begins a user action and signs it as it is. */
export const beginAndSign = async (
  services: Services,
  person: Person,
  request: UserActionRequest,
) => sign(person, await beginUserAction(services, person.actor, request));

export async function publish(services: Services, person: Person, shape: PolicyShape) {
  const input = policyFiles(shape);
  const signed = await beginAndSign(services, person, { operation: 'publishPolicy', input });
  const { change, bundle } = await publishPolicy(services, person.actor, input, signed);
  if (bundle === undefined) throw new Error(`${change.id} is ${change.state}`);
  return { change, bundle };
}

/** A wallet whose key has been made. */
export async function openWallet(
  services: Services,
  person: Person,
  input: CreateWalletInput = { network: 'local-evm', name: 'Operations', tags: ['payments'] },
): Promise<WalletRow> {
  const signed = await beginAndSign(services, person, { operation: 'createWallet', input });
  const { id } = await createWallet(services, person.actor, input, signed);
  await generateKey(services, id);
  return reader(services.db).findOneOrFail(Wallet, { id });
}

/** Test USDC, and ether for fees. */
export async function fundWallet({ anvil }: WorkflowStage, { address }: WalletRow): Promise<void> {
  if (typeof address !== 'string') throw new Error('the wallet has no address yet');
  await fundNative(anvil.url, address, 100n * ETHER);
  await mintTestUsdc(anvil.url, address, TREASURY);
}

let count = 0;

/** 5,000 USDC to the vendor, unless the test wants something else. */
export const transferInput = (
  acme: Acme,
  other: Partial<CreateTransferInput> = {},
): CreateTransferInput => ({
  walletId: acme.wallet.id,
  asset: USDC,
  amount: dollars(5_000),
  to: VENDOR,
  externalId: `payment-${++count}`,
  ...other,
});

export async function pay(
  acme: Acme,
  other: Partial<CreateTransferInput> = {},
  person: Person = acme.alice,
): Promise<TransferRow> {
  const input = transferInput(acme, other);
  const signed = await beginAndSign(acme.services, person, { operation: 'createTransfer', input });
  return createTransfer(acme.services, person.actor, input, signed);
}

export async function vote(
  acme: Acme,
  person: Person,
  approval: ApprovalRow,
  decision: DecideApprovalInput['decision'] = 'APPROVE',
): Promise<ApprovalRow> {
  const input = { approvalId: approval.id, decision };
  const signed = await beginAndSign(acme.services, person, { operation: 'decideApproval', input });
  return decideApproval(acme.services, person.actor, input, signed);
}

export async function approvalOf(acme: Acme, transfer: TransferRow): Promise<ApprovalRow> {
  const approval = await readApprovalOf(acme.services, acme.carol.actor, transfer);
  if (approval === undefined) throw new Error(`${transfer.id} needs no approval`);
  return approval;
}

export const reload = ({ services }: Acme, { id }: TransferRow): Promise<TransferRow> =>
  reader(services.db).findOneOrFail(Transfer, { id });

/** Runs the transfer's jobs until it is final, waits for something, or for people. */
export async function carryOut(
  acme: Acme,
  { id }: { readonly id: TransferId },
): Promise<TransferRow> {
  for (;;) {
    const before = await reader(acme.services.db).findOneOrFail(Transfer, { id });
    await advanceTransfer(acme.services, id);
    const after = await reader(acme.services.db).findOneOrFail(Transfer, { id });
    if (isFinal(after.state) || after.state === before.state) return after;
  }
}

/** The actions of an object's audit entries, oldest first. */
export async function auditOf({ services }: Acme, subject: string): Promise<readonly string[]> {
  const orderBy = { sequence: 'asc' } as const;
  const entries = await reader(services.db).find(AuditEntry, { subject }, { orderBy });
  return entries.map(({ action }) => action);
}

/** The same organisation on a chain of which some verbs answer otherwise. */
export const withChain = (acme: Acme, change: Partial<ChainConnection>): Acme => ({
  ...acme,
  services: {
    ...acme.services,
    chains: { connection: () => ({ ...acme.stage.connection, ...change }) },
  },
});

/** A verb of a chain that cannot be reached. */
export const silent = () =>
  Promise.reject(new PlatformError('CHAIN_UNAVAILABLE', { reason: 'cut off' }));

/** When the transfer's value was given back; null while it counts. */
export const releasedAt = async ({ services }: Acme, { id }: TransferRow) =>
  (await reader(services.db).findOneOrFail(Reservation, { transfer: id })).releasedAt;
