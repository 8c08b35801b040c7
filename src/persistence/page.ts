/**
 * Pages of a list, newest first, that stay put when rows are added (Relay's cursor connections).
 */
import type { EntityName, FilterQuery } from '@mikro-orm/core';
import { base64url, parseBase64url, utf8 } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type { Tx } from './database.ts';

export const PAGE_SIZE_MAX = 100;
const PAGE_SIZE_DEFAULT = 20;

export type PageRequest = {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
};

export type Page<Row> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
};

const cursorOf = (key: string | number): string => base64url(utf8(String(key)));

/** What a key of a page is: the id of a row, or its number. */
const KEY = /^(?:[a-z]{3}_[0-9a-f-]{36}|[1-9]\d{0,14})$/;

/** @throws INVALID_INPUT */
function keyOf(cursor: string, field: string, isNumber: boolean): string {
  const key = new TextDecoder().decode(parseBase64url(cursor, field));
  if (KEY.test(key) && /^\d/.test(key) === isNumber) return key;
  throw invalidInput(field, 'not a cursor of this list', 'Send a cursor that a page of it had.');
}

/** @throws INVALID_INPUT */
function sizeOf(size: number, field: string): number {
  if (Number.isInteger(size) && size >= 0 && size <= PAGE_SIZE_MAX) return size;
  const hint = `Ask for 0 to ${PAGE_SIZE_MAX} entries.`;
  throw invalidInput(field, 'not the size of a page', hint);
}

/**
 * The rows that match `where`, by `key` in falling order; `after` continues towards older rows,
 * `before` towards newer ones.
 * @throws INVALID_INPUT for a size above 100, a foreign cursor, or `first` together with `last`
 */
export async function findPage<Row extends object>(
  tx: Tx,
  entity: EntityName<Row>,
  where: FilterQuery<Row>,
  key: keyof Row & string,
  request: PageRequest,
): Promise<Page<Row>> {
  const isBackward = typeof request.last === 'number';
  if (isBackward && typeof request.first === 'number') {
    throw invalidInput('last', 'given together with first', 'Send one of the two.');
  }
  const size = isBackward
    ? sizeOf(request.last ?? 0, 'last')
    : sizeOf(request.first ?? PAGE_SIZE_DEFAULT, 'first');
  const { after, before } = request;
  const isNumber = key !== 'id';
  const bounds = [
    ...(typeof after === 'string' ? [{ [key]: { $lt: keyOf(after, 'after', isNumber) } }] : []),
    ...(typeof before === 'string' ? [{ [key]: { $gt: keyOf(before, 'before', isNumber) } }] : []),
  ];
  const rows = await tx.find(entity, { $and: [where, ...bounds] } as never, {
    orderBy: { [key]: isBackward ? 'asc' : 'desc' } as never,
    limit: size + 1,
  });
  const hasMore = rows.length > size;
  const kept = rows.slice(0, size) as Row[];
  if (isBackward) kept.reverse();
  return {
    edges: kept.map((node) => ({ cursor: cursorOf(node[key] as string | number), node })),
    hasNextPage: isBackward ? typeof before === 'string' : hasMore,
    hasPreviousPage: isBackward ? hasMore : typeof after === 'string',
  };
}
