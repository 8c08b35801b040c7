/** Links to nodes that a committee's record names: a worker that has no other word about them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { firstRecord, recordText } from '#signer-cluster/committee-record.ts';
import { committeeOf } from '#signer-cluster/committee.ts';
import { parseCard } from '#signer-cluster/join-card.ts';
import { askNode } from '#signer-cluster/operator/ask-node.ts';
import { initNode, initWorkers } from '#signer-cluster/operator/init-node.ts';
import { type RecordFields, keysIn } from '#signer-cluster/proto/record-fields.ts';
import { type SignerProcess, spawnSigner } from '#testing/signers.ts';
import { type Links, openLinks } from './links.ts';

let folder: string;
let links: Links | undefined;
let node: SignerProcess | undefined;
const now = instant(Date.now());
const twice = <T>([first, ...others]: readonly T[]): readonly T[] =>
  first === undefined ? [] : [first, first, ...others.slice(1)];
const warn = (): void => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'by-record-'));
});

afterAll(async () => {
  for (const link of links?.links ?? []) link.close();
  links?.close();
  await node?.kill();
  await rm(folder, { recursive: true });
});

test('where neither a record nor anything else names the nodes, no worker starts', async () => {
  const tls = join(folder, 'empty');
  await mkdir(tls);
  await expect(openLinks({ signers: new Map(), tls }, warn)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    context: { field: 'SIGNER_TLS' },
  });
});

test.each([
  ['a threshold of one', (fields: RecordFields) => ({ ...fields, threshold: 1 })],
  ['a member twice', (fields: RecordFields) => ({ ...fields, members: twice(fields.members) })],
])('a record with %s is none', async (_, altered) => {
  const cards = [1, 2].map((party) => ({
    party,
    identity: new Uint8Array(32).fill(party),
    encryption: new Uint8Array(32).fill(party + 2),
  }));
  const fields = JSON.parse(recordText(committeeOf(2, cards))) as RecordFields;
  expect(keysIn(JSON.stringify(fields)).keys.size).toBe(2);
  expect(() => keysIn(JSON.stringify(altered(fields)))).toThrow(/not the record of a committee/);
});

test('a node that was made to dial in is met at the rendezvous, by the record alone', async () => {
  const tls = join(folder, 'tls');
  const data = join(folder, 'node');
  await initWorkers(tls, now);
  const workersCa = await readFile(join(tls, 'ca.pem'), 'utf8');
  const made = { address: 'dial-in', dial: [{ host: '127.0.0.1', port: 1 }], workersCa, now };
  const card = parseCard(await initNode({ folder: data, ...made }), 'card');
  const other = parseCard(await initNode({ folder: join(folder, 'other'), ...made }), 'other');
  const record = firstRecord(2, [card, other]);
  await writeFile(join(tls, 'committee.json'), recordText(record));
  const rendezvous = { host: '127.0.0.1', port: 0 };
  links = await openLinks({ signers: new Map(), tls, rendezvous }, warn);
  expect(links.keys).toEqual({
    threshold: 2,
    members: 2,
    keys: new Map(record.members.map(({ party, identity }) => [party, identity])),
  });
  expect(links.links.map(({ party, address }) => [party, address])).toEqual([
    [1, 'dial-in'],
    [2, 'dial-in'],
  ]);

  // Only now it is known where the rendezvous is.
  const config = join(data, 'node.json');
  const file = JSON.parse(await readFile(config, 'utf8')) as object;
  const dial = [`127.0.0.1:${links.rendezvousPort}`];
  await writeFile(config, JSON.stringify({ ...file, dial }));
  node = await spawnSigner(config, 0);
  const again = node.servesAgain();
  const expectedHash = hex(record.hash);
  const pinned = await askNode(data, { command: 'join', record: recordText(record), expectedHash });
  if (!pinned.ok) throw new Error(pinned.message);
  await again;
  const own = links.links.find(({ party }) => party === pinned['party']);
  const isMet = async () => (await own?.health(2_000).catch(() => undefined))?.ok;
  await expect.poll(isMet, { timeout: 30_000 }).toBe(true);
});
