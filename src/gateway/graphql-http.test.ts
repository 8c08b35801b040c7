/** The HTTP side without the platform: a small schema of its own behind the real server. */
import { request as httpRequest } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { PlatformError } from '#core/errors.ts';
import { schema } from '#testing/toy-schema.ts';
import { createExecutor } from './executor.ts';
import { createGraphqlHttp } from './graphql-http.ts';
import { BODY_MAX_BYTES } from './http-body.ts';
import type { FaultRecord } from './present-error.ts';
import { type GatewayServer, startServer } from './server.ts';
import { createSockets } from './sockets.ts';

let server: GatewayServer;
let url: string;
const faults: FaultRecord[] = [];
let database = async () => true;
const log = { error: (record: FaultRecord) => void faults.push(record) };

beforeAll(async () => {
  const graphql = await createGraphqlHttp({
    schema,
    execute: createExecutor(schema),
    contextFor: () => ({}),
    introspection: false,
    log,
  });
  const sockets = createSockets({
    schema,
    rules: [],
    contextFor: () => ({}),
    authenticate: async () => {
      throw new PlatformError('UNAUTHENTICATED');
    },
    origins: new Set(),
    now: () => Date.now(),
    log,
  });
  server = await startServer(
    {
      graphql,
      sockets,
      page: { answer: async (_path, response) => void response.writeHead(404).end() },
      isReady: () => database(),
      readyTimeoutMs: 50,
      log,
    },
    { port: 0, host: '127.0.0.1' },
  );
  url = `http://127.0.0.1:${server.port}/graphql`;
});

afterAll(() => server.close());

const JSON_HEADERS = { 'content-type': 'application/json' };

async function post(body: unknown, headers: Record<string, string> = JSON_HEADERS) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(url, { method: 'POST', headers, body: text });
  const answer = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    requestId: response.headers.get('x-request-id'),
    body: JSON.parse(answer) as {
      data?: Record<string, unknown>;
      errors?: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
    },
  };
}

const get = async (query: string, headers: Record<string, string> = {}) =>
  (await fetch(`${url}?query=${encodeURIComponent(query)}`, { headers })).status;

const codes = async (body: unknown, headers?: Record<string, string>) => {
  const answer = await post(body, headers);
  return [answer.status, answer.body.errors?.[0]?.extensions['code']];
};

test('a query is answered, the first time and compiled', async () => {
  for (let i = 0; i < 3; i++) {
    const answer = await post({ query: '{ hello self { hello } }' });
    expect(answer.body).toEqual({ data: { hello: 'world', self: { hello: 'world' } } });
  }
});

test('the server keeps an idle connection for longer than clients and proxies do', async () => {
  const { headers } = await fetch(`${url}?query=${encodeURIComponent('{ hello }')}`);
  expect(headers.get('keep-alive')).toBe('timeout=75');
});

test.each([
  ['application/json', 'application/json; charset=utf-8'],
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
])('a client that accepts %s gets it', async (accept, type) => {
  const answer = await post({ query: '{ hello }' }, { ...JSON_HEADERS, accept });
  expect([answer.status, answer.type]).toEqual([200, type]);
});

test.each<[string, unknown, Record<string, string> | undefined, number, string]>([
  ['a syntax error', { query: '{ hello' }, undefined, 400, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: '{ nothing }' }, undefined, 400, 'GRAPHQL_VALIDATION_FAILED'],
  [
    'introspection',
    { query: '{ __schema { types { name } } }' },
    undefined,
    400,
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['a body that is not JSON', '{"query":', undefined, 400, 'BAD_REQUEST'],
  ['a body that is a list', [{ query: '{ hello }' }], undefined, 400, 'BAD_REQUEST'],
  ['an empty object', {}, undefined, 400, 'BAD_REQUEST'],
  ['a query that is a number', { query: 7 }, undefined, 400, 'BAD_REQUEST'],
  ['variables that are a list', { query: '{hello}', variables: [] }, undefined, 400, 'BAD_REQUEST'],
  [
    'a persisted query',
    { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
    undefined,
    200,
    'PERSISTED_QUERY_NOT_SUPPORTED',
  ],
  ['plain text', '{"query":"{ hello }"}', { 'content-type': 'text/plain' }, 400, 'BAD_REQUEST'],
  [
    'a form',
    'query={hello}',
    { 'content-type': 'application/x-www-form-urlencoded' },
    400,
    'BAD_REQUEST',
  ],
  [
    'UTF-16',
    '{"query":"{ hello }"}',
    { 'content-type': 'application/json; charset=utf-16' },
    400,
    'BAD_REQUEST',
  ],
  [
    'a compressed body',
    '{"query":"{ hello }"}',
    { ...JSON_HEADERS, 'content-encoding': 'gzip' },
    415,
    'BAD_REQUEST',
  ],
  [
    'an alias bomb',
    { query: `{${Array.from({ length: 40 }, (_, i) => `a${i}:hello`).join(' ')}}` },
    undefined,
    400,
    'QUERY_TOO_COMPLEX',
  ],
  [
    'a deep query',
    { query: `{self${'{self'.repeat(20)}{hello}${'}'.repeat(21)}` },
    undefined,
    400,
    'QUERY_TOO_COMPLEX',
  ],
  ['a long query', { query: `{${'hello '.repeat(3000)}}` }, undefined, 400, 'GRAPHQL_PARSE_FAILED'],
  [
    'an unknown operation',
    { query: 'query a { hello } query b { hello }', operationName: 'c' },
    undefined,
    400,
    'OPERATION_RESOLUTION_FAILURE',
  ],
  ['a subscription', { query: 'subscription { silence }' }, undefined, 400, 'BAD_REQUEST'],
  [
    'a missing variable',
    { query: 'query ($i: PayInput!) { pay(input: $i) }' },
    undefined,
    400,
    'INVALID_INPUT',
  ],
])('%s is refused with its code', async (_name, body, headers, status, code) => {
  expect(await codes(body, headers)).toEqual([status, code]);
});

test.each([
  [{ amount: '-1' }, 'input.amount', /digits/],
  [{ amount: '1e5' }, 'input.amount', /digits/],
  [{ amount: '１００' }, 'input.amount', /digits/],
  [{ amount: '1.5' }, 'input.amount', /digits/],
  [{ amount: 100 }, 'input.amount', /quotes/],
  [{ amount: (2n ** 256n).toString() }, 'input.amount', /smaller/],
])('the amount in %j is refused with the field and what to write', async (input, field, hint) => {
  const query = 'query ($input: PayInput!) { pay(input: $input) }';
  for (let compiled = 0; compiled < 3; compiled++) {
    const answer = await post({ query, variables: { input } });
    expect(answer.status).toBe(400);
    expect(answer.body.errors?.[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      field,
      hint: expect.stringMatching(hint) as string,
    });
  }
});

test.each([
  [{}, 'input', /amount/],
  [{ amount: '1', more: 1 }, 'input', /more/],
  [null, 'input', /null/],
  [7, 'input', /object/],
])(
  '%j in place of the input is refused with its reason and a hint',
  async (input, field, reason) => {
    const query = 'query ($input: PayInput!) { pay(input: $input) }';
    const answer = await post({ query, variables: { input } });
    expect(answer.body.errors?.[0]?.extensions).toMatchObject({
      code: 'INVALID_INPUT',
      field,
      reason: expect.stringMatching(reason) as string,
      hint: 'Send a value of the type that the schema names here.',
    });
  },
);

test('an amount in the document itself is refused in the same way', async () => {
  const answer = await post({ query: '{ pay(input: { amount: "+1" }) }' });
  expect(answer.body.errors?.[0]?.extensions).toMatchObject({
    code: 'INVALID_INPUT',
    field: 'amount',
  });
});

test('an operating error shows its code, its context and the id of the request', async () => {
  const answer = await post({ query: '{ refused hello }' });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    data: { refused: null, hello: 'world' },
    errors: [
      {
        message: 'This externalId was used for another request.',
        path: ['refused'],
        extensions: {
          code: 'IDEMPOTENCY_CONFLICT',
          existing: 'trf_1',
          requestId: answer.requestId,
        },
      },
    ],
  });
});

test.each(['{ crashed }', '{ missing }'])(
  'our own fault in %s shows nothing of its cause',
  async (query) => {
    faults.length = 0;
    const answer = await post({ query });
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|select|non-nullable/);
    expect(answer.body.errors?.[0]?.extensions).toEqual({
      code: 'INTERNAL',
      requestId: answer.requestId,
    });
    expect(faults).toHaveLength(1);
    expect(JSON.stringify(faults)).not.toMatch(/secret|select/);
    expect(faults[0]).toMatchObject({ requestId: answer.requestId });
  },
);

test('a body over the limit is refused before it is read', async () => {
  expect(await codes(`{"query":"${'x'.repeat(BODY_MAX_BYTES)}"}`)).toEqual([
    413,
    'PAYLOAD_TOO_LARGE',
  ]);
});

test('a body over the limit without a length is refused while it is read', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(url, { method: 'POST', headers: JSON_HEADERS }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    request.write('{"query":"');
    for (let sent = 0; sent <= BODY_MAX_BYTES; sent += 65_536) request.write('x'.repeat(65_536));
  });
  expect(status).toBe(413);
});

test.each([
  ['a deep JSON value', `${'['.repeat(100)}${']'.repeat(100)}`],
  ['a bottomless JSON value', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['a JSON value of many parts', `[${'1,'.repeat(100_000)}1]`],
  ['a JSON value that renames a prototype', '{"a":{"__proto__":{"admin":true}}}'],
])('%s is refused', async (_name, value) => {
  const body = `{"query":"query ($v: JSON) { json(value: $v) }","variables":{"v":${value}}}`;
  expect(await codes(body)).toEqual([400, 'INVALID_INPUT']);
});

test('a query by GET needs a header that no foreign page can send, and never changes anything', async () => {
  const preflight = { 'apollo-require-preflight': '1' };
  expect(await get('{hello}')).toBe(400);
  expect(await get('{hello}', preflight)).toBe(200);
  expect(await get('mutation{change}', preflight)).toBe(405);
  expect(await get(`{${'a:hello '.repeat(50)}}`, preflight)).toBe(400);
});

test('health and readiness are told, also while the database is silent; other methods are refused', async () => {
  const base = url.replace('/graphql', '');
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  onTestFinished(() => {
    database = async () => true;
  });
  database = async () => false;
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
  database = () => new Promise(() => undefined);
  expect((await fetch(`${base}/readyz`)).status).toBe(503);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  expect((await fetch(`${base}/healthz`, { method: 'DELETE' })).status).toBe(405);
});

const DOCUMENTS = [
  '{ hello self { hello } }',
  'query ($input: PayInput!) { pay(input: $input) }',
  'query q($v: JSON = [1, {a: null}]) { json(value: $v) again: json(value: "x") }',
  'mutation { change }',
  'fragment f on Query { hello ...g } fragment g on Query { hello @skip(if: false) } { ...f }',
  'subscription { silence }',
  '{ __schema { types { name } } __typename }',
];
const PIECES = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '$',
  '@',
  '!',
  '...',
  '"',
  '"""',
  '#',
  '\\u0000',
];

/** Documents that were cut, joined and sprinkled with pieces of syntax. */
const broken = fc
  .array(
    fc.oneof(
      fc.constantFrom(...DOCUMENTS),
      fc.constantFrom(...PIECES),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc
        .tuple(fc.constantFrom(...DOCUMENTS), fc.nat(60), fc.nat(60))
        .map(([text, from, to]) => text.slice(Math.min(from, to), Math.max(from, to))),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((parts) => parts.join(' '));

test('no document, however broken, is answered with a fault of ours', async () => {
  await fc.assert(
    fc.asyncProperty(broken, fc.jsonValue(), async (query, variables) => {
      const answer = await post({ query, variables });
      expect([200, 400]).toContain(answer.status);
      const codes = answer.body.errors?.map(({ extensions }) => extensions['code']) ?? [];
      expect(codes).not.toContain('INTERNAL');
      expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|stack/);
    }),
    { numRuns: 300 },
  );
});
