/** Pages of rows and lists as Relay connections of their views. */
import { base64url, parseBase64url, utf8 } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type { Page, PageRequest } from '#persistence/page.ts';
import { type Connection, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '#schema/node.ts';

export function connectionView<Row, View>(
  page: Page<Row>,
  view: (row: Row) => View,
): Connection<View> {
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: view(node) }));
  const [first, last] = [edges.at(0), edges.at(-1)];
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      ...(first === undefined ? {} : { startCursor: first.cursor }),
      ...(last === undefined ? {} : { endCursor: last.cursor }),
    },
  };
}

const keyOf = (cursor: string, field: string): string =>
  new TextDecoder().decode(parseBase64url(cursor, field));

/**
 * A page of a list that is in memory; `keys` are sorted and each stands there once.
 * @throws INVALID_INPUT as the pages of stored rows do
 */
export function pageOfKeys<Key extends string>(
  keys: readonly Key[],
  request: PageRequest,
): Page<Key> {
  const { first, last, after, before } = request;
  const isBackward = typeof last === 'number';
  if (isBackward && typeof first === 'number') {
    throw invalidInput('last', 'given together with first', 'Send one of the two.');
  }
  const size = first ?? last ?? PAGE_SIZE_DEFAULT;
  if (size < 0 || size > PAGE_SIZE_MAX) {
    const hint = `Ask for 0 to ${PAGE_SIZE_MAX} entries.`;
    throw invalidInput(isBackward ? 'last' : 'first', 'not the size of a page', hint);
  }
  const low = typeof after === 'string' ? keyOf(after, 'after') : '';
  const high = typeof before === 'string' ? keyOf(before, 'before') : '\uffff';
  const within = keys.filter((key) => key > low && key < high);
  const start = isBackward ? Math.max(0, within.length - size) : 0;
  const kept = within.slice(start, start + size);
  return {
    edges: kept.map((key) => ({ cursor: base64url(utf8(key)), node: key })),
    hasPreviousPage: start > 0 || typeof after === 'string',
    hasNextPage: start + kept.length < within.length || typeof before === 'string',
  };
}
