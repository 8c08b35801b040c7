import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VENDOR, WORLD } from '#testing/policy-fixtures.ts';
import { temporaryFolder } from '#testing/temporary-folder.ts';
import { readHistory } from './history-file.ts';

async function read(name: string, text: string) {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  const batches = await Array.fromAsync(readHistory(path, WORLD));
  expect(batches.at(-1)?.done).toBe(1);
  return batches.flatMap(({ requests }) => requests);
}

const LINE = {
  id: 'trf-1',
  at: '2026-07-02T10:00:00Z',
  request: {
    wallet: { id: 'wa-1', tags: ['a', 'b'] },
    initiator: { id: 'alice', roles: [] },
    asset: 'USDC@ethereum',
    amount: '1,000.5',
    recipient: VENDOR,
  },
  prices: { 'USDC@ethereum': { USD: '1.0005' } },
  state: 'released',
};
const CSV = `id,at,state,wallet,tags,initiator,roles,asset,amount,recipient,price
trf-1,2026-07-02T10:00:00Z,released,wa-1,a; b,alice,;,USDC@ethereum,"1,000.5",${VENDOR},1.0005
`;

test('JSON lines and CSV say the same', async () => {
  const [fromJson] = await read('history.jsonl', `${JSON.stringify(LINE)}\n\n`);
  const [fromCsv] = await read('history.csv', CSV);
  expect(fromCsv).toEqual(fromJson);
  expect(fromJson).toMatchObject({
    id: 'trf-1',
    activity: 'transfer',
    isReleased: true,
    request: { units: 1_000_500_000n, wallet: { tags: ['a', 'b'] } },
  });
});

test('an empty cell is an absent fact', async () => {
  const [request] = await read('history.csv', 'at,wallet,asset\r\n2026-07-02T10:00:00Z,,\r\n');
  expect(request).toEqual({
    at: Date.UTC(2026, 6, 2, 10),
    activity: 'transfer',
    request: {},
    prices: new Map(),
  });
});

test.each(['at,wallet,initiator', 'at,wallet,initiator,tags,roles'])(
  'tags and roles that %s does not say are not known, rather than none',
  async (header) => {
    const rest = header.endsWith('roles') ? ',,' : '';
    const row = `2026-07-02T10:00:00Z,wa-1,alice${rest}`;
    const [request] = await read('history.csv', `${header}\n${row}\n`);
    expect(request?.request).toEqual({ wallet: { id: 'wa-1' }, initiator: { id: 'alice' } });
  },
);

const json = (fields: object) => JSON.stringify({ ...LINE, ...fields });
const row = (header: string, cells: string) => `${header}\n${cells}\n`;

test.each([
  ['a.jsonl', `${json({})}\n{`, /:2: not JSON/],
  ['a.jsonl', `${json({})}\n${json({ at: '2026-07-01T10:00:00Z' })}`, /:2: older than the line/],
  ['a.jsonl', json({ stat: 'done' }), /stat: not a known field/],
  ['a.jsonl', json({ state: 'lost' }), /not one of done, released/],
  ['a.jsonl', json({ at: 'yesterday' }), /:1\.at: not a time/],
  ['a.csv', row('at,colour', 'x,y'), /no column "colour"; known are id, at/],
  ['a.csv', row('at,wallet,wallet', 'x,a,b'), /column "wallet" stands there twice/],
  ['a.csv', row('wallet', 'x'), /no column "at"/],
  ['a.csv', row('at,wallet', '2026-07-02T10:00:00Z'), /:2: another number of columns/],
  ['a.csv', row('at,wallet', '2026-07-02T10:00:00Z,a"b'), /misplaced quote/],
  ['a.csv', row('at,amount', '2026-07-02T10:00:00Z,5'), /asset that is not known/],
  ['a.csv', row('at,recipient', '2026-07-02T10:00:00Z,0x5'), /recipient is not an address/],
  ['a.csv', row('at,activity', '2026-07-02T10:00:00Z,dance'), /no activity dance/],
  ['a.csv', row('at,state', '2026-07-02T10:00:00Z,lost'), /no state lost/],
  ['a.jsonl', `{"a":"${'x'.repeat(70_000)}`, /longer than any request|not JSON/],
])('%s with %j is refused with its line', async (name, text, message) => {
  await expect(read(name, text)).rejects.toThrow(message);
});

test('a file that is not there is refused', async () => {
  await expect(Array.fromAsync(readHistory('no-such.csv', WORLD))).rejects.toThrow(/no such file/);
});
