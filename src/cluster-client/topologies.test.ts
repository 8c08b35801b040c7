/**
 * A committee over two operators: nodes 1 and 2 listen, node 3 is behind a firewall at the other one, has
 * certificates of that operator's own authority, and dials out.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Bytes } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { PAYMENT, idOf } from '#mandate/fixtures.ts';
import { type Authority, newAuthority } from '#signer-cluster/certificates.ts';
import type { NodeFile } from '#signer-cluster/config.ts';
import { encodeGreeting } from '#signer-cluster/proto/dial.ts';
import { networkNamespace } from '#testing/network-namespace.ts';
import {
  type SignerHouse,
  type SignerProcess,
  createWallet,
  signerHouse,
} from '#testing/signers.ts';
import { paymentIntent, requestFor } from '#testing/signing-request.ts';
import { trusting } from '#testing/trusted-cluster.ts';
import { clusterOver } from './cluster.ts';
import type { SignerCluster } from './signer-cluster.ts';
import { type Links, openLinks } from './links.ts';
import { payloadsOf } from './request.ts';
import { isSignedBy } from '#signing/verify.ts';

const { organization, wallet } = PAYMENT;
const keyId = idOf('key');
const FAR = 3;
const VALIDITY = { now: instant(Date.now()), days: 2 };
const namespace = networkNamespace();
const host = namespace?.host ?? '127.0.0.1';
const told: string[] = [];
const LOG = {
  info: () => undefined,
  warn: (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`),
};

let house: SignerHouse;
let authority: Authority;
let links: Links;
let cluster: SignerCluster;
let publicKey: Bytes;
const nodes = new Map<number, SignerProcess>();

/** Gives a node certificates of the other operator's authority, as `party`. */
async function certify(folder: string, party: number): Promise<void> {
  const { certificate, privateKey } = await authority.issue({ role: 'node', party }, VALIDITY);
  await writeFile(join(folder, 'tls/cert.pem'), certificate);
  await writeFile(join(folder, 'tls/key.pem'), privateKey);
}

/** The node dials the worker's rendezvous, and listens no more. */
async function dialOnly(party: number): Promise<void> {
  const { listen, ...file } = JSON.parse(await readFile(house.config(party), 'utf8')) as NodeFile;
  expect(listen).toBeDefined();
  const dial = [`${host}:${links.rendezvousPort}`];
  await writeFile(house.config(party), JSON.stringify({ ...file, dial }));
}

const addressOf = (party: number): string => `127.0.0.1:${nodes.get(party)?.port}`;

async function start(party: number): Promise<void> {
  const within = party === FAR ? namespace?.within : undefined;
  const port = nodes.get(party)?.port ?? 0;
  nodes.set(party, await house.start(party, { port, ...(within === undefined ? {} : { within }) }));
}

beforeAll(async () => {
  house = await signerHouse(3, 2);
  authority = await newAuthority(VALIDITY);
  await certify(house.data(FAR), FAR);
  await writeFile(join(house.tls, `ca-${FAR}.pem`), authority.certificate);
  await Promise.all([start(1), start(2)]);
  links = await openLinks(
    {
      signers: new Map([
        [1, addressOf(1)],
        [2, addressOf(2)],
        [FAR, 'dial-in'],
      ]),
      tls: house.tls,
      rendezvous: { host, port: 0 },
    },
    LOG.warn,
  );
  await dialOnly(FAR);
  await start(FAR);
  cluster = trusting(clusterOver(links.links, LOG), house.trusted, links.links);
  await dialledIn();
  ({ publicKey } = await createWallet(cluster, { keyId, organization, wallet }));
});

afterAll(async () => {
  cluster.close();
  links.close();
  await Promise.all([...nodes.values()].map((node) => node.kill()));
  namespace?.remove();
  await house.remove();
});

const healthOf = async (wanted: number) =>
  (await cluster.health()).find(({ party }) => party === wanted);
const far = () => healthOf(FAR);

/** A node that has started is reached a little later: its link was tried in vain before. */
const reached = (party: number): Promise<void> =>
  vi.waitFor(async () => expect((await healthOf(party))?.ok).toBe(true), 20_000);
const dialledIn = (): Promise<void> => reached(FAR);

async function sign(externalId: string): Promise<readonly number[]> {
  const mandate = requestFor(paymentIntent({ externalId }));
  const { signatures, signers } = await cluster.sign({ keyId, mandate });
  expect(isSignedBy(publicKey, payloadsOf(mandate)[0]!, signatures[0]!)).toBe(true);
  return signers;
}

const place = namespace === undefined ? 'in a process of its own' : 'in a network of its own';

test(`a node that only dials out, ${place}, signs with those that listen`, async () => {
  await nodes.get(1)?.kill();
  expect(await sign('with-the-far-node')).toEqual([2, FAR]);
  await start(1);
});

test('a node that dials out comes back after kill -9', async () => {
  await nodes.get(FAR)?.kill();
  await expect.poll(async () => (await far())?.ok).toBe(false);
  await start(FAR);
  await dialledIn();
  await reached(1);
  await nodes.get(2)?.kill();
  expect(await sign('with-the-far-node-again')).toEqual([1, FAR]);
  await start(2);
});

test("an operator's authority vouches for that operator's node alone", async () => {
  await nodes.get(1)?.kill();
  await certify(house.data(1), 1);
  await dialOnly(1);
  const impostor = await house.start(1);
  await expect.poll(impostor.logs).toMatch(/dialled in vain|connection lost/);
  expect((await cluster.health()).find(({ party }) => party === 1)?.ok).toBe(false);
  await impostor.kill();
});

test('somebody without a certificate holds nothing up', async () => {
  const strangers = [encodeGreeting(FAR), encodeGreeting(9), Buffer.from('GET / HTTP/1.1\r\n\r\n')];
  for (const greeting of strangers) {
    const socket = connect(links.rendezvousPort ?? 0, host);
    socket.write(greeting);
    socket.write('nothing that TLS would say');
    socket.resume();
    socket.on('error', () => undefined);
    await once(socket, 'close');
  }
  expect(told.filter((line) => line.includes('no node')).length).toBeGreaterThanOrEqual(2);
  expect((await far())?.ok).toBe(true);
});

test('strangers that say nothing give way, the oldest first', async () => {
  const silent = Array.from({ length: 100 }, () => connect(links.rendezvousPort ?? 0, host));
  for (const socket of silent) socket.on('error', () => undefined).resume();
  await once(silent[0]!, 'close');
  expect(silent.at(-1)?.closed).toBe(false);
  await nodes.get(FAR)?.kill();
  await start(FAR);
  await dialledIn();
  for (const socket of silent) socket.destroy();
});
