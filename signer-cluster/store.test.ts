import {
  copyFile,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { hex, utf8 } from '#core/bytes.ts';
import { idOf } from '#mandate/fixtures.ts';
import { readConfig } from './config.ts';
import { openJournal } from './journal.ts';
import { provisionCommittee } from './provision.ts';
import { sealingKeySource } from './sealing-key.ts';
import { type KeyRecord, type PairsRecord, type Store, openStore } from './store.ts';

const SHARE = utf8('a share that must never be readable');
const key: KeyRecord = {
  keyId: idOf('key'),
  organization: idOf('organization'),
  scheme: 'ecdsa-secp256k1',
  parties: [1, 2, 3],
  threshold: 2,
  provenance: 'generated',
  epoch: 1,
  sid: '11'.repeat(32),
  publicKey: new Uint8Array(33).fill(2),
  chainCode: new Uint8Array(32).fill(3),
  share: SHARE,
};
const pairs: PairsRecord = {
  organization: idOf('organization'),
  epoch: 1,
  sid: '22'.repeat(32),
  pairs: new Map([
    [2, utf8('with two')],
    [3, utf8('with three: longer')],
  ]),
};

let folder: string;
const node = (party: number, ...names: readonly string[]): string =>
  join(folder, 'signers', `${party}`, ...names);

beforeEach(async () => {
  folder = await mkdtemp(join(inject('testFolder'), 'store-'));
  await provisionCommittee({ dir: folder, count: 3, threshold: 2 });
});

afterEach(() => rm(folder, { recursive: true }));

async function withStore<T>(party: number, use: (store: Store) => Promise<T> | T): Promise<T> {
  const config = await readConfig(node(party, 'node.json'));
  const sealingKey = await sealingKeySource(config)();
  const { dataDir, committee } = config;
  const place = { dataDir, sealingKey, committee: committee.hash, party };
  const path = join(dataDir, 'journal/journal.log');
  const secrets = { sealingKey, committee: committee.hash };
  const { journal, entries } = await openJournal(path, secrets, party);
  try {
    return await use(await openStore(place, journal, entries));
  } finally {
    await journal.close();
  }
}

const keep = (): Promise<void> =>
  withStore(1, async (store) => {
    await store.pairs.prepare(pairs);
    await store.pairs.commit(pairs.organization);
    await store.keys.prepare(key);
    await store.keys.commit(key.keyId);
  });

const reopening = (): Promise<void> => withStore(1, () => undefined);
const KEY_FILE = `store/keys/${key.keyId}.sealed`;

test('what was prepared and committed is there after a restart', async () => {
  await keep();
  await withStore(1, (store) => {
    expect(store.keys.get(key.keyId)).toEqual({ record: key, committed: true });
    expect(store.pairs.get(pairs.organization)).toEqual({ record: pairs, committed: true });
    expect(store.keys.get(idOf('key', 2))).toBeUndefined();
  });
});

test('what was only prepared stays prepared, and may be replaced until it is committed', async () => {
  await withStore(1, (store) => store.keys.prepare(key));
  const later = { ...key, sid: '33'.repeat(32) };
  await withStore(1, async (store) => {
    expect(store.keys.get(key.keyId)?.committed).toBe(false);
    await store.keys.prepare(later);
    await store.keys.commit(key.keyId);
    await expect(store.keys.prepare(key)).rejects.toThrow(/never replaced/);
  });
  await withStore(1, (store) => {
    expect(store.keys.get(key.keyId)).toEqual({ record: later, committed: true });
  });
});

test('a share lies on disk sealed, and only its owner can read the file', async () => {
  await keep();
  for (const entry of await readdir(node(1), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    expect(content.includes(Buffer.from(SHARE)), path).toBe(false);
    expect(content.includes(hex(SHARE)), path).toBe(false);
    if (/sealed|sealing-key|journal\.log|key\.pem/.test(path)) {
      expect((await stat(path)).mode & 0o077, path).toBe(0);
    }
  }
});

test('a bit that flips anywhere in a sealed share stops the start', async () => {
  await keep();
  const whole = await readFile(node(1, KEY_FILE));
  for (let at = 0; at < whole.length; at += 7) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    await writeFile(node(1, KEY_FILE), damaged);
    await expect(reopening()).rejects.toThrow(/does not open|not a sealed record/);
  }
});

test('a sealed share that was cut stops the start', async () => {
  await keep();
  const whole = await readFile(node(1, KEY_FILE));
  for (const size of [0, 1, 40, 56, whole.length - 1]) {
    await writeFile(node(1, KEY_FILE), whole.subarray(0, size));
    await expect(reopening()).rejects.toThrow(/cut short|does not open/);
  }
});

test('another sealing key, or one that others can read, stops the start', async () => {
  await writeFile(node(1, 'sealing-key'), `${'ab'.repeat(32)}\n`);
  await expect(reopening()).rejects.toThrow(/journal is damaged at entry 1/);
  await rm(node(1, 'sealing-key'));
  await writeFile(node(1, 'sealing-key'), `${'ab'.repeat(32)}\n`, { mode: 0o644 });
  await expect(reopening()).rejects.toThrow(/0600/);
});

test("another node's share, and another key's, do not open in this place", async () => {
  await keep();
  await withStore(2, (store) => store.keys.prepare({ ...key, keyId: idOf('key', 2) }));
  await copyFile(node(2, `store/keys/${idOf('key', 2)}.sealed`), node(1, KEY_FILE));
  await expect(reopening()).rejects.toThrow(/does not open/);
  await keepAgain();
  await copyFile(node(1, KEY_FILE), node(1, `store/keys/${idOf('key', 3)}.sealed`));
  await expect(reopening()).rejects.toThrow(/does not open/);
});

async function keepAgain(): Promise<void> {
  await rm(folder, { recursive: true });
  await provisionCommittee({ dir: folder, count: 3, threshold: 2 });
  await keep();
}

test('a store that was set back behind the journal stops the start', async () => {
  await withStore(1, (store) => store.keys.prepare(key));
  const older = await readFile(node(1, KEY_FILE));
  await withStore(1, async (store) => {
    await store.keys.prepare({ ...key, sid: '44'.repeat(32) });
    await store.keys.commit(key.keyId);
  });
  const newer = await readFile(node(1, KEY_FILE));
  await writeFile(node(1, KEY_FILE), older);
  await expect(reopening()).rejects.toThrow(/store lacks the committed key/);
  await rm(node(1, KEY_FILE));
  await expect(reopening()).rejects.toThrow(/store lacks the committed key/);
  await writeFile(node(1, KEY_FILE), newer);
  await reopening();
});

test('a journal that was set back behind the store stops the start', async () => {
  const older = await readFile(node(1, 'journal/journal.log'));
  await keep();
  await writeFile(node(1, 'journal/journal.log'), older);
  await expect(reopening()).rejects.toThrow(/journal lacks the committed/);
});

test('a crash between the journal and the file leaves the record committed', async () => {
  await withStore(1, (store) => store.keys.prepare(key));
  const prepared = await readFile(node(1, KEY_FILE));
  await withStore(1, (store) => store.keys.commit(key.keyId));
  await writeFile(node(1, KEY_FILE), prepared);
  await withStore(1, (store) => expect(store.keys.get(key.keyId)?.committed).toBe(true));
});

test('what the journal committed is never replaced, though the file of it could not be written', async () => {
  await withStore(1, async (store) => {
    await store.keys.prepare(key);
    await rename(node(1, 'store/keys'), node(1, 'store/away'));
    await expect(store.keys.commit(key.keyId)).rejects.toThrow(/ENOENT/);
    await rename(node(1, 'store/away'), node(1, 'store/keys'));
    const later = { ...key, sid: '55'.repeat(32) };
    await expect(store.keys.prepare(later)).rejects.toThrow(/never replaced/);
  });
  await withStore(1, (store) => expect(store.keys.get(key.keyId)?.record).toEqual(key));
});

test('a half-written file of a crash is removed, a foreign file stops the start', async () => {
  await keep();
  await writeFile(node(1, `${KEY_FILE}.unfinished-0011`), 'half');
  await reopening();
  expect(await readdir(node(1, 'store/keys'))).toEqual([`${key.keyId}.sealed`]);
  await writeFile(node(1, 'store/keys/notes.txt'), 'foreign');
  await expect(reopening()).rejects.toThrow(/does not belong/);
});

const successor: KeyRecord = { ...key, epoch: 2, sid: '33'.repeat(32), share: utf8('a new share') };
const NEXT_FILE = `store/keys/${key.keyId}.next.sealed`;

const succeed = (): Promise<void> =>
  withStore(1, async ({ keys }) => {
    await keys.prepare(successor);
    await keys.commit(key.keyId);
  });

const working = (): Promise<[string | undefined, string | undefined]> =>
  withStore(1, ({ keys }) => [keys.get(key.keyId)?.record.sid, keys.next(key.keyId)?.sid]);

test('a successor that is not committed changes nothing, and is there after a restart', async () => {
  await keep();
  await withStore(1, ({ keys }) => keys.prepare(successor));
  expect(await working()).toEqual([key.sid, successor.sid]);
  const again = { ...successor, sid: '44'.repeat(32) };
  await withStore(1, ({ keys }) => keys.prepare(again));
  expect(await working()).toEqual([key.sid, again.sid]);
});

test('a successor takes over with its commit, and what it replaced is erased when it is retired', async () => {
  await keep();
  await succeed();
  expect(await working()).toEqual([successor.sid, undefined]);
  expect(await readdir(node(1, 'store/keys'))).toHaveLength(2);
  await withStore(1, ({ keys }) => keys.retire(key.keyId));
  expect(await readdir(node(1, 'store/keys'))).toEqual([`${key.keyId}.sealed`]);
  expect(await working()).toEqual([successor.sid, undefined]);
});

test('only a later epoch of a committed record is its successor, and only after the last is retired', async () => {
  await keep();
  const sid = '55'.repeat(32);
  await withStore(1, async ({ keys }) => {
    for (const epoch of [0, 1]) {
      await expect(keys.prepare({ ...successor, epoch })).rejects.toThrow(/successor/);
    }
  });
  await succeed();
  await withStore(1, async ({ keys }) => {
    await expect(keys.prepare({ ...successor, epoch: 3, sid })).rejects.toThrow(/successor/);
    await keys.retire(key.keyId);
    await keys.prepare({ ...successor, epoch: 3, sid });
  });
  expect(await working()).toEqual([successor.sid, sid]);
});

test('a crash between the two steps of retiring leaves the record that counts', async () => {
  await keep();
  await succeed();
  await copyFile(node(1, NEXT_FILE), node(1, 'kept'));
  await withStore(1, ({ keys }) => keys.retire(key.keyId));
  await copyFile(node(1, 'kept'), node(1, NEXT_FILE));
  expect(await working()).toEqual([successor.sid, undefined]);
});

test.each<[string, () => Promise<void>]>([
  [
    'the successor that took over is missing',
    async () => {
      await succeed();
      await rm(node(1, NEXT_FILE));
    },
  ],
  [
    'an older share is put back after the newer one took its place',
    async () => {
      await copyFile(node(1, KEY_FILE), node(1, 'kept'));
      await succeed();
      await withStore(1, ({ keys }) => keys.retire(key.keyId));
      await copyFile(node(1, 'kept'), node(1, KEY_FILE));
    },
  ],
  [
    'the journal is set back after the newer share took its place',
    async () => {
      await copyFile(node(1, 'journal/journal.log'), node(1, 'kept'));
      await succeed();
      await withStore(1, ({ keys }) => keys.retire(key.keyId));
      await copyFile(node(1, 'kept'), node(1, 'journal/journal.log'));
    },
  ],
  [
    'a successor is renamed to be the first',
    async () => {
      await withStore(1, ({ keys }) => keys.prepare(successor));
      await rename(node(1, NEXT_FILE), node(1, KEY_FILE));
    },
  ],
])('when %s, the node does not start', async (_, damage) => {
  await keep();
  await damage();
  await expect(reopening()).rejects.toThrow(/does not open|set back or damaged/);
});
