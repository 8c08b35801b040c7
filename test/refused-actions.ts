/** Signatures that do not stand for what is sent, through the API of a running platform. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { CreateTransferInput, Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import type { Company, Person } from './company.ts';
import { begin, sign, submit, type UserAction } from './signed-request.ts';
import type { System } from './system.ts';

type Attempt = { readonly input: CreateTransferInput; readonly userAction: UserAction };

type Case = {
  readonly name: string;
  readonly code: string;
  readonly reason?: RegExp;
  /** Alice's payment of 1, signed; what is sent for it then. */
  readonly disturb: (scene: Scene, input: CreateTransferInput) => Promise<Attempt>;
};

type Scene = { readonly system: System; readonly company: Company; readonly wallet: Wallet };

const FOREIGN_ORIGIN = 'http://localhost.example';

async function signedBy(alice: Person, input: CreateTransferInput): Promise<Attempt> {
  const begun = await begin(alice, 'createTransfer', input);
  return { input, userAction: await sign(alice.authenticator, begun) };
}

const CASES: readonly Case[] = [
  {
    name: 'made for amount 1 and sent with amount 2',
    code: 'USER_ACTION_MISMATCH',
    async disturb({ company: { alice } }, input) {
      const { userAction } = await signedBy(alice, input);
      return { input: { ...input, amount: '2' }, userAction };
    },
  },
  {
    name: 'made for this payment and sent for another recipient',
    code: 'USER_ACTION_MISMATCH',
    async disturb({ company: { alice } }, input) {
      const { userAction } = await signedBy(alice, input);
      const to = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
      return { input: { ...input, to }, userAction };
    },
  },
  {
    name: 'used for a payment and replayed for another',
    code: 'CHALLENGE_USED',
    async disturb({ company: { alice } }, input) {
      const first = await signedBy(alice, { ...input, externalId: randomUUID() });
      await submit(alice, 'createTransfer', first.input, first.userAction);
      return { input, userAction: first.userAction };
    },
  },
  {
    name: 'made after its challenge has expired',
    code: 'CHALLENGE_EXPIRED',
    async disturb({ system, company: { alice } }, input) {
      const attempt = await signedBy(alice, input);
      await expire(system, attempt.userAction.challengeId);
      return attempt;
    },
  },
  {
    name: 'made on a page of another origin',
    code: 'WEBAUTHN_REFUSED',
    reason: /not made on http/,
    async disturb({ company: { alice } }, input) {
      const begun = await begin(alice, 'createTransfer', input);
      const tampering = { origin: FOREIGN_ORIGIN };
      return { input, userAction: await sign(alice.authenticator, begun, tampering) };
    },
  },
  {
    name: "made with a colleague's passkey",
    code: 'WEBAUTHN_REFUSED',
    reason: /passkey of yours/,
    async disturb({ company: { alice, bob } }, input) {
      const begun = await begin(alice, 'createTransfer', input);
      const options = { ...begun.options, allowCredentials: [] };
      return { input, userAction: await sign(bob.authenticator, { ...begun, options }) };
    },
  },
  {
    name: "made with a colleague's key under the own passkey's name",
    code: 'WEBAUTHN_REFUSED',
    reason: /signature/,
    async disturb({ company: { alice, bob } }, input) {
      const begun = await begin(alice, 'createTransfer', input);
      const [signWith] = bob.authenticator.credentials;
      const tampering = signWith === undefined ? {} : { signWith };
      return { input, userAction: await sign(alice.authenticator, begun, tampering) };
    },
  },
];

/** Moves the end of a challenge into the past, as five minutes of waiting would. */
async function expire({ platform }: System, challenge: string): Promise<void> {
  const client = new pg.Client({ connectionString: platform.databaseUrl });
  await client.connect();
  try {
    const statement = 'update user_actions set expires_at = now() where id = $1';
    expect((await client.query(statement, [challenge])).rowCount).toBe(1);
  } finally {
    await client.end();
  }
}

export function refusedActions(system: () => System, company: () => Company): void {
  let scene: Scene;
  beforeAll(async () => {
    const wallet = await company().openWallet('Refusals');
    scene = { system: system(), company: company(), wallet };
  });

  /** Alice's payment of one base unit. */
  const payment = (): CreateTransferInput => ({
    walletId: scene.wallet.id,
    asset: USDC,
    amount: '1',
    to: VENDOR,
    externalId: randomUUID(),
  });

  test.each(CASES)('a signature that was $name is $code', async ({ code, reason, disturb }) => {
    const { alice, carol } = scene.company;
    const wanted = payment();
    const { input, userAction } = await disturb(scene, wanted);
    const refusal = submit(alice, 'createTransfer', input, userAction);
    await expect(refusal).rejects.toMatchObject({
      code,
      ...(reason === undefined ? {} : { message: expect.stringMatching(reason) as string }),
    });
    const { items } = await alice.client.transfers({ first: 100 });
    expect(items.map(({ externalId }) => externalId)).not.toContain(wanted.externalId);
    const subject = userAction.challengeId;
    const entries = await carol.client.auditEvents({ filter: { subject }, first: 1 });
    expect(entries.items).toMatchObject([{ action: 'user-action.refused', details: { code } }]);
  });

  test("a manager's vote that is sent again is CHALLENGE_USED, and one vote stands", async () => {
    const { alice, bob } = scene.company;
    const { approvals } = await alice.client.createTransfer({
      ...payment(),
      amount: '20000000000',
    });
    const input = { approvalId: approvals[0]?.id ?? '', decision: 'REJECT' } as const;
    const userAction = await sign(bob.authenticator, await begin(bob, 'decideApproval', input));
    await submit(bob, 'decideApproval', input, userAction);
    const replay = submit(bob, 'decideApproval', input, userAction);
    await expect(replay).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
    const approval = await bob.client.approval(input.approvalId);
    expect(approval).toMatchObject({ state: 'REJECTED', decisions: [{ decision: 'REJECT' }] });
  });
}
