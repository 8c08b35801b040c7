/** A node that dies while it pins a record: it comes back at the old one or at the new one, and the same words finish it. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { instant } from '#core/time.ts';
import { type SignerProcess, spawnSigner } from '#testing/signers.ts';
import { firstRecord, nextRecord, recordText } from './committee-record.ts';
import type { Committee } from './committee.ts';
import { newIdentity } from './identity.ts';
import { type JoinCard, parseCard } from './join-card.ts';
import { askNode } from './operator/ask-node.ts';
import { initNode, initWorkers } from './operator/init-node.ts';
import { RECORD_FILE } from './proto/record-fields.ts';

let folder: string;
let data: string;
let order: string;
let card: JoinCard;
let node: SignerProcess;

const start = async (): Promise<void> => {
  node = await spawnSigner(join(data, 'node.json'), 0, { dieAtSync: order });
};

beforeAll(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'join-'));
  data = join(folder, 'node');
  order = join(folder, 'order');
  const now = instant(Date.now());
  await initWorkers(join(folder, 'tls'), now);
  const workersCa = await readFile(join(folder, 'tls', 'ca.pem'), 'utf8');
  const listen = { host: '127.0.0.1', port: 7001 };
  const made = { folder: data, address: 'host:1', listen, dial: [], workersCa, now };
  card = parseCard(await initNode(made), 'card');
  await start();
});

afterAll(async () => {
  await node.kill();
  await rm(folder, { recursive: true });
});

const journal = (): string => join(data, 'journal', 'journal.log');
const sizeOfJournal = async (): Promise<number> => (await stat(journal())).size;

const pin = (committee: Committee) => {
  const record = recordText(committee);
  const expectedHash = hex(committee.hash);
  return askNode(data, { command: 'join', record, expectedHash, behind: true });
};

/** The hash of the record at which the node stands; undefined while it waits for the first one. */
async function standing(): Promise<string | undefined> {
  const told = await askNode(data, { command: 'status' });
  expect(told.ok).toBe(true);
  return 'waiting' in told ? undefined : String((told as { committee?: unknown }).committee);
}

function other(): JoinCard {
  const { signing, encryption } = newIdentity();
  const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
  return { ...keys, address: 'other:1', ca: 'PEM' };
}

/** Its journal's entry; the record's file; the folder of that. A cut takes half of what no sync had saved. */
const DEATHS: readonly (readonly [moment: string, stands: 'old' | 'new', cut?: true])[] = [
  ['before 1', 'old', true],
  ['before 1', 'new'],
  ['after 1', 'new'],
  ['before 2', 'new'],
  ['after 3', 'new'],
];

async function dies(moment: string, next: Committee): Promise<void> {
  const gone = once(node.child, 'exit');
  await writeFile(order, moment);
  // It may have answered before it dies.
  await pin(next).catch((error: unknown) =>
    expect(error).toMatchObject({ code: 'SIGNERS_UNAVAILABLE' }),
  );
  expect(await gone).toEqual([null, 'SIGKILL']);
  await writeFile(order, '');
}

async function finishes(next: Committee, stands: 'old' | 'new'): Promise<void> {
  const again = stands === 'old' ? node.servesAgain() : undefined;
  expect(await pin(next)).toMatchObject({ ok: true, isNew: stands === 'old' });
  await again;
  expect(await standing()).toBe(hex(next.hash));
  expect(await readFile(join(data, RECORD_FILE), 'utf8')).toBe(recordText(next));
}

test('wherever a node dies in its first join or a later one, it stands at one record and the same command ends it', async () => {
  let before: Committee | undefined;
  const first = DEATHS.slice(0, 1);
  for (const [moment, stands, cut] of [...first, ...DEATHS]) {
    const next: Committee =
      before === undefined
        ? firstRecord(2, [card, other()])
        : nextRecord(before, { cards: [], retire: [] });
    const size = await sizeOfJournal();
    await dies(moment, next);
    if (cut === true) await truncate(journal(), Math.ceil((size + (await sizeOfJournal())) / 2));
    await start();
    const expected = stands === 'old' ? before : next;
    expect(await standing(), moment).toBe(expected && hex(expected.hash));
    await finishes(next, stands);
    before = next;
  }
});
