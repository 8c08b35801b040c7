/**
 * The platform's side of the transfer benchmark: an organisation whose every payment needs a
 * manager's approval, and the time from that approval to CONFIRMED as the manager's own client sees
 * it. People act through the SDK against the running processes.
 */
import { performance } from 'node:perf_hooks';
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import type { Platform } from '#launcher/platform.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { RoleName, Transfer, Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { SoftwareAuthenticator } from '#testing/authenticator.ts';
import type { Contender } from './measure.ts';

const ETHER = 10n ** 18n;
/** Above the 10,000 USD from which the policy wants a manager. */
export const PAYMENT = { asset: USDC, units: 10_001_000_000n, recipient: VENDOR } as const;

/** What a payment goes through after its approval, in this order. */
const STEPS = ['QUEUED', 'SIGNING', 'BROADCAST', 'CONFIRMED'] as const;

export type ApprovedPayments = Contender & {
  /** Milliseconds from one state to the next, for each payment, the warm-up included. */
  readonly steps: ReadonlyMap<string, readonly number[]>;
  readonly close: () => void;
};

type Staff = {
  readonly alice: CountersignClient;
  readonly bob: CountersignClient;
  readonly close: () => void;
};

async function openStaff({ url, origin, operatorToken }: Platform): Promise<Staff> {
  const clients: CountersignClient[] = [];
  const arrive = (): CountersignClient => {
    const authenticator = new SoftwareAuthenticator({ origin });
    const client = new CountersignClient({ url, origin, authenticator });
    clients.push(client);
    return client;
  };
  const register = async (inviteToken: string): Promise<CountersignClient> => {
    const client = arrive();
    await client.register({ inviteToken });
    return client;
  };
  const founding = { name: 'Acme', adminName: 'Ada' };
  const { inviteToken } = await arrive().createOrganization(founding, operatorToken);
  const ada = await register(inviteToken);
  const invite = async (name: string, role: RoleName): Promise<string> => {
    const email = `${name.toLowerCase()}@acme.example`;
    return (await ada.inviteUser({ name, email, roles: [role] })).inviteToken;
  };
  // All are invited before the first has come: from then on it takes two.
  const links = [
    await invite('Alice', 'finance-operator'),
    await invite('Bob', 'treasury-manager'),
    await invite('Carol', 'compliance'),
  ] as const;
  const alice = await register(links[0]);
  const bob = await register(links[1]);
  const carol = await register(links[2]);
  const managers = ['bob@acme.example'];
  await carol.publishPolicy(policyFiles({ version: 1, limit: '1,000,000,000', managers }));
  return { alice, bob, close: () => clients.forEach((client) => client.close()) };
}

/** A wallet whose key the nodes have made, with enough of the asset and ether for its fees. */
async function openTreasury(platform: Platform, bob: CountersignClient, payments: number) {
  const input = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  const { id } = await bob.createWallet(input);
  const wallet = await activated(bob, id);
  const address = wallet.address as string;
  await fundNative(platform.rpc, address, ETHER);
  await mintTestUsdc(platform.rpc, address, PAYMENT.units * BigInt(payments));
  return wallet;
}

async function activated(client: CountersignClient, id: string): Promise<Wallet> {
  const events = client.events({ after: '0', walletId: id, types: ['WALLET_UPDATED'] });
  for await (const { payload } of events) {
    if ((payload as { state: string }).state === 'ACTIVE') return client.wallet(id);
  }
  throw new Error('the stream of the wallet ended');
}

/**
 * Reads the updates up to CONFIRMED and notes how long each step took.
 * @throws Error where the transfer ended in any other way
 */
async function untilConfirmed(
  updates: AsyncIterableIterator<Transfer>,
  note: (step: string, ms: number) => void,
): Promise<void> {
  let last = performance.now();
  for await (const { state, reason } of updates) {
    if (!STEPS.some((step) => step === state)) {
      throw new Error(`the payment ended ${state}: ${reason?.message ?? 'no reason'}`);
    }
    const now = performance.now();
    note(state, now - last);
    last = now;
    if (state === 'CONFIRMED') return;
  }
  throw new Error('the stream of the transfer ended');
}

/**
 * An organisation on the running platform that can make so many payments. A sample creates a transfer
 * and subscribes to it, untimed; then it runs from the call of `decideApproval` - which asks what is
 * to be signed, has the passkey sign it, and sends it - to CONFIRMED in the subscription.
 */
export async function approvedPayments(
  platform: Platform,
  payments: number,
): Promise<ApprovedPayments> {
  const { alice, bob, close } = await openStaff(platform);
  const wallet = await openTreasury(platform, bob, payments);
  const steps = new Map<string, number[]>(STEPS.map((step) => [step, []]));
  let count = 0;
  const sample = async (): Promise<number> => {
    const transfer = await alice.createTransfer({
      walletId: wallet.id,
      asset: PAYMENT.asset,
      amount: PAYMENT.units.toString(),
      to: PAYMENT.recipient,
      externalId: `payment-${++count}`,
    });
    const approval = await bob.approval(transfer.approvals[0]?.id as string);
    const updates = bob.transferUpdated(transfer.id);
    await updates.next();
    const start = performance.now();
    const input = { approvalId: approval.id, decision: 'APPROVE' } as const;
    await Promise.all([
      bob.decideApproval(input, approval),
      untilConfirmed(updates, (step, ms) => steps.get(step)?.push(ms)),
    ]);
    return performance.now() - start;
  };
  return { name: 'countersign', sample, steps, close };
}
