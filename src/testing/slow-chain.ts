/** Payments that no block takes: a local chain that makes blocks when a test says so. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { findAsset } from '#chains/registry.ts';
import { type Payment, requirePayment } from '#persistence/fee-raise.ts';
import { reader } from '#persistence/database.ts';
import type { TransferRow } from '#persistence/transfer.ts';
import { type SpeedUpInput, speedUpTransfer } from '#workflow/speed-up.ts';
import { type Acme, carryOut, fundWallet, openAcme, pay, USDC } from './acme.ts';
import { VENDOR } from './acme-policy.ts';
import { rpc } from './chain-rpc.ts';
import { openWorkflowStage, type WorkflowStage } from './workflow-stage.ts';

export const GWEI = 10n ** 9n;

export type SlowChain = ReturnType<typeof slowChain>;

export function slowChain({ anvil, connection }: WorkflowStage) {
  const command = (method: string, ...params: readonly unknown[]) =>
    rpc(anvil.url, method, ...params);
  const mine = () => command('evm_mine');
  /** Mines a block with it: what offers less is forgotten by this chain, and not taken again. */
  const setBaseFee = async (fee: bigint) => {
    await command('anvil_setNextBlockBaseFeePerGas', `0x${fee.toString(16)}`);
    await mine();
  };
  return {
    command,
    mine,
    setBaseFee,
    /** The hashes of what it has and no block holds. */
    async pooled(): Promise<readonly string[]> {
      const { pending } = (await command('txpool_content')) as {
        readonly pending: Readonly<Record<string, Readonly<Record<string, { hash: string }>>>>;
      };
      return Object.values(pending).flatMap((of) => Object.values(of).map(({ hash }) => hash));
    },
    async stop() {
      await command('evm_setAutomine', false);
    },
    /** As it was before it stopped; what no block holds is forgotten. */
    async goOn() {
      await command('anvil_dropAllTransactions');
      await command('evm_setAutomine', true);
      await setBaseFee(GWEI);
    },
    /** What the vendor has, in base units. */
    async paid(): Promise<bigint> {
      const [balance] = await connection.balances(VENDOR, [findAsset(USDC)]);
      return balance?.units ?? 0n;
    },
  };
}

/** The same organisation, whose jobs do not wait for blocks. */
export const impatient = (acme: Acme): Acme => ({
  ...acme,
  services: { ...acme.services, clock: { ...acme.services.clock, sleep: async () => undefined } },
});

/** With funds. */
export async function openImpatientAcme(stage: WorkflowStage): Promise<Acme> {
  const acme = impatient(await openAcme(stage));
  await fundWallet(stage, acme.wallet);
  return acme;
}

/** The chain has it, and no block comes. @throws where it is not on its way */
export async function stuckTransfer(acme: Acme): Promise<TransferRow> {
  const sent = await carryOut(acme, await pay(acme));
  if (sent.state === 'BROADCAST' && sent.waiting === null) return sent;
  throw new Error(`${sent.id} is ${sent.state}`);
}

let asked = 0;

/** As Alice, without a cap of her own. */
export const speedUp = (
  { services, alice }: Acme,
  { id: transferId }: TransferRow,
  other: Partial<SpeedUpInput> = {},
): Promise<TransferRow> =>
  speedUpTransfer(services, alice.actor, {
    transferId,
    externalId: `faster-${++asked}`,
    ...other,
  });

/** The jobs of the platform: a higher fee is found to be due, signed, and sent. */
export async function work(acme: Acme, transfer: TransferRow): Promise<TransferRow> {
  await carryOut(acme, transfer);
  await carryOut(acme, transfer);
  return carryOut(acme, transfer);
}

export const paymentOf = ({ services }: Acme, { id }: TransferRow): Promise<Payment> =>
  requirePayment(reader(services.db), id);

/** Of each version, the first one first. */
export const hashesOf = async (acme: Acme, transfer: TransferRow): Promise<readonly string[]> =>
  (await paymentOf(acme, transfer)).versions.map(({ hash }) => hash ?? 'unsigned');

export const SENT = [
  'transfer.created',
  'transfer.queued',
  'transfer.signing',
  'transfer.broadcast',
] as const;
export const SPED_UP = ['transfer.speed-up-requested', 'transfer.sped-up'] as const;

export type SlowStage = {
  readonly stage: WorkflowStage;
  readonly chain: SlowChain;
  readonly acme: Acme;
};

/** One stage for all tests of a file; before each, a company of its own and a chain that stands still. */
export function onSlowChain(begin: (each: SlowStage) => void): void {
  let stage: WorkflowStage;
  let chain: SlowChain;
  beforeAll(async () => {
    stage = await openWorkflowStage();
    chain = slowChain(stage);
  });
  afterAll(async () => {
    await stage.close();
  });
  beforeEach(async () => {
    begin({ stage, chain, acme: await openImpatientAcme(stage) });
    await chain.stop();
  });
  afterEach(async () => {
    await chain.goOn();
  });
}
