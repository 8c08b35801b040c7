/**
 * What the SDK signs, and what it refuses to. The server of these tests is dishonest: it asks to sign
 * what an attacker behind it would like to have.
 */
import { type FieldNode, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { base64url, hex } from '#core/bytes.ts';
import { canonicalText, hashOf, type Statement } from '#core/canonical.ts';
import { type IdKind, newId } from '#core/ids.ts';
import { parseAssetId } from '#core/money.ts';
import { DAY_MS, instant, MINUTE_MS } from '#core/time.ts';
import { approvalStatement, type ApprovalStatementInput } from '#mandate/approval.ts';
import { type ChangeInput, changeStatement } from '#mandate/change.ts';
import { enrolmentKeyOf } from '#mandate/enrolment.ts';
import { transferIntent, type TransferIntentInput } from '#mandate/intent.ts';
import { challengeOf } from '#mandate/statement.ts';
import { CountersignClient } from './client.ts';

const ORIGIN = 'http://localhost:4000';
const NOW = instant(Date.UTC(2026, 6, 1));
const LATER = instant(NOW + 60_000);
const NONCE = 'A'.repeat(43);
const idOf = <K extends IdKind>(kind: K, n: number) => newId(kind, NOW, new Uint8Array(10).fill(n));
const organization = idOf('organization', 1);
const alice = idOf('user', 2);
const mallory = idOf('user', 9);
const RANDOM = (size: number) => new Uint8Array(size).fill(7);

const SESSION = {
  sessionToken: 'a-token',
  expiresAt: '',
  viewer: { user: { id: alice }, organization: { id: organization } },
};
const OFFER = {
  challengeId: idOf('challenge', 6),
  serverNonce: NONCE,
  options: { rpId: 'localhost' },
};

/** A client of a server with these answers; `asked` is what its passkey was asked to sign. */
function clientOf(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const sent: string[] = [];
  const sign = async (options: { readonly challenge: string }) => {
    asked.push(options.challenge);
    return { id: 'a passkey' };
  };
  const client = new CountersignClient({
    url: ORIGIN,
    origin: ORIGIN,
    random: RANDOM,
    now: () => NOW,
    authenticator: { create: sign, get: sign },
    async fetch(_url, init) {
      const { query } = JSON.parse(init?.body as string) as { query: string };
      const operation = parse(query).definitions[0] as OperationDefinitionNode;
      const field = (operation.selectionSet.selections[0] as FieldNode).name.value;
      sent.push(field);
      return new Response(JSON.stringify({ data: { [field]: answers[field] } }));
    },
  });
  return { client, asked, sent };
}

const CEREMONIES = [
  ['login', 'countersign/login/v1', (client: CountersignClient) => client.login()],
  [
    'registration',
    'countersign/registration/v1',
    (client: CountersignClient) => client.register({ inviteToken: 'x' }),
  ],
] as const;

const offering = (offer: object) => ({
  beginLogin: offer,
  beginRegistration: offer,
  completeLogin: SESSION,
  completeRegistration: SESSION,
});

test.each(CEREMONIES)(
  'a %s signs the hash of both nonces and the origin',
  async (_name, domain, begin) => {
    const { client, asked } = clientOf(offering(OFFER));
    await begin(client);
    const clientNonce = base64url(RANDOM(32));
    const statement = { domain, serverNonce: NONCE, clientNonce, origin: ORIGIN };
    expect(asked).toEqual([base64url(hashOf(statement))]);
  },
);

const input = {
  walletId: idOf('wallet', 3),
  asset: 'USDC@local-evm',
  amount: '1000000',
  to: '0x52908400098527886E0F7030069857D2E4169EE7',
  externalId: 'invoice-1',
};

const honest: TransferIntentInput = {
  organization,
  wallet: input.walletId,
  asset: parseAssetId(input.asset),
  units: 1_000_000n,
  recipient: input.to,
  externalId: input.externalId,
  initiator: alice,
  created: NOW,
  expires: LATER,
};

test.each(CEREMONIES)(
  'a %s whose server sends the hash of an intent as its challenge yields no signature',
  async (_name, _domain, begin) => {
    const challenge = base64url(challengeOf(transferIntent(honest)));
    const { client, asked, sent } = clientOf(
      offering({ ...OFFER, options: { ...OFFER.options, challenge } }),
    );
    await expect(begin(client)).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
    expect(asked).toEqual([]);
    expect(sent).toHaveLength(1);
  },
);

/** A signed-in client whose server asks to sign this statement. */
async function askedFor(statement: Statement | string, options: object = { rpId: 'localhost' }) {
  const intent = typeof statement === 'string' ? statement : canonicalText(statement);
  const begun = { challengeId: idOf('challenge', 8), intent, options };
  const parts = clientOf({
    ...offering(OFFER),
    beginUserAction: begun,
    createTransfer: { transfer: { id: 'done' } },
    createWallet: { wallet: { id: 'done' } },
    createKey: { key: { id: 'done' } },
    refreshKey: { key: { id: 'done' } },
    reshareKey: { key: { id: 'done' } },
    importKey: { key: { id: 'done' } },
    exportKey: { key: { id: 'done' } },
    createServiceAccount: { user: { id: 'done' } },
    deactivateUser: { user: { id: 'done' } },
    decideApproval: { approval: { id: 'done' } },
    publishPolicy: { changeRequest: { id: 'done' } },
    inviteUser: { user: { id: 'done' } },
  });
  await parts.client.login();
  parts.asked.length = 0;
  return { ...parts, intent };
}

test('an intent that says what was entered is signed, and nothing else is', async () => {
  const { client, asked, intent } = await askedFor(transferIntent(honest));
  expect(await client.createTransfer(input)).toEqual({ id: 'done' });
  expect(asked).toEqual([base64url(hashOf(JSON.parse(intent) as Statement))]);
});

const foreign: [string, Partial<TransferIntentInput>][] = [
  ['units', { units: 2_000_000n }],
  ['recipient', { recipient: '0x8617E340B3D01FA5F11F306F4090FD50E238070D' }],
  ['wallet', { wallet: idOf('wallet', 4) }],
  ['asset', { asset: parseAssetId('ETH@local-evm') }],
  ['asset', { asset: parseAssetId('USDC@ethereum') }],
  ['memo', { memo: 'for Mallory' }],
  ['feeMax', { feeMax: 1n }],
  ['externalId', { externalId: 'invoice-2' }],
  ['initiator', { initiator: mallory }],
  ['organization', { organization: idOf('organization', 9) }],
];

test.each(foreign)('an intent with another %s is not signed', async (field, change) => {
  const { client, asked, sent } = await askedFor(transferIntent({ ...honest, ...change }));
  await expect(client.createTransfer(input)).rejects.toMatchObject({
    code: 'USER_ACTION_MISMATCH',
    context: { field },
  });
  expect(asked).toEqual([]);
  expect(sent).not.toContain('createTransfer');
});

const intent = transferIntent(honest);
const shown = {
  id: idOf('approval', 4),
  intent: canonicalText(intent),
  policyHash: 'ab'.repeat(32),
};
const vote: ApprovalStatementInput = {
  organization,
  approval: shown.id,
  decision: 'APPROVE',
  intentHash: challengeOf(intent),
  policyHash: shown.policyHash,
  approver: alice,
  created: NOW,
  expires: LATER,
};
const decision = { approvalId: shown.id, decision: 'APPROVE' } as const;

test('a vote on what was shown is signed', async () => {
  const { client, asked } = await askedFor(approvalStatement(vote));
  await client.decideApproval(decision, shown);
  expect(asked).toEqual([base64url(hashOf(approvalStatement(vote)))]);
});

test.each<[string, Partial<ApprovalStatementInput>]>([
  ['intentHash', { intentHash: challengeOf(transferIntent({ ...honest, units: 2n })) }],
  ['policyHash', { policyHash: 'cd'.repeat(32) }],
  ['decision', { decision: 'REJECT' }],
  ['reason', { reason: 'because' }],
  ['approval', { approval: idOf('approval', 9) }],
  ['approver', { approver: mallory }],
])('a vote with another %s is not signed', async (field, change) => {
  const { client, asked } = await askedFor(approvalStatement({ ...vote, ...change }));
  await expect(client.decideApproval(decision, shown)).rejects.toMatchObject({
    code: 'USER_ACTION_MISMATCH',
    context: { field },
  });
  expect(asked).toEqual([]);
});

test('a vote on another approval than the one that was shown is not signed', async () => {
  const other = { ...decision, approvalId: idOf('approval', 9) };
  const { client, asked } = await askedFor(
    approvalStatement({ ...vote, approval: other.approvalId }),
  );
  await expect(client.decideApproval(other, shown)).rejects.toMatchObject({
    code: 'USER_ACTION_MISMATCH',
  });
  expect(asked).toEqual([]);
});

const change = (
  operation: string,
  changeInput: ChangeInput,
  initiator = alice,
  times = { created: NOW, expires: LATER },
): Statement =>
  changeStatement({
    organization,
    operation,
    subject: organization,
    replaces: 0,
    input: changeInput,
    initiator,
    nonce: RANDOM(16),
    ...times,
  });

const WALLET = {
  network: 'local-evm',
  name: 'Operations',
  tags: ['a', 'b'],
  keyId: '',
  externalId: '',
};
const KEY_ID = newId('key', NOW, RANDOM(10));
const USER_ID = newId('user', NOW, RANDOM(10));
const KEY = { name: 'Treasury', scheme: 'ecdsa-secp256k1' };
const ROBOT = { name: 'Payroll', roles: ['admin', 'compliance'] as const, publicKey: 'AAAA' };
const FILES = [
  { path: 'a.policy', content: 'a' },
  { path: 'b.policy', content: 'b' },
];
const INVITE = {
  name: 'Bob',
  email: 'bob@acme.example',
  roles: ['admin', 'compliance'],
  enrolmentKey: enrolmentKeyOf(RANDOM(32)),
};

const CHANGES: [string, ChangeInput, (client: CountersignClient) => Promise<unknown>][] = [
  ['createKey', { ...KEY, externalId: '' }, (client) => client.createKey(KEY)],
  ['refreshKey', { keyId: KEY_ID }, (client) => client.refreshKey({ keyId: KEY_ID })],
  [
    'reshareKey',
    { keyId: KEY_ID, dealers: [1, 2], receivers: [1, 3], threshold: 2 },
    (client) =>
      client.reshareKey({ keyId: KEY_ID, dealers: [2, 1], receivers: [3, 1], threshold: 2 }),
  ],
  [
    'importKey',
    { ...KEY, dealing: '{}', externalId: 'old' },
    (client) => client.importKey({ ...KEY, dealing: '{}', externalId: 'old' }),
  ],
  [
    'exportKey',
    { keyId: KEY_ID, recipient: 'ab', exporters: [1, 2] },
    (client) => client.exportKey({ keyId: KEY_ID, recipient: 'AB', exporters: [2, 1, 2] }),
  ],
  [
    'createServiceAccount',
    { ...ROBOT, roles: [...ROBOT.roles] },
    (client) => client.createServiceAccount({ ...ROBOT, roles: ['compliance', 'admin'] }),
  ],
  ['deactivateUser', { userId: USER_ID }, (client) => client.deactivateUser({ userId: USER_ID })],
  [
    'createWallet',
    WALLET,
    (client) =>
      client.createWallet({ network: 'local-evm', name: 'Operations', tags: ['b', 'a', 'b'] }),
  ],
  [
    'publishPolicy',
    { files: FILES },
    (client) => client.publishPolicy({ files: FILES.toReversed() }),
  ],
  [
    'inviteUser',
    INVITE,
    (client) =>
      client.inviteUser({ name: 'Bob', email: 'Bob@acme.example', roles: ['compliance', 'admin'] }),
  ],
];

test.each(CHANGES)('%s signs its own input in its canonical form', async (operation, own, run) => {
  const { client, asked } = await askedFor(change(operation, own));
  await run(client);
  expect(asked).toHaveLength(1);
});

test.each(CHANGES)(
  '%s does not sign another input, operation or initiator',
  async (operation, own, run) => {
    const asking = [
      change(operation, { ...own, name: 'Mallory', files: [] }),
      change(operation === 'createWallet' ? 'archiveWallet' : 'createWallet', own),
      change(operation, own, mallory),
      transferIntent(honest),
    ];
    for (const statement of asking) {
      const { client, asked } = await askedFor(statement);
      await expect(run(client)).rejects.toMatchObject({
        code: expect.stringMatching(/^(USER_ACTION_MISMATCH|INVALID_INPUT)$/) as string,
      });
      expect(asked).toEqual([]);
    }
  },
);

type Times = Pick<TransferIntentInput, 'created' | 'expires'>;
const lasting = (ms: number, created = NOW): Times => ({
  created,
  expires: instant(created + ms),
});

/** Every kind of statement with these times, and the call that is asked to sign it. */
const TIMED: [
  string,
  number,
  (times: Times) => Statement,
  (client: CountersignClient) => Promise<unknown>,
][] = [
  [
    'an intent',
    7 * DAY_MS,
    (times) => transferIntent({ ...honest, ...times }),
    (client) => client.createTransfer(input),
  ],
  [
    'a vote',
    5 * MINUTE_MS,
    (times) => approvalStatement({ ...vote, ...times }),
    (client) => client.decideApproval(decision, shown),
  ],
  ...CHANGES.map(([operation, own, run]): (typeof TIMED)[number] => [
    operation,
    7 * DAY_MS,
    (times) => change(operation, own, alice, times),
    run,
  ]),
];

test.each(TIMED)(
  '%s is signed with the life that the platform gives it, and with no longer one',
  async (_name, lifetimeMs, statement, run) => {
    const usual = await askedFor(statement(lasting(lifetimeMs)));
    await run(usual.client);
    expect(usual.asked).toHaveLength(1);
    const forever = Date.UTC(9999, 11, 31) - NOW;
    for (const tooLong of [lifetimeMs + 1, forever]) {
      const { client, asked, sent } = await askedFor(statement(lasting(tooLong)));
      await expect(run(client)).rejects.toMatchObject({
        code: 'USER_ACTION_MISMATCH',
        context: { field: 'expires' },
      });
      expect(asked).toEqual([]);
      expect(sent.at(-1)).toBe('beginUserAction');
    }
  },
);

test.each(TIMED)(
  '%s is signed up to ten minutes from the time of the device, and not beyond',
  async (_name, _lifetimeMs, statement, run) => {
    for (const differenceMs of [-10 * MINUTE_MS, 10 * MINUTE_MS]) {
      const near = await askedFor(statement(lasting(MINUTE_MS, instant(NOW + differenceMs))));
      await run(near.client);
      expect(near.asked).toHaveLength(1);
      const farMs = differenceMs + Math.sign(differenceMs);
      const far = await askedFor(statement(lasting(MINUTE_MS, instant(NOW + farMs))));
      await expect(run(far.client)).rejects.toMatchObject({
        code: 'USER_ACTION_MISMATCH',
        context: { field: 'created' },
      });
      expect(far.asked).toEqual([]);
    }
  },
);

test('a statement that is not canonical text is not signed', async () => {
  const reordered = JSON.stringify(
    { ...transferIntent(honest), domain: intent.domain },
    undefined,
    1,
  );
  const { client, asked } = await askedFor(reordered);
  await expect(client.createTransfer(input)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(asked).toEqual([]);
});

test('options that bring a challenge of their own are refused', async () => {
  const { client, asked } = await askedFor(transferIntent(honest), {
    rpId: 'localhost',
    challenge: base64url(challengeOf(transferIntent({ ...honest, units: 2n }))),
  });
  await expect(client.createTransfer(input)).rejects.toMatchObject({ code: 'WEBAUTHN_REFUSED' });
  expect(asked).toEqual([]);
});

test('without a session nothing is begun', async () => {
  const { client, sent } = clientOf({});
  await expect(client.createTransfer(input)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(sent).toEqual([]);
  expect(hex(challengeOf(intent))).toHaveLength(64);
});
