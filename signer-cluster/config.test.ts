import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { automaticThreads, nodeFileText, readConfig } from './config.ts';

const EXAMPLES = 'examples/two-operators';

test('the example of two operators is a node that listens and one that dials', async () => {
  const near = await readConfig(`${EXAMPLES}/near/node.json`);
  expect(near).toMatchObject({ listen: { host: '10.0.0.11', port: 7001 }, dial: [] });
  const far = await readConfig(`${EXAMPLES}/far/node.json`);
  expect(far.dial).toEqual([{ host: 'signing.example.com', port: 7443 }]);
  expect(far.listen).toBeUndefined();
  expect(far.committee.hash).toEqual(near.committee.hash);
});

test('a node.json that is written reads the same', async () => {
  for (const name of ['near', 'far']) {
    const { party, committee, listen, dial, limits } = await readConfig(
      `${EXAMPLES}/${name}/node.json`,
    );
    const place = listen === undefined ? {} : { listen: { host: '::1', port: 7001 } };
    const path = join(temporaryFolder(), 'node.json');
    await writeFile(path, nodeFileText({ party, committee, ...place, dial, limits }));
    expect(await readConfig(path)).toMatchObject({ party, committee, ...place, dial, limits });
  }
});

test.each([
  ['neither listen nor dial', { dial: [] }, /either listen or dial/],
  ['a listen without a port', { listen: '10.0.0.1' }, /listen must be host:port/],
  ['a dial that is no list', { dial: 'worker:7443' }, /dial must be a list/],
  ['a dial to no port', { dial: ['worker:99999'] }, /dial must be host:port/],
  ['a foreign field', { listne: '10.0.0.1:1' }, /unknown field listne/],
  ['a limit of nothing', { dial: ['worker:7443'], limits: { sessions: 0 } }, /above 0/],
  [
    'a pool whose ids fit into no message',
    { dial: ['worker:7443'], limits: { presignatures: { target: 2_001 } } },
    /target must be at most 2000/,
  ],
  [
    'a batch that no peer would make',
    { dial: ['worker:7443'], limits: { presignatures: { batch: 256 } } },
    /batch must be below presignatures.perSecond/,
  ],
  ['half a thread', { dial: ['worker:7443'], threads: 0.5 }, /threads must be a whole number/],
  [
    'fewer threads than none',
    { dial: ['worker:7443'], threads: -1 },
    /threads must be a whole number/,
  ],
  ['more threads than a machine has', { dial: ['worker:7443'], threads: 65 }, /from 0 to 64/],
  ['threads in words', { dial: ['worker:7443'], threads: '2' }, /threads must be a whole number/],
])('%s is refused with its name', async (_, change, message) => {
  const { dial: _dial, ...file } = JSON.parse(
    await readFile(`${EXAMPLES}/far/node.json`, 'utf8'),
  ) as Record<string, unknown>;
  const folder = join(temporaryFolder(), 'node');
  await mkdir(folder);
  await writeFile(join(folder, 'node.json'), JSON.stringify({ ...file, ...change }));
  await expect(readConfig(join(folder, 'node.json'))).rejects.toThrow(message);
});

test.each<[unknown, RegExp]>([
  [undefined, /either sealingKeyFile or sealing must say/],
  [{ from: 'vault' }, /sealing.from must be one of/],
  ['environment', /sealing.from must be one of/],
  [{ from: 'environment', variable: 'X' }, /unknown field sealing.variable/],
  [{ from: 'passphrase-file', wrapped: 'w' }, /sealing.path must be a text/],
  [{ from: 'passphrase-file', path: 'p' }, /sealing.wrapped must be a text/],
  [{ from: 'kms', wrapped: 'w', command: 'unwrap' }, /sealing.command must be a list/],
  [{ from: 'kms', wrapped: 'w', command: [] }, /sealing.command must be a list/],
  [{ from: 'kms', wrapped: 'w', command: ['unwrap', 1] }, /sealing.command must be a list/],
])('the source %j of the sealing key is refused', async (sealing, message) => {
  const { sealingKeyFile, ...file } = JSON.parse(
    await readFile(`${EXAMPLES}/far/node.json`, 'utf8'),
  ) as Record<string, unknown>;
  const path = join(temporaryFolder(), 'node.json');
  await writeFile(path, JSON.stringify({ ...file, sealing }));
  await expect(readConfig(path)).rejects.toThrow(message);
  const both = { ...file, sealingKeyFile, sealing: { from: 'environment' } };
  await writeFile(path, JSON.stringify(both));
  await expect(readConfig(path)).rejects.toThrow(/either sealingKeyFile or sealing/);
});

test.each([
  [1, 0],
  [2, 0],
  [3, 2],
  [16, 2],
])('a machine with %i cores has %i threads, where node.json does not say', (cores, threads) => {
  expect(automaticThreads(cores)).toBe(threads);
});
