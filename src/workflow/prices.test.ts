import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parseAssetId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { parsePriceBook } from '#policy-lang/price-book.ts';
import { openPrices } from './prices.ts';

const USDC = parseAssetId('USDC@local-evm');
const NOW = instant(Date.UTC(2026, 6, 1));
const GOOD = { maxAgeSeconds: 60, quotes: { [USDC]: { USD: '1.0005', EUR: '0.9' } } };
let now = NOW;
const clock = { now: () => now, sleep: async () => undefined };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(inject('testFolder'), 'countersign-prices-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

test('a file is read each time, and its time of reading is the time of its prices', async () => {
  const source = path.join(folder, 'prices.json');
  const prices = openPrices({ source, clock });
  await writeFile(source, JSON.stringify(GOOD));
  const [usd] = await prices.quotes(USDC);
  expect(usd).toEqual({
    price: { currency: 'USD', scaled: 10_005n, scale: 4 },
    asOf: NOW,
    maxAgeMs: 60_000,
    source: 'the price file',
  });
  await writeFile(source, JSON.stringify({ ...GOOD, quotes: {} }));
  expect(await prices.quotes(USDC)).toEqual([]);
});

test('a stated time stands, however late it is read', async () => {
  const book = parsePriceBook(JSON.stringify({ ...GOOD, asOf: '2026-06-01T00:00:00Z' }), NOW, 'x');
  expect(book.get(USDC)?.[0]?.asOf).toBe(Date.UTC(2026, 5, 1));
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['a number for a price', JSON.stringify({ ...GOOD, quotes: { [USDC]: { USD: 1 } } })],
  ['an exponent', JSON.stringify({ ...GOOD, quotes: { [USDC]: { USD: '1e3' } } })],
  ['a sign', JSON.stringify({ ...GOOD, quotes: { [USDC]: { USD: '-1' } } })],
  ['zero', JSON.stringify({ ...GOOD, quotes: { [USDC]: { USD: '0.00' } } })],
  ['a lower-case currency', JSON.stringify({ ...GOOD, quotes: { [USDC]: { usd: '1' } } })],
  ['no asset id', JSON.stringify({ ...GOOD, quotes: { USDC: { USD: '1' } } })],
  ['no age', JSON.stringify({ quotes: GOOD.quotes })],
  ['an endless age', JSON.stringify({ ...GOOD, maxAgeSeconds: 1e9 })],
  ['a fraction of a second', JSON.stringify({ ...GOOD, maxAgeSeconds: 0.5 })],
  ['a time without a zone', JSON.stringify({ ...GOOD, asOf: '2026-06-01T00:00:00' })],
  ['no quotes', JSON.stringify({ maxAgeSeconds: 60 })],
])('%s makes every price unavailable', (_, text) => {
  expect(() => parsePriceBook(text, NOW, 'x')).toThrow(
    expect.objectContaining({ code: 'PRICE_UNAVAILABLE' }) as Error,
  );
});

test('a file that is not there makes the price unavailable', async () => {
  const prices = openPrices({ source: path.join(folder, 'absent.json'), clock });
  await expect(prices.quotes(USDC)).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
});

test('a URL is asked again after a while, and a fault of it makes the price unavailable', async () => {
  let asked = 0;
  let status = 200;
  const server = createServer((_, response) => {
    asked += 1;
    response.statusCode = status;
    response.end(JSON.stringify(GOOD));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices`;
  const prices = openPrices({ source, clock });
  try {
    await prices.quotes(USDC);
    await prices.quotes(USDC);
    expect(asked).toBe(1);
    now = instant(now + 5_000);
    await prices.quotes(USDC);
    expect(asked).toBe(2);
    now = instant(now + 5_000);
    status = 503;
    await expect(prices.quotes(USDC)).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  await expect(prices.quotes(USDC)).rejects.toMatchObject({ code: 'PRICE_UNAVAILABLE' });
});
