/** A payment that no block takes, with real nodes: its fee is raised, whatever dies meanwhile. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { Transaction } from 'ethers';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { Transfer, TransactionVersion, Wallet } from '#sdk/types.ts';
import { runCommand } from '#testing/command-line.ts';
import { SENT, SPED_UP } from '#testing/slow-chain.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { RpcCall } from './chain-gate.ts';
import { paymentsOf, pendingOf, sentBy } from './chain-record.ts';
import type { Company } from './company.ts';
import { holdBroadcast, holdSigning, type Obstacle } from './obstacles.ts';
import { actionsOn, type Books, openBooks, order, send, SMALL } from './payments.ts';
import type { System } from './system.ts';

type Stuck = {
  readonly books: Books;
  readonly wallet: Wallet;
  readonly transfer: string;
  readonly units: bigint;
  readonly first: string;
  /** Lets blocks come. */
  readonly lift: () => Promise<void>;
};

type Versions = readonly TransactionVersion[];

const versionsOf = ({ transaction }: Transfer): Versions => transaction?.versions ?? [];

/** Of those that were sent. */
const lastOf = (versions: Versions): string => versions.at(-1)?.hash ?? '';

export function spedUp(system: () => System, company: () => Company): void {
  /** The chain has it, and makes no block. */
  async function stick(name: string): Promise<Stuck> {
    const books = openBooks(system(), company());
    const wallet = await company().openWallet(name);
    const slow = await holdBroadcast(system(), wallet, 'sent, and in no block');
    const input = order(books, wallet, SMALL);
    const { transfer } = await send(books, wallet, input);
    onTestFinished(() => slow.lift());
    await slow.reached;
    await books.diary.told(transfer, ({ state }) => state === 'BROADCAST');
    const first = lastOf(versionsOf(await company().alice.client.transfer(transfer)));
    const units = BigInt(input.amount);
    return { books, wallet, transfer, units, first, lift: () => slow.lift() };
  }

  const speedUp = ({ transfer: transferId }: Stuck, externalId: string) =>
    company().alice.client.speedUpTransfer({ transferId, externalId });

  /** So many of its transactions have been signed. */
  async function signed({ books, transfer }: Stuck, count: number): Promise<Versions> {
    for (;;) {
      const now = await company().alice.client.transfer(transfer);
      const versions = versionsOf(now);
      if (versions.filter(({ hash }) => hash !== null).length >= count) return versions;
      await books.diary.told(transfer, ({ version }) => version > now.version);
    }
  }

  /** By one of its transactions; one entry a step, and nothing waits for a block. */
  async function requirePaidOnce(stuck: Stuck, raises: number): Promise<void> {
    const { books, transfer, units, wallet } = stuck;
    expect(await books.diary.ended(transfer)).toBe('CONFIRMED');
    const paid = await company().alice.client.transfer(transfer);
    const versions = versionsOf(paid);
    // Whichever the chain had when its blocks came.
    const mined = versions.filter(({ state }) => state === 'MINED').map(({ hash }) => hash);
    expect(versions.filter(({ state }) => state === 'DEAD')).toHaveLength(raises);
    expect(mined).toEqual([paid.transaction?.hash]);
    const { url } = system().chain;
    const moved = { from: wallet.address ?? '', to: VENDOR, units };
    expect(await paymentsOf(url, moved)).toEqual(mined);
    const of = wallet.address ?? '';
    expect([await sentBy(url, of), await pendingOf(url, of)]).toEqual([1, 0]);
    const entries = Array.from({ length: raises }, () => SPED_UP).flat();
    const all = [...SENT, ...entries, 'transfer.confirmed'];
    expect(await actionsOn(company(), transfer)).toEqual(all);
    await books.diary.close();
  }

  test('it is sent with a higher fee that people and programs ask for, and paid once', async () => {
    const stuck = await stick('Sped up');
    await speedUp(stuck, 'by-alice');
    const [, raised] = await signed(stuck, 2);
    expect(BigInt(raised?.maxFee ?? 0)).toBeGreaterThan(0n);
    const file = path.join(mkdtempSync(path.join(inject('testFolder'), 'sped-up-')), 'robot');
    const { url } = system().platform;
    const made = await runCommand(['service-account', 'keygen', file, '--origin', url]);
    const robot = { name: 'Robot', roles: ['finance-operator' as const], publicKey: made.out };
    const { change } = await company().ada.client.createServiceAccount(robot);
    expect(change.state).not.toBe('REJECTED');
    const words = ['transfer', 'speed-up', stuck.transfer, '--external-id', 'by-a-program'];
    const env = { COUNTERSIGN_KEY_FILE: file, COUNTERSIGN_URL: url };
    const run = (...more: string[]) => runCommand([...words, ...more], env);
    expect(await run('--max-fee', '1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the cap is') as string,
    });
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /is BROADCAST\n {2}SENT .*\n {2}SENT .*\n {2}SIGNING .*not signed/,
      ),
    });
    await signed(stuck, 3);
    // Sent again, it changes nothing.
    expect(await run()).toMatchObject({ code: 0 });
    await stuck.lift();
    await requirePaidOnce(stuck, 2);
  });

  /** The worker is killed while the chain, or the nodes, have its question. */
  const MOMENTS: Readonly<Record<string, (stuck: Stuck) => Promise<Obstacle>>> = {
    'while the nodes are asked': async () => holdSigning(system(), [2, 3]),
    'before the chain has it': async (stuck) => holdRaise(stuck, 'question'),
    'before the chain has answered': async (stuck) => holdRaise(stuck, 'answer'),
  };

  async function holdRaise({ wallet, first }: Stuck, side: 'question' | 'answer') {
    const isRaise = ({ method, params }: RpcCall): boolean => {
      if (method !== 'eth_sendRawTransaction') return false;
      const { from, hash } = Transaction.from(String(params[0]));
      return from?.toLowerCase() === wallet.address?.toLowerCase() && hash !== first;
    };
    const { reached, release } = system().gate.hold(side, isRaise);
    return { reached, lift: async () => release() };
  }

  test.each(Object.entries(MOMENTS))(
    'a worker that is killed %s leaves one raise and one payment',
    async (name, hold) => {
      const { platform } = system();
      const stuck = await stick(`Killed ${name}`);
      const obstacle = await hold(stuck);
      await speedUp(stuck, `raise-of-${stuck.transfer}`);
      await obstacle.reached;
      await platform.kill('worker');
      await obstacle.lift();
      await platform.ensureRunning('worker');
      await signed(stuck, 2);
      await stuck.lift();
      await requirePaidOnce(stuck, 1);
    },
  );
}
