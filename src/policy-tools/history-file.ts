/**
 * A history of requests from a file: JSON lines (`*.jsonl`, each a request as `request-file.ts` reads
 * it, with `id` and `state`) or CSV (`*.csv`, RFC 4180, one row a line). The oldest comes first.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { invalidInput } from '#core/errors.ts';
import { type AssetId, parseAssetId, parseDecimal, parsePrice } from '#core/money.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import { addressKey } from '#policy-lang/values/address.ts';
import type { HistoryRequest } from '#policy-lang/history/backtest.ts';
import { MAX_DURATION_MS } from '#policy-lang/values/durations.ts';
import { splitRow } from '#policy-lang/imports/list-file.ts';
import { ACTIVITIES, type Quote, type RequestFacts } from '#policy-lang/snapshot.ts';
import type { World } from '#policy-lang/world.ts';
import { Fields, parseJson } from './json-fields.ts';
import { readPrices, readRequestFacts } from './request-file.ts';

const HINT = 'docs/policy/cli.md shows what a history looks like.';
const LINE_LENGTH_MAX = 64 * 1024;

/** Some requests, and the part of the file, from 0 to 1, that is read with them. */
export type HistoryBatch = {
  readonly requests: readonly HistoryRequest[];
  readonly done: number;
};

/** @throws INVALID_INPUT with the number of the line at fault */
export async function* readHistory(path: string, world: World): AsyncGenerator<HistoryBatch> {
  const { size } = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code})`;
    throw invalidInput(path, reason, HINT);
  });
  const reader = new HistoryReader(path, world);
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 });
  let rest = '';
  let read = 0;
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LENGTH_MAX) throw reader.wrong('longer than any request');
    read += Buffer.byteLength(chunk);
    yield { requests: lines.flatMap((line) => reader.read(line) ?? []), done: read / size };
  }
  yield { requests: [reader.read(rest) ?? []].flat(), done: 1 };
}

class HistoryReader {
  readonly #path: string;
  readonly #world: World;
  readonly #isCsv: boolean;
  #columns: readonly string[] | undefined;
  #line = 0;
  #last = 0;

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
    this.#isCsv = path.endsWith('.csv');
  }

  wrong(reason: string) {
    return invalidInput(`${this.#path}:${this.#line}`, reason, HINT);
  }

  /** Undefined for an empty line and for the header of a CSV file. */
  read(written: string): HistoryRequest | undefined {
    const line = written.replace(/\r$/, '');
    this.#line += 1;
    if (line.trim() === '') return undefined;
    const request = this.#isCsv ? this.#readRow(line) : this.#readObject(line);
    if (request === undefined) return undefined;
    if (request.at < this.#last) throw this.wrong('older than the line before; sort by time');
    this.#last = request.at;
    return request;
  }

  #readObject(line: string): HistoryRequest {
    const place = `${this.#path}:${this.#line}`;
    const fields = new Fields(parseJson(line, HINT, place), place, HINT);
    fields.requireOnly(['id', 'at', 'activity', 'request', 'prices', 'state']);
    const at = parseInstant(fields.text('at'), `${place}.at`);
    const isReleased =
      fields.has('state') && fields.choice('state', ['done', 'released']) === 'released';
    return {
      ...(fields.has('id') && { id: fields.text('id') }),
      at,
      activity: fields.has('activity') ? fields.choice('activity', ACTIVITIES) : 'transfer',
      request: readRequestFacts(fields.object('request'), this.#world),
      prices: readPrices(fields.object('prices'), at),
      ...(isReleased && { isReleased }),
    };
  }

  #readRow(line: string): HistoryRequest | undefined {
    const row = splitRow(line);
    if (typeof row === 'number') throw this.wrong(`a misplaced quote in column ${row + 1}`);
    const texts = row.map(({ text }) => text);
    if (this.#columns === undefined) {
      this.#columns = texts;
      const unknown = texts.find((name) => !COLUMNS.includes(name));
      if (unknown !== undefined) {
        throw this.wrong(`there is no column "${unknown}"; known are ${COLUMNS.join(', ')}`);
      }
      const twice = texts.find((name, index) => texts.indexOf(name) < index);
      if (twice !== undefined) throw this.wrong(`the column "${twice}" stands there twice`);
      if (!texts.includes('at')) throw this.wrong('there is no column "at"');
      return undefined;
    }
    if (texts.length !== this.#columns.length) throw this.wrong('another number of columns');
    const cells = new Map(this.#columns.map((name, index) => [name, texts[index] ?? '']));
    return this.#readCells((name) => cells.get(name) || undefined);
  }

  /** An empty cell is an absent fact. */
  #readCells(cell: (name: string) => string | undefined): HistoryRequest {
    const place = `${this.#path}:${this.#line}`;
    const at = parseInstant(cell('at') ?? '', `${place}.at`);
    const asset = optionalOf(cell('asset'), (text) => parseAssetId(text, `${place}.asset`));
    const id = cell('id');
    const activity = cell('activity') ?? 'transfer';
    const known = ACTIVITIES.find((name) => name === activity);
    if (known === undefined) throw this.wrong(`there is no activity ${activity}`);
    const state = cell('state') ?? 'done';
    if (state !== 'done' && state !== 'released') throw this.wrong(`there is no state ${state}`);
    return {
      ...(id !== undefined && { id }),
      at,
      activity: known,
      request: this.#requestOf(cell, asset),
      prices: pricesOf(cell, asset, at),
      ...(state === 'released' && { isReleased: true }),
    };
  }

  #requestOf(cell: (name: string) => string | undefined, asset: AssetId | undefined): RequestFacts {
    const [wallet, initiator] = [cell('wallet'), cell('initiator')];
    const [amount, decimals] = [cell('amount'), asset && this.#world.assets.get(asset)?.decimals];
    if (amount !== undefined && decimals === undefined)
      throw this.wrong('an asset that is not known');
    const addresses = ['recipient', 'sender'].map((name) => [name, cell(name)] as const);
    const wrong = addresses.find(
      ([, text]) => text !== undefined && addressKey(text) === undefined,
    );
    if (wrong !== undefined) throw this.wrong(`the ${wrong[0]} is not an address`);
    return {
      ...(wallet !== undefined && { wallet: { id: wallet, ...wordsIn(cell, 'tags') } }),
      ...(initiator !== undefined && {
        initiator: { id: initiator, ...wordsIn(cell, 'roles') },
      }),
      ...(asset !== undefined && { asset }),
      ...(amount !== undefined && { units: parseDecimal(amount, decimals ?? 0) }),
      ...Object.fromEntries(addresses.filter(([, text]) => text !== undefined)),
    };
  }
}

const COLUMNS = [
  'id',
  'at',
  'activity',
  'state',
  'wallet',
  'tags',
  'initiator',
  'roles',
  'asset',
  'amount',
  'recipient',
  'sender',
  'price',
  'currency',
];

/** Words of one cell are separated by semicolons; a semicolon alone says that there are none. */
function wordsIn<K extends string>(
  cell: (name: string) => string | undefined,
  name: K,
): { readonly [key in K]?: readonly string[] } {
  const words = cell(name)
    ?.split(';')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  return words === undefined ? {} : ({ [name]: words } as { readonly [key in K]: string[] });
}

const optionalOf = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined ? undefined : read(text);

function pricesOf(
  cell: (name: string) => string | undefined,
  asset: AssetId | undefined,
  asOf: Instant,
): ReadonlyMap<AssetId, readonly Quote[]> {
  const price = cell('price');
  if (asset === undefined || price === undefined) return new Map();
  const parsed = parsePrice(price, cell('currency') ?? 'USD');
  return new Map([[asset, [{ price: parsed, asOf, maxAgeMs: MAX_DURATION_MS, source: 'file' }]]]);
}
