/** The gateway as a whole: sessions and their sockets, streams under cuts, slow clients. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import type { OrganizationId } from '#core/ids.ts';
import { reader, transaction } from '#persistence/database.ts';
import { appendEvent, EVENT_CHANNEL, latestCursor } from '#persistence/event.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { Event } from '#sdk/types.ts';
import {
  type GatewayStage,
  openGatewayStage,
  OPERATOR_TOKEN,
  type Visitor,
} from '#testing/gateway-stage.ts';
import { SocketClient } from '#testing/socket-client.ts';
import { BACKLOG_MAX } from './event-feed.ts';
import { openGateway } from './gateway.ts';
import type { GatewayServer } from './server.ts';

let stage: GatewayStage;
/** A second gateway on the same database, as a second replica is. */
let replica: GatewayServer;
let ada: Visitor;
let organization: OrganizationId;

beforeAll(async () => {
  stage = await openGatewayStage();
  replica = await openGateway({
    services: stage.services,
    databaseUrl: stage.database.url,
    operatorToken: OPERATOR_TOKEN,
    page: { answer: async (_path, response) => void response.end() },
    introspection: false,
    listen: { port: 0, host: '127.0.0.1' },
  });
  ada = await stage.found();
  organization = ada.session.viewer.organization.id as OrganizationId;
});

afterAll(async () => {
  await replica.close();
  await stage.close();
});

const endpoints = () => [`${stage.url}/graphql`, `http://127.0.0.1:${replica.port}/graphql`];

async function post(url: string, body: object, token?: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors?: { extensions: { code: string } }[];
  };
  return errors?.[0]?.extensions.code ?? data;
}

test('logout ends the sockets of the session at every gateway at once, and no others', async () => {
  const { client, session } = await stage.join(ada, 'Lea', 'finance-operator');
  const token = `Bearer ${session.sessionToken}`;
  const others = `Bearer ${ada.session.sessionToken}`;
  const [here, there] = endpoints() as [string, string];
  const sockets = [
    await new SocketClient(here).connected(token),
    await new SocketClient(there).connected(token),
  ];
  const stranger = await new SocketClient(there).connected(others);
  await client.logout();
  for (const socket of sockets) expect(await socket.closed).toEqual([4403, 'SESSION_REVOKED']);
  stranger.subscribe('1', '{ viewer { sessionId } }');
  expect(await stranger.next()).toMatchObject({ type: 'next', payload: { data: { viewer: {} } } });
  await stranger.close();
  for (const url of endpoints()) {
    expect(await post(url, { query: '{ viewer { sessionId } }' }, session.sessionToken)).toBe(
      'SESSION_REVOKED',
    );
    const late = await new SocketClient(url).opened();
    late.send({ type: 'connection_init', payload: { authorization: token } });
    expect(await late.closed).toEqual([4403, 'SESSION_REVOKED']);
  }
});

test('a session whose end nobody was told of still ends its sockets', async () => {
  const { session } = await stage.join(ada, 'Noa', 'finance-operator');
  const sockets: SocketClient[] = [];
  for (const url of endpoints()) {
    sockets.push(await new SocketClient(url).connected(`Bearer ${session.sessionToken}`));
  }
  await reader(stage.services.db).execute('update sessions set revoked_at = now() where id = ?', [
    session.viewer.sessionId,
  ]);
  for (const socket of sockets) expect(await socket.closed).toEqual([4403, 'SESSION_REVOKED']);
});

test('a stream of the SDK ends with the code that ended its session', async () => {
  const { client, session } = await stage.join(ada, 'Max', 'finance-operator');
  const other = stage.visit().client;
  await other.resume(session.sessionToken);
  const ended = Promise.allSettled([
    other.events({ after: '0', types: ['POLICY_PUBLISHED'] }).next(),
    other.events().next(),
  ]);
  await client.logout();
  const reason = expect.objectContaining({ code: 'SESSION_REVOKED' }) as unknown;
  expect(await ended).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ]);
});

test.each([
  ['no token', undefined],
  ['a token of no session', 'A'.repeat(43)],
  ['a token with padding', `${'A'.repeat(43)}=`],
  ['something else', 'null'],
])('%s is UNAUTHENTICATED', async (_name, token) => {
  const query = '{ viewer { sessionId } }';
  expect(await post(endpoints()[0] ?? '', { query }, token)).toBe('UNAUTHENTICATED');
});

test('an organisation is made with the operator token and with nothing else', async () => {
  const query = `mutation { createOrganization(input: { name: "N", adminName: "A" }) { inviteLink } }`;
  const [url] = endpoints() as [string];
  for (const token of [undefined, 'A'.repeat(43), ada.session.sessionToken]) {
    expect(await post(url, { query }, token)).toBe('UNAUTHENTICATED');
  }
  expect(await post(url, { query }, OPERATOR_TOKEN)).toMatchObject({ createOrganization: {} });
});

/** The code of `beginLogin` for a caller at this address of the machine, and its Retry-After. */
async function beginLoginFrom(url: string, localAddress: string): Promise<[string, boolean]> {
  const headers = { 'content-type': 'application/json' };
  const sending = request(url, { method: 'POST', localAddress, headers });
  sending.end(JSON.stringify({ query: 'mutation { beginLogin { challengeId } }' }));
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  const { errors } = (await json(response)) as { errors?: { extensions: { code: string } }[] };
  const isLater = Number(response.headers['retry-after']) > 0;
  return [errors?.[0]?.extensions.code ?? 'begun', isLater];
}

test('an address that floods sign-ins is RATE_LIMITED, and from another one people sign in', async () => {
  const gateway = await openGateway({
    services: stage.services,
    databaseUrl: stage.database.url,
    operatorToken: OPERATOR_TOKEN,
    page: { answer: async (_path, response) => void response.end() },
    introspection: false,
    listen: { port: 0, host: '127.0.0.1' },
    ceremoniesPerAddress: 3,
  });
  onTestFinished(() => gateway.close());
  const url = `http://127.0.0.1:${gateway.port}/graphql`;
  const answers = [];
  for (let i = 0; i < 4; i += 1) answers.push(await beginLoginFrom(url, '127.0.0.1'));
  const begun = ['begun', false];
  expect(answers).toEqual([begun, begun, begun, ['RATE_LIMITED', true]]);
  // Everything that needs no session counts together, however many stand in one document.
  const another = 'beginRegistration(input: { inviteToken: "x" }) { challengeId }';
  expect(await post(url, { query: `mutation { a: ${another} }` })).toBe('RATE_LIMITED');
  // Elsewhere a machine has one loopback address only.
  if (process.platform === 'linux') {
    expect(await beginLoginFrom(url, '127.0.0.2')).toEqual(['begun', false]);
  }
  // Who is signed in is not kept from working.
  expect(
    await post(url, { query: '{ viewer { user { id } } }' }, ada.session.sessionToken),
  ).toEqual({
    viewer: { user: { id: ada.session.viewer.user.id } },
  });
});

test('a permission that is missing is FORBIDDEN, before anything else is looked at', async () => {
  const { session } = await stage.join(ada, 'Tom', 'treasury-manager');
  const [url] = endpoints() as [string];
  const calls = [
    '{ users { edges { node { id } } } }',
    '{ auditEvents { edges { node { id } } } }',
    'mutation { cancelTransfer(input: { transferId: "x" }) { transfer { id } } }',
    'mutation { inviteUser(input: { email: "x", name: "x", roles: [], enrolmentKey: "" }) { inviteLink } }',
    'mutation { publishPolicy(input: { files: [] }) { changeRequest { id } } }',
  ];
  for (const query of calls) {
    expect([query, await post(url, { query }, session.sessionToken)]).toEqual([query, 'FORBIDDEN']);
  }
});

test('a signed mutation without its signature is USER_ACTION_REQUIRED', async () => {
  const query = `mutation { createWallet(input: { network: "local-evm", name: "W" }) { wallet { id } } }`;
  const [url] = endpoints() as [string];
  expect(await post(url, { query }, ada.session.sessionToken)).toBe('USER_ACTION_REQUIRED');
});

test.each([
  ['{ transfer(id: "trf_1") { id } }', 'INVALID_INPUT'],
  ['{ wallets(first: 101) { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ wallets(first: -1) { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ wallets(first: 1, last: 1) { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ wallets(after: "=") { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ assets(first: 101) { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ assets(network: "Local EVM") { edges { cursor } } }', 'INVALID_INPUT'],
  ['{ asset(id: "DOGE@local-evm") { id } }', 'NOT_FOUND'],
  ['{ policyBundle { id } }', 'NOT_FOUND'],
  [
    'mutation { beginUserAction(input: { operation: "logout", input: {} }) { intent } }',
    'INVALID_INPUT',
  ],
  [
    'mutation { beginUserAction(input: { operation: "createWallet", input: 7 }) { intent } }',
    'INVALID_INPUT',
  ],
  [
    'mutation { completeLogin(input: { challengeId: "x", clientNonce: "AA", credential: {} }) { sessionToken } }',
    'WEBAUTHN_REFUSED',
  ],
  ['mutation { beginRegistration(input: { inviteToken: "x" }) { challengeId } }', 'INVALID_INPUT'],
])('%s is %s', async (query, code) => {
  expect(await post(endpoints()[0] ?? '', { query }, ada.session.sessionToken)).toBe(code);
});

type AssetPage = {
  readonly edges: readonly { readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
};

async function assetIds(args: string) {
  const query = `{ assets(${args}) {
    edges { node { id } cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } }`;
  const { assets } = await ada.client.query<{ assets: AssetPage }>(query);
  return { ids: assets.edges.map(({ node }) => node.id), ...assets.pageInfo };
}

test.each([
  [
    'audit log by subject',
    'query($t: ID) { auditEvents(filter: { subject: $t }) { edges { cursor } } }',
  ],
  [
    'audit log by action',
    'query($t: String) { auditEvents(filter: { action: $t }) { edges { cursor } } }',
  ],
])('a text that the database cannot hold is INVALID_INPUT: %s', async (_name, query) => {
  const asked = ada.client.query(query, { t: 'x\0' });
  await expect(asked).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('pages of a list follow each other in both directions', async () => {
  const all = await assetIds('first: 100');
  expect(all).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  const first = await assetIds('first: 3');
  const second = await assetIds(`first: 3, after: "${first.endCursor}"`);
  expect([...first.ids, ...second.ids]).toEqual(all.ids.slice(0, 6));
  expect([first.hasNextPage, second.hasPreviousPage]).toEqual([true, true]);
  const back = await assetIds(`last: 2, before: "${second.startCursor}"`);
  expect(back.ids).toEqual(all.ids.slice(1, 3));
  expect((await assetIds('last: 2')).ids).toEqual(all.ids.slice(-2));
});

/** So many events, in one transaction; `bytes` is the size of each. */
async function appendMany(count: number, bytes = 10): Promise<void> {
  await reader(stage.services.db).execute(
    `with base as (
       update organization_logs set event_cursor = event_cursor + ?
       where organization_id = ? returning event_cursor - ? as before
     )
     insert into events (organization_id, cursor, type, subject, at, payload)
     select ?, base.before + n, 'wallet.updated', 'many', now(),
            jsonb_build_object('filler', repeat('x', ?))
     from base, generate_series(1, ?) as n`,
    [count, organization, count, organization, bytes, count],
  );
  const db = reader(stage.services.db);
  const payload = `${organization} ${await latestCursor(db, organization)}`;
  await db.execute('select pg_notify(?, ?)', [EVENT_CHANNEL, payload]);
}

test('a client whose connection is cut again and again gets every event once, in order', async () => {
  const opened: NodeWebSocket[] = [];
  class Fragile extends NodeWebSocket {
    constructor(...args: ConstructorParameters<typeof NodeWebSocket>) {
      super(...args);
      opened.push(this);
    }
  }
  const client = new CountersignClient({
    url: stage.url,
    origin: stage.services.origin,
    authenticator: ada.authenticator,
    webSocket: Fragile as unknown as typeof WebSocket,
  });
  await client.resume(ada.session.sessionToken);
  const after = await latestCursor(reader(stage.services.db), organization);
  const rounds = 10;
  const cursors: number[] = [];
  const events: AsyncIterableIterator<Event> = client.events({ after: String(after) });
  const read = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) cursors.push(Number((await events.next()).value.cursor));
  };
  for (let round = 0; round < rounds; round++) {
    // One cut while nothing is under way, and one in the middle of a page.
    opened.at(-1)?.terminate();
    await appendMany(60);
    await read(20);
    opened.at(-1)?.terminate();
    await read(40);
  }
  client.close();
  expect(opened.length).toBeGreaterThanOrEqual(rounds);
  expect(cursors).toEqual(Array.from({ length: 60 * rounds }, (_, i) => after + i + 1));
});

test('a client that does not read is closed with 4490, and the others miss nothing', async () => {
  const [url] = endpoints() as [string];
  const token = `Bearer ${ada.session.sessionToken}`;
  const after = String(await latestCursor(reader(stage.services.db), organization));
  const query = 'subscription ($after: String) { events(after: $after) { cursor payload } }';
  const slow = await new SocketClient(url).connected(token);
  slow.subscribe('slow', query, { after });
  const fast = await new SocketClient(url).connected(token);
  fast.subscribe('fast', query, { after });
  // Both are up to date once each has heard of an event.
  await transaction(stage.services.db, (tx) =>
    appendEvent(tx, {
      organization,
      type: 'wallet.updated',
      subject: 'here',
      at: stage.services.clock.now(),
      payload: {},
    }),
  );
  await Promise.all([slow.next(), fast.next()]);
  slow.socket.pause();
  const rounds = 20;
  const perRound = 100;
  let heard = 0;
  for (let round = 0; round < rounds; round++) {
    await appendMany(perRound, 20_000);
    for (let i = 0; i < perRound; i++) {
      await fast.next();
      heard += 1;
    }
  }
  expect(rounds * perRound).toBeGreaterThan(BACKLOG_MAX);
  expect(heard).toBe(rounds * perRound);
  slow.socket.resume();
  expect((await slow.closed)[0]).toBe(4490);
  await fast.close();
});

test('when the database cuts every connection, requests and streams go on', async () => {
  const after = String(await latestCursor(reader(stage.services.db), organization));
  const events = ada.client.events({ after });
  const isReady = async () => (await fetch(`${stage.url}/readyz`)).status;
  const first = events.next();
  await appendMany(1);
  await first;
  const admin = new pg.Client({ connectionString: stage.database.url });
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await admin.end();
  await expect.poll(isReady).toBe(200);
  const next = events.next();
  await appendMany(1);
  expect((await next).value.cursor).toBe(String(Number(after) + 2));
  await events.return?.();
});
