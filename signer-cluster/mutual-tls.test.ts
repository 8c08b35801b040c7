import { readFile, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientCredentials, grpcLink } from '#cluster-client/link.ts';
import { DAY_MS, instant } from '#core/time.ts';
import { type SignerTeam, signerHouse, signerTeam } from '#testing/signers.ts';
import { type Credential, type Validity, newAuthority } from './certificates.ts';
import { nodeName } from './proto/service.ts';

let team: SignerTeam;
let ca: string;
let worker: Credential;

beforeAll(async () => {
  team = await signerTeam(2, 2);
  const read = (name: string): Promise<string> => readFile(join(team.house.tls, name), 'utf8');
  ca = await read('ca.pem');
  worker = { certificate: await read('client.pem'), privateKey: await read('client-key.pem') };
});

afterAll(() => team.close());

type Hand = { readonly ca: string; readonly own?: Credential; readonly maxVersion?: 'TLSv1.2' };

/** Asks node 1 for its health with these papers. */
async function ask({ ca, own, maxVersion }: Hand, party = 1, port = team.signer(1).port) {
  const context = createSecureContext({
    ca,
    ...(own === undefined ? {} : { cert: own.certificate, key: own.privateKey }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
  const credentials = ChannelCredentials.createFromSecureContext(context);
  const link = grpcLink(party, `127.0.0.1:${port}`, credentials);
  try {
    return await link.health(5_000);
  } finally {
    link.close();
  }
}

const now = instant(Date.now());
const FRESH: Validity = { now, days: 30 };

test('the worker of the committee is served', async () => {
  expect(await ask({ ca, own: worker })).toMatchObject({ party: 1, ok: true, threshold: 2 });
});

test('a client without a certificate is refused', async () => {
  await expect(ask({ ca })).rejects.toThrow(/UNAVAILABLE/);
});

test("a worker of another committee's authority is refused", async () => {
  const other = await newAuthority(FRESH);
  const own = await other.issue({ role: 'worker' }, FRESH);
  await expect(ask({ ca, own })).rejects.toThrow(/UNAVAILABLE/);
});

test("a node's own certificate does not open another node", async () => {
  const folder = join(team.house.data(2), 'tls');
  const certificate = await readFile(join(folder, 'cert.pem'), 'utf8');
  const privateKey = await readFile(join(folder, 'key.pem'), 'utf8');
  await expect(ask({ ca, own: { certificate, privateKey } })).rejects.toThrow(/UNAVAILABLE/);
});

test('an expired certificate of the right authority is refused, a valid one is served', async () => {
  const authority = await newAuthority(FRESH);
  const house = await signerHouse(2, 2);
  const node = await authority.issue({ role: 'node', party: 1 }, FRESH);
  const folder = join(house.data(1), 'tls');
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'cert.pem'), node.certificate);
  await writeFile(join(folder, 'key.pem'), node.privateKey);
  const { port, kill } = await house.start(1);
  const askAs = async (validity: Validity) => {
    const own = await authority.issue({ role: 'worker' }, validity);
    return ask({ ca: authority.certificate, own }, 1, port);
  };
  await expect(askAs({ now: instant(now - 100 * DAY_MS), days: 99 })).rejects.toThrow(
    /UNAVAILABLE/,
  );
  expect(await askAs(FRESH)).toMatchObject({ ok: true });
  await kill();
  await house.remove();
});

test('TLS 1.2 is refused, even with the right certificate', async () => {
  await expect(ask({ ca, own: worker, maxVersion: 'TLSv1.2' })).rejects.toThrow(/UNAVAILABLE/);
});

test('the client refuses a node of another authority', async () => {
  const { certificate } = await newAuthority(FRESH);
  await expect(ask({ ca: certificate, own: worker })).rejects.toThrow(/UNAVAILABLE/);
});

test('the client refuses the right authority and the wrong node', async () => {
  const atTwo = ask({ ca, own: worker }, 1, team.signer(2).port);
  await expect(atTwo).rejects.toThrow(/UNAVAILABLE/);
  expect(await ask({ ca, own: worker }, 2, team.signer(2).port)).toMatchObject({ party: 2 });
});

test('a connection speaks TLS 1.3', async () => {
  const session = connectHttp2(`https://127.0.0.1:${team.signer(1).port}`, {
    ca,
    cert: worker.certificate,
    key: worker.privateKey,
    servername: nodeName(1),
  });
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  session.once('error', reject);
  session.once('connect', (_, socket) =>
    resolve('getProtocol' in socket ? socket.getProtocol() : null),
  );
  expect(await promise).toBe('TLSv1.3');
  session.close();
});

test('the folder of the launcher is all that a worker needs', async () => {
  const link = grpcLink(1, `127.0.0.1:${team.signer(1).port}`, clientCredentials(team.house.tls));
  expect(await link.health(5_000)).toMatchObject({ ok: true });
  link.close();
});
