import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { parseAssetId, parseNetworkId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { readScreening } from '#mandate/screening-word.ts';
import { readAnswer, type ScreeningRequest } from './screening.ts';
import { screeningFacts } from './screening-facts.ts';
import { openScreening } from './screening-source.ts';

const TO = '0x52908400098527886E0F7030069857D2E4169EE7';
const REQUEST: ScreeningRequest = {
  reference: 'trf_1',
  activity: 'transfer',
  network: parseNetworkId('ethereum'),
  asset: parseAssetId('USDC@ethereum'),
  units: 5_000_000n,
  from: '0x0000000000000000000000000000000000000001',
  to: TO,
};
const DONE = { status: 'done', alertLevel: 'HIGH', riskScore: '72.5', directExposure: ['darknet'] };

let folder: string;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => answer(request, response));

beforeAll(async () => {
  folder = await mkdtemp(path.join(inject('testFolder'), 'countersign-screening-'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/screen`;
});

beforeEach(() => {
  answer = (_, response) => response.end(JSON.stringify(DONE));
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
});

test('an endpoint is told what is screened, with its token, and its answer is read', async () => {
  let body = '';
  let authorization: string | undefined;
  answer = (request, response) => {
    ({ authorization } = request.headers);
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify(DONE)));
  };
  const { status, ...result } = DONE;
  expect(await openScreening({ source: url, token: 's3cret' }).screen(REQUEST)).toEqual({
    status,
    result,
  });
  const { units, ...request } = REQUEST;
  expect(JSON.parse(body)).toEqual({ ...request, amount: units.toString() });
  expect(authorization).toBe('Bearer s3cret');
});

const reply = (text: string, status = 200) => {
  answer = (_, response) => response.writeHead(status).end(text);
};

test.each<[string, () => void, RegExp]>([
  ['another status', () => reply('{}', 503), /answered 503/],
  ['no JSON', () => reply('<html>'), /not JSON/],
  ['too long an answer', () => reply(`"${'x'.repeat(70_000)}"`), /larger than the limit/],
  ['an answer that is none', () => reply('[]'), /the answer is not an object/],
  [
    'a redirection',
    () => {
      answer = (_, response) => response.writeHead(302, { location: url }).end();
    },
    /cannot be reached/,
  ],
  ['silence', () => (answer = () => undefined), /did not answer in time/],
])('%s of the endpoint is a failure of the provider', async (_, prepare, message) => {
  prepare();
  expect(await openScreening({ source: url, timeoutMs: 300 }).screen(REQUEST)).toEqual({
    status: 'failed',
    failure: 'provider-failure',
    message: expect.stringMatching(message) as string,
  });
});

test('an endpoint that nobody serves is a failure of the provider', async () => {
  const source = 'http://127.0.0.1:1/screen';
  expect(await openScreening({ source }).screen(REQUEST)).toMatchObject({
    failure: 'provider-failure',
    message: 'it cannot be reached',
  });
});

async function fromFile(book: unknown, request = REQUEST) {
  const source = path.join(folder, 'screening.json');
  await writeFile(source, JSON.stringify(book));
  return openScreening({ source }).screen(request);
}

test('a file answers by address, whatever its capitals, and otherwise by its default', async () => {
  const addresses = { [TO.toLowerCase().replace('0X', '0x')]: DONE };
  const otherwise = { status: 'done', alertLevel: 'NONE' };
  expect(await fromFile({ addresses, otherwise })).toMatchObject({
    result: { alertLevel: 'HIGH' },
  });
  const other = { ...REQUEST, to: REQUEST.from };
  expect(await fromFile({ addresses, otherwise }, other)).toMatchObject({
    result: { alertLevel: 'NONE' },
  });
  expect(await fromFile({ addresses }, other)).toMatchObject({ failure: 'unscreenable' });
  expect(await fromFile({ addresses, networks: ['polygon'] })).toMatchObject({
    failure: 'unsupported-network',
  });
});

test.each([
  ['a file that is not there', undefined],
  ['a field that nobody knows', { addresses: {}, more: 1 }],
  ['networks that are no list', { addresses: {}, networks: 'ethereum' }],
  ['no addresses', {}],
])('%s is a failure of the provider', async (_, book) => {
  const answered =
    book === undefined
      ? await openScreening({ source: path.join(folder, 'absent.json') }).screen(REQUEST)
      : await fromFile(book);
  expect(answered).toMatchObject({ failure: 'provider-failure' });
});

test.each<[string, unknown]>([
  ['no status', { alertLevel: 'LOW' }],
  ['an unknown status', { status: 'maybe' }],
  ['an unknown field', { ...DONE, verdict: 'fine' }],
  ['an unknown level', { status: 'done', alertLevel: 'low' }],
  ['a score that is a number', { status: 'done', riskScore: 72.5 }],
  ['a negative score', { status: 'done', riskScore: '-1' }],
  ['a score with an exponent', { status: 'done', riskScore: '1e9' }],
  ['categories that are no list', { status: 'done', categories: 'scam' }],
  ['a category that is empty', { status: 'done', categories: [''] }],
  ['a category with a line break', { status: 'done', categories: ['a\nb'] }],
  ['a hundred and one categories', { status: 'done', categories: Array(101).fill('a') }],
  ['a pending answer that says more', { status: 'pending', alertLevel: 'LOW' }],
  ['an unknown failure', { status: 'failed', failure: 'tired' }],
  ['a failure without its kind', { status: 'failed', message: 'no' }],
  ['a message of many lines', { status: 'failed', failure: 'unscreenable', message: 'a\nb' }],
])('%s is no answer', (_, value) => {
  expect(() => readAnswer(value)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});

test('each kind of answer is read, its texts sorted and each once', () => {
  expect(readAnswer({ status: 'pending' })).toEqual({ status: 'pending' });
  expect(readAnswer({ status: 'failed', failure: 'unsupported-asset' })).toEqual({
    status: 'failed',
    failure: 'unsupported-asset',
    message: 'the provider says unsupported-asset',
  });
  expect(readAnswer({ status: 'done', categories: ['scam', 'mixer', 'scam'] })).toEqual({
    status: 'done',
    result: { categories: ['mixer', 'scam'] },
  });
});

test('a signed answer is carried as it was signed, and one that is no statement is no answer', () => {
  const signed = { statement: '{"domain":"countersign/screening/v1"}', signature: 'AAAA' };
  expect(readAnswer({ ...DONE, signed })).toMatchObject({ status: 'done', signed });
  for (const wrong of [null, {}, { statement: 1, signature: 'AA' }, { ...signed, key: 'x' }]) {
    expect(() => readAnswer({ ...DONE, signed: wrong })).toThrow();
  }
});

test("with a key, a file's answer is signed about this payment, and nodes read the same from it", async () => {
  const source = path.join(folder, 'signed.json');
  await writeFile(source, JSON.stringify({ addresses: {}, otherwise: DONE }));
  const key = new Uint8Array(32).fill(7);
  const given = await openScreening({ source, key }).screen(REQUEST);
  const signed = given.status === 'done' ? given.signed : undefined;
  if (signed === undefined) throw new Error(given.status);
  const { network, asset, units, from, to } = REQUEST;
  const payment = { network, asset, units: units.toString(), from, to };
  const now = instant(Date.now());
  const provider = ed25519.getPublicKey(key);
  const facts = readScreening(signed, payment, [provider], now);
  expect(facts).toEqual(screeningFacts(given));
  const other = { ...payment, to: `${to.slice(0, -1)}0` };
  expect(() => readScreening(signed, other, [provider], now)).toThrow(/another payment/);
});
