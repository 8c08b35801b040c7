import { readFile, writeFile } from 'node:fs/promises';
import { Client, type ClientDuplexStream } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOver } from '#cluster-client/cluster.ts';
import { type SignerLink, clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { idOf } from '#mandate/fixtures.ts';
import { type SignerHouse, type SignerProcess, askAlone, signerHouse } from '#testing/signers.ts';
import { type Header, signEnvelope } from './envelope.ts';
import { newIdentity } from './identity.ts';
import { Inbox } from './inbox.ts';
import { ENVELOPE_BYTES_MAX, decodeFrame, encodeFrame } from './proto/frames.ts';
import type { OpenRequest } from './proto/open-request.ts';
import { ATTEND_METHOD, MESSAGE_BYTES_MAX, SESSION_METHOD, nodeName } from './proto/service.ts';
import { ATTENDANTS_MAX } from './refill.ts';

/** Each opens sessions for another key. */
const WAVES = Array.from({ length: 20 }, (_, wave) => wave);
const LIMITS = { sessions: 3, idleMs: 600 };

let house: SignerHouse;
let signer: SignerProcess;
let link: SignerLink;
let client: Client;

beforeAll(async () => {
  house = await signerHouse(3, 2);
  const path = house.config(1);
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, limits: LIMITS }));
  signer = await house.start(1);
  const acme = await house.trusted.organization(idOf('organization'));
  const address = `127.0.0.1:${signer.port}`;
  const credentials = clientCredentials(house.tls);
  link = grpcLink(1, address, credentials);
  for (const wave of WAVES) await acme.orderKey(idOf('key', wave), 'ecdsa-secp256k1');
  await house.trusted.bring(
    clusterOver([link], { info: () => undefined, warn: () => undefined }),
    acme,
  );
  client = new Client(address, credentials, {
    'grpc.ssl_target_name_override': nodeName(1),
    'grpc.max_send_message_length': 2 * MESSAGE_BYTES_MAX,
  });
});

afterAll(async () => {
  link.close();
  client.close();
  await signer.kill();
  await house.remove();
});

const open: OpenRequest = {
  purpose: 'createKey',
  keyId: idOf('key'),
  organization: idOf('organization'),
  scheme: 'ecdsa-secp256k1',
  signers: [1, 2, 3],
};

function rawStream(): ClientDuplexStream<Buffer, Buffer> {
  const { path, requestSerialize, responseDeserialize } = SESSION_METHOD;
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
}

/** Sends these messages and returns what the node refuses with, or the stream's error. */
async function refusalOf(...messages: readonly Buffer[]): Promise<string> {
  const stream = rawStream();
  const { promise, resolve } = Promise.withResolvers<string>();
  stream.on('data', (bytes: Buffer) => {
    const frame = decodeFrame(bytes);
    if (frame.type === 'refused') resolve(`${frame.content.code} ${frame.content.reason}`);
  });
  stream.on('error', (error) => resolve(error.message));
  stream.on('end', () => resolve('ended'));
  for (const message of messages) stream.write(message);
  const answer = await promise;
  stream.cancel();
  return answer;
}

const serves = async (): Promise<void> =>
  expect(await link.health(10_000)).toMatchObject({ ok: true });

test('a session that stays silent is ended, whether it was opened or not', async () => {
  expect(await refusalOf()).toBe('SIGNERS_UNAVAILABLE idle');
  const answers = await askAlone(link, open, 9);
  expect(answers.map(({ type }) => type)).toEqual(['accepted', 'post', 'refused']);
});

test('more sessions than the limit are refused, and the places are given back', async () => {
  const streams = Array.from({ length: LIMITS.sessions }, rawStream);
  for (const stream of streams) stream.on('error', () => undefined);
  await serves();
  expect(await refusalOf(encodeFrame({ type: 'open', content: open }))).toMatch(
    /too many sessions/,
  );
  for (const stream of streams) stream.cancel();
  await expect
    .poll(() => refusalOf(Buffer.of(0x02, 2, 1)), { timeout: 30_000 })
    .toMatch(/begins with its opening/);
});

test('a key that is being made is not made by a second session', async () => {
  const first = link.open({ frame: () => undefined, ended: () => undefined });
  first.send({ type: 'open', content: open });
  const second = await askAlone(link, open);
  expect(second).toMatchObject([{ type: 'refused', content: { code: 'IDEMPOTENCY_IN_FLIGHT' } }]);
  first.cancel();
});

test.each<[string, OpenRequest, RegExp]>([
  ['a signer that does not exist', { ...open, signers: [1, 2, 9] }, /INVALID_INPUT/],
  ['a signer twice', { ...open, signers: [1, 2, 2] }, /INVALID_INPUT/],
  ['signers out of order', { ...open, signers: [1, 3, 2] }, /INVALID_INPUT/],
  ['a signer too few', { ...open, signers: [1, 2] }, /INVALID_INPUT/],
  ['signers without this node', { ...open, signers: [2, 3, 4] }, /INVALID_INPUT/],
  ['an id of another kind', { ...open, keyId: idOf('wallet') }, /INVALID_INPUT/],
  ['a path for an id', { ...open, organization: '../../etc' }, /INVALID_INPUT/],
])('an opening with %s is refused', async (_, content, reason) => {
  expect(await refusalOf(encodeFrame({ type: 'open', content }))).toMatch(reason);
});

test('a peer speaks once in a round, and at most one round ahead', async () => {
  const opening = encodeFrame({ type: 'open', content: open });
  const header = { kind: 'hello', from: 2, to: 0, round: 0, sid: new Uint8Array(32) } as const;
  const stranger = newIdentity().signing;
  const deliver = (over: Partial<Header>): Buffer => {
    const envelope = signEnvelope(
      stranger,
      new Uint8Array(32),
      { ...header, ...over },
      Buffer.of(1),
    );
    return encodeFrame({ type: 'deliver', party: 2, envelope });
  };
  const twice = await refusalOf(opening, deliver({}), deliver({}));
  expect(twice).toMatch(/round 0 of party 2 is not due/);
  expect(await refusalOf(opening, deliver({ kind: 'round', round: 2 }))).toMatch(/is not due/);
  expect(await refusalOf(opening, deliver({ from: 1 }))).toMatch(/is not due/);
  expect(await refusalOf(opening, opening)).toMatch(/out of place/);
});

test('a message above the limit ends its stream and nothing else', async () => {
  expect(await refusalOf(Buffer.alloc(MESSAGE_BYTES_MAX + 1, 2))).toMatch(/RESOURCE_EXHAUSTED/);
  await serves();
});

test('no bytes make the node fall', async () => {
  const json = fc.json().map((text) => Buffer.from(`\u0001${text}`));
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const nested = Buffer.from(`\u0001${'['.repeat(100_000)}`);
  const proto = Buffer.from('\u0001{"__proto__":{"purpose":"createKey"},"purpose":"sign"}');
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(json, noise, fc.constant(nested), fc.constant(proto)),
      async (bytes) => {
        expect(await refusalOf(bytes)).toMatch(/SIGNERS_UNAVAILABLE|INVALID_INPUT/);
      },
    ),
    { numRuns: 60 },
  );
  await serves();
});

test('a thousand openings that nobody continues leave the node in service', async () => {
  for (const wave of WAVES) {
    const streams = Array.from({ length: 50 }, rawStream);
    for (const stream of streams) {
      stream.on('error', () => undefined);
      stream.write(encodeFrame({ type: 'open', content: { ...open, keyId: idOf('key', wave) } }));
      stream.cancel();
    }
  }
  await serves();
  await expect
    .poll(async () => (await askAlone(link, open)).map(({ type }) => type), { timeout: 30_000 })
    .toEqual(['accepted']);
});

test.each([
  ['in number', 256, 1],
  ['in bytes', 16, MESSAGE_BYTES_MAX / 8],
])('what waits for a session is bounded %s', async (_, count, size) => {
  const frame = { type: 'deliver', party: 2, envelope: Buffer.of(1) } as const;
  const inbox = new Inbox(1_000);
  for (let pushed = 0; pushed < count - 1; pushed++) inbox.push(frame, size);
  expect(await inbox.next()).toBe(frame);
  inbox.push(frame, size);
  expect(await inbox.next()).toBe(frame);
  for (let pushed = 0; pushed < 3; pushed++) inbox.push(frame, size);
  await expect(inbox.next()).rejects.toThrow(/too many frames/);
});

const refusedWith = (reason: string) =>
  encodeFrame({
    type: 'refused',
    content: { code: 'KEY_LOCKED', reason, field: '', parties: [] },
  });

test('an envelope above the limit, and a refusal with a long or broken reason, are no frames', () => {
  const envelope = Buffer.alloc(1 + 1 + ENVELOPE_BYTES_MAX, 2);
  expect(decodeFrame(envelope)).toMatchObject({ type: 'deliver' });
  expect(() => decodeFrame(Buffer.concat([envelope, Buffer.of(0)]))).toThrow(/too large/);
  expect(decodeFrame(refusedWith('x'.repeat(512)))).toMatchObject({ type: 'refused' });
  for (const reason of ['x'.repeat(513), 'two\nlines', 'turned \u202e around']) {
    expect(() => decodeFrame(refusedWith(reason))).toThrow(/one line/);
  }
});

test('more workers that attend than the limit are turned away, and the node serves on', async () => {
  const { path, requestSerialize, responseDeserialize } = ATTEND_METHOD;
  const attend = () =>
    client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, Buffer.alloc(0));
  const held: ReturnType<typeof attend>[] = [];
  const turnedAway = Promise.withResolvers<string>();
  for (let worker = 0; worker < ATTENDANTS_MAX + 1; worker++) {
    const stream = attend();
    stream.on('error', (error) => turnedAway.resolve(error.message));
    held.push(stream);
  }
  expect(await turnedAway.promise).toMatch(/RESOURCE_EXHAUSTED/);
  for (const stream of held) stream.cancel();
  await serves();
});
