import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { firstRecord, nextRecord, recordText } from '#signer-cluster/committee-record.ts';
import type { Committee } from '#signer-cluster/committee.ts';
import { newIdentity } from '#signer-cluster/identity.ts';
import { readNodeKeys } from './node-keys.ts';

const card = () => {
  const { signing, encryption } = newIdentity();
  const keys = { identity: signing.publicKey, encryption: encryption.publicKey };
  return { ...keys, address: 'host:7001', ca: 'PEM' };
};
const first = firstRecord(2, [card(), card(), card()]);
const second = nextRecord(first, { cards: [card()], retire: [1] });
const third = nextRecord(second, { cards: [card(), card()], retire: [], threshold: 3 });
const stranger = firstRecord(2, [card(), card(), card()]);

let folder: string;
const at = (name: string): string => join(folder, name);
const read = (...names: readonly string[]) => readNodeKeys(names.map(at).join());

beforeAll(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'node-keys-'));
  const records: Readonly<Record<string, Committee>> = { first, second, third, stranger };
  for (const [name, record] of Object.entries(records)) {
    await writeFile(at(name), recordText(record));
  }
  const forged = recordText(first).replace(/"encryption": "../, '"encryption": "00');
  await writeFile(at('forged'), forged);
  await writeFile(at('respelled'), recordText(first).replace('{', '{ '));
  const committee = first.members.map(({ party, identity }) => ({
    party,
    identity: hex(identity),
  }));
  await writeFile(at('keys'), JSON.stringify({ threshold: 2, committee }));
  const moded = (mode: string) => JSON.stringify({ threshold: 2, committee, mode });
  await writeFile(at('available'), moded('availability'));
  await writeFile(at('safe'), moded('safety'));
  await writeFile(at('other'), moded('both'));
  await writeFile(at('gap'), JSON.stringify({ threshold: 2, committee: committee.slice(1) }));
  await writeFile(at('few'), JSON.stringify({ threshold: 4, committee }));
});

test('of records that follow each other all committees are known, the newest first', async () => {
  const known = await read('second', 'third', 'first');
  expect(known.map(({ record }) => record)).toEqual([third, second, first].map((r) => hex(r.hash)));
  expect(known.map(({ nodes }) => [...nodes.keys.keys()])).toEqual([
    [2, 3, 4, 5, 6],
    [2, 3, 4],
    [1, 2, 3],
  ]);
  expect(known.map(({ witnesses }) => witnesses.quorum)).toEqual([4, 3, 3]);
});

test('keys that belong to no record stand for any', async () => {
  const [known, ...others] = await read('keys');
  expect(others).toEqual([]);
  expect(known).toMatchObject({ nodes: { threshold: 2, members: 3 } });
  expect(known).not.toHaveProperty('record');
});

test.each<[string, readonly string[], RegExp]>([
  ['of which one was changed', ['forged', 'second'], /follows record/],
  ['that is spelled in another way', ['respelled'], /spelled in another way/],
  ['of which one is missing', ['first', 'third'], /follows record/],
  ['of another committee', ['stranger', 'second'], /follows record/],
  ['that is named twice', ['first', 'first'], /follows no record/],
  ['beside a file of keys alone', ['keys', 'second'], /record/],
  ['of which one is no file', ['nowhere', 'second'], /nowhere/],
])('no committee is known by a record %s', async (_, names, reason) => {
  await expect(read(...names)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringMatching(reason),
  });
});

test.each(['gap', 'few'])('keys with a %s are those of no committee', async (name) => {
  await expect(read(name)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

const quorumsOf = async (modes: string | undefined, ...names: readonly string[]) =>
  (await readNodeKeys(names.map(at).join(), modes)).map(({ witnesses }) => witnesses.quorum);

test('a quorum is what the auditor knows of the mode, and what a node.json says', async () => {
  expect(await quorumsOf(undefined, 'keys')).toEqual([3]);
  expect(await quorumsOf('availability', 'keys')).toEqual([2]);
  expect(await quorumsOf(undefined, 'available')).toEqual([2]);
  expect(await quorumsOf('safety', 'available')).toEqual([3]);
  // In the order of the files, whatever order the records have.
  expect(await quorumsOf('safety,availability', 'second', 'first')).toEqual([3, 2]);
  expect(await quorumsOf('availability', 'second', 'first')).toEqual([2, 2]);
  expect(await quorumsOf(undefined, 'second', 'first')).toEqual([3, 3]);
});

test.each([
  ['a node.json that says more', 'availability', ['safe']],
  ['no such mode', 'neither', ['keys']],
  ['two for one file', 'safety,safety', ['keys']],
  ['a file with no such mode', undefined, ['other']],
])('a mode is refused beside %s', async (_, modes, names) => {
  const refusal = { code: 'INVALID_INPUT', context: { field: 'mode' } };
  await expect(quorumsOf(modes, ...names)).rejects.toMatchObject(refusal);
});
