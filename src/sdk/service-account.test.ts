/** Service accounts from end to end: the real gateway, the SDK, and keys of both kinds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WalletId } from '#core/ids.ts';
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { reader } from '#persistence/database.ts';
import { Transfer } from '#persistence/transfer.ts';
import { generateKey } from '#workflow/generate-key.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type GatewayStage, openGatewayStage, type Visitor } from '#testing/gateway-stage.ts';
import { employ, type Program } from '#testing/service-account.ts';
import type { Authenticator } from './authenticator.ts';
import { CountersignClient } from './client.ts';
import { generateServiceKey, publicKeyOf, serviceKeyAuthenticator } from './service-key.ts';

let stage: GatewayStage;
let ada: Visitor;
let robot: Program;
let wallet: string;
const clients: CountersignClient[] = [];

function clientOf(authenticator: Authenticator): CountersignClient {
  const client = new CountersignClient({
    url: stage.url,
    origin: stage.services.origin,
    authenticator,
  });
  clients.push(client);
  return client;
}

beforeAll(async () => {
  stage = await openGatewayStage();
  ada = await stage.found();
  await stage.join(ada, 'Bob', 'treasury-manager');
  await stage.join(ada, 'Ben', 'treasury-manager');
  const carol = await stage.join(ada, 'Carol', 'compliance');
  await carol.client.publishPolicy(policyFiles({ version: 1 }));
  const input = { network: 'local-evm', name: 'Operations', tags: ['payments'] };
  wallet = (await ada.client.createWallet(input)).id;
  await generateKey(stage.services, wallet as WalletId);
  robot = await employ(ada, 'Payroll', 'Ed25519', 'admin', 'finance-operator', 'compliance');
});
afterAll(async () => {
  for (const client of clients) client.close();
  await stage.close();
});

const payment = (externalId: string) => ({
  walletId: wallet,
  asset: USDC,
  amount: dollars(20_000),
  to: VENDOR,
  externalId,
});

test.each(['Ed25519', 'P-256'] as const)(
  'a service account with a key of %s signs in, and signs a payment',
  async (curve) => {
    const { authenticator, user } = await employ(ada, `By ${curve}`, curve, 'finance-operator');
    const client = clientOf(authenticator);
    const { viewer } = await client.login();
    expect(viewer).toMatchObject({
      user: { id: user.id, email: null },
      roles: [{ name: 'finance-operator' }],
    });
    const { id, state, initiator } = await client.createTransfer(payment(curve));
    expect({ state, initiator: initiator.id }).toEqual({
      state: 'PENDING_APPROVAL',
      initiator: user.id,
    });
    const { statement } = await reader(stage.services.db).findOneOrFail(Transfer, {
      id: id as never,
    });
    expect(statement).toMatchObject({ authenticatorData: '', clientDataJSON: '' });
    const entry = { action: 'service-account.created', subject: user.id };
    expect(await reader(stage.services.db).find(AuditEntry, entry)).toHaveLength(1);
    await client.logout();
    await expect(client.viewer()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  },
);

test('what takes a person is FORBIDDEN to it, whatever its roles', async () => {
  const client = clientOf(robot.authenticator);
  await client.login();
  const { approvals } = await client.createTransfer(payment('own'));
  const approval = await client.approval(approvals[0]?.id ?? '');
  const key = publicKeyOf(await generateServiceKey('Ed25519'));
  const guest = { name: 'Guest', email: 'guest@acme.example', roles: ['compliance'] } as const;
  for (const attempt of [
    () => client.decideApproval({ approvalId: approval.id, decision: 'APPROVE' }, approval),
    () => client.publishPolicy(policyFiles({ version: 2 })),
    () => client.inviteUser({ ...guest, roles: [...guest.roles] }),
    () => client.createServiceAccount({ name: 'Another', roles: ['admin'], publicKey: key }),
    () => client.deactivateUser({ userId: ada.session.viewer.user.id }),
  ]) {
    await expect(attempt()).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('takes a person'),
    });
  }
  expect(approval.viewerMayDecide).toBe(false);
});

/** The authenticator with its answers changed. */
const tampered = (
  honest: Authenticator,
  change: (answer: { id: string; response: { signature: string } }) => unknown,
): Authenticator => ({
  create: (options) => honest.create(options),
  get: async (options) => change((await honest.get(options)) as never),
});

const flipped = (text: string): string => {
  const bytes: Bytes = parseBase64url(text);
  return base64url(bytes.with(5, (bytes[5] ?? 0) ^ 1));
};

test('neither login nor payment passes with another signature, id, type or owner', async () => {
  const other = await employ(ada, 'Other', 'P-256', 'finance-operator');
  const client = clientOf(robot.authenticator);
  await client.login();
  const visitor = stage.visit(ada.authenticator).client;
  const changes: readonly ((answer: { id: string; response: { signature: string } }) => unknown)[] =
    [
      (it) => ({ ...it, response: { signature: flipped(it.response.signature) } }),
      (it) => ({ ...it, id: ada.authenticator.credentials[0]?.id }),
      (it) => ({ ...it, type: 'public-key' }),
      (it) => ({
        ...it,
        type: 'public-key',
        response: { ...it.response, authenticatorData: '', clientDataJSON: '' },
      }),
      (it) => ({ ...it, response: {} }),
    ];
  for (const change of changes) {
    const liar = clientOf(tampered(robot.authenticator, change));
    await expect(liar.login()).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
    await liar.resume(await sessionOf(robot));
    const attempt = liar.createTransfer(payment('never'));
    await expect(attempt).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  }
  const thief = clientOf(other.authenticator);
  await thief.resume(await sessionOf(robot));
  await expect(thief.createTransfer(payment('never'))).rejects.toMatchObject({
    code: 'WEBAUTHN_REFUSED',
  });
  await visitor.login();
});

async function sessionOf({ authenticator }: Program): Promise<string> {
  const { sessionToken } = await clientOf(authenticator).login();
  return sessionToken;
}

test('a signature is used once, and only for what it was made for', async () => {
  const seen: unknown[] = [];
  const client = clientOf(
    tampered(robot.authenticator, (answer) => {
      seen.push(answer);
      return seen.length === 3 ? seen[1] : answer;
    }),
  );
  await client.login();
  await client.createTransfer(payment('once'));
  await expect(client.createTransfer(payment('twice'))).rejects.toMatchObject({
    code: 'WEBAUTHN_REFUSED',
  });
});

test('a key is registered once, and only a good one', async () => {
  const input = { name: 'Twin', roles: ['admin'], publicKey: publicKeyOf(robot.key) } as const;
  await expect(ada.client.createServiceAccount(input)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('registered already'),
  });
  const bad = { ...input, publicKey: base64url(new Uint8Array(44)) };
  await expect(ada.client.createServiceAccount(bad)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'publicKey' },
  });
});

test('a deactivated service account is out at once, and stays out', async () => {
  const fired = await employ(ada, 'Fired', 'P-256', 'finance-operator');
  const client = clientOf(fired.authenticator);
  await client.login();
  await ada.client.deactivateUser({ userId: fired.user.id });
  await expect(client.viewer()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
  await expect(client.login()).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  // Again is no error, and leaves no second entry.
  await ada.client.deactivateUser({ userId: fired.user.id });
  const entry = { action: 'user.deactivated', subject: fired.user.id };
  expect(await reader(stage.services.db).find(AuditEntry, entry)).toHaveLength(1);
  const self = ada.client.deactivateUser({ userId: ada.session.viewer.user.id });
  await expect(self).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('a key whose parts do not belong together is refused before it signs', async () => {
  const [one, two] = [await generateServiceKey('P-256'), await generateServiceKey('P-256')];
  const mixed = serviceKeyAuthenticator({ ...one, d: two.d });
  await expect(mixed).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});
