/** graphql-js is the oracle of the compiler: the same operations give the same answers. */
import fc from 'fast-check';
import { execute, type ExecutionResult, parse } from 'graphql';
import { expect, test } from 'vitest';
import { isPlatformError } from '#core/errors.ts';
import { schema } from '#testing/toy-schema.ts';
import { createExecutor } from './executor.ts';
import { RecentlyUsed } from './recently-used.ts';

/** The answer as it is sent, and what an error still knows of its cause. */
const shown = ({ data, errors }: ExecutionResult) => ({
  data,
  errors: errors?.map((error) => ({
    ...error.toJSON(),
    extensions: error.extensions,
    cause: isPlatformError(error.originalError) ? error.originalError.code : undefined,
  })),
});

const PAY = 'query ($input: PayInput!) { pay(input: $input) }';

const operations: [string, Record<string, unknown>][] = [
  ['{ hello }', {}],
  ['{ self { self { hello } } hello }', {}],
  ['query ($if: Boolean!) { hello @skip(if: $if) self @include(if: $if) { hello } }', { if: true }],
  ['query ($if: Boolean!) { hello @skip(if: $if) }', { if: 'yes' }],
  ['{ ...f self { ...f } } fragment f on Query { hello again: hello }', {}],
  ['{ __typename self { __typename } }', {}],
  ['{ refused }', {}],
  ['{\n  hello\r\n  self {\n    refused\n  }\n}', {}],
  ['{ crashed hello }', {}],
  ['{ missing }', {}],
  ['{ self { missing } hello }', {}],
  ['mutation { change }', {}],
  [PAY, { input: { amount: '41' } }],
  [PAY, { input: { amount: '-1' } }],
  [PAY, { input: { amount: 1 } }],
  [PAY, { input: { amount: '1', foreign: true } }],
  [PAY, { input: null }],
  [PAY, {}],
  ['query ($n: String = "x") { pay(input: { amount: "1", note: $n }) }', {}],
  ['query ($v: JSON) { json(value: $v) }', { v: { a: [1, { b: null }] } }],
  ['query ($v: JSON) { json(value: { a: $v }) }', { v: [true] }],
  ['query ($v: JSON) { json(value: [{ a: [$v, 1] }]) }', { v: 'deep' }],
  ['query ($a: BaseUnits!) { pay(input: { amount: $a }) }', { a: '7' }],
  ['query ($v: JSON) { json(value: $v) }', {}],
];

test.each(operations)(
  '%s with %j is answered alike, interpreted and compiled',
  async (source, variables) => {
    const document = parse(source);
    const run = createExecutor(schema);
    const expected = shown(await execute({ schema, document, variableValues: variables }));
    for (let time = 1; time <= 3; time++) {
      const answer = await run({ document, source, variables, context: {} });
      expect(shown(answer)).toEqual(expected);
    }
  },
);

test('a document with two operations runs the one that is named', async () => {
  const source = 'query a { hello } query b { self { hello } }';
  const document = parse(source);
  const run = createExecutor(schema);
  for (let time = 1; time <= 3; time++) {
    const first = await run({ document, source, operationName: 'a', context: {} });
    const second = await run({ document, source, operationName: 'b', context: {} });
    expect([first.data, second.data]).toEqual([{ hello: 'world' }, { self: { hello: 'world' } }]);
    const none = await run({ document, source, operationName: 'c', context: {} });
    expect(none.errors?.[0]?.message).toMatch(/Unknown operation/);
  }
});

/**
 * Selections of the toy schema, nested up to four levels. None breaks a promise of the schema: then
 * graphql-js stops at once, and the compiler also reports the other fields.
 */
const selections = fc.letrec<{ set: string; field: string }>((tie) => ({
  set: fc
    .array(tie('field'), { minLength: 1, maxLength: 4 })
    .map((fields) => `{ ${[...new Set(fields)].join(' ')} }`),
  field: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom('hello', 'refused', 'crashed', '__typename'),
    fc.constantFrom('a: hello', 'b: refused', 'json(value: {a: [1, "x", null]})'),
    tie('set').map((set) => `self ${set}`),
  ),
})).set;

test('random selections are answered alike', async () => {
  await fc.assert(
    fc.asyncProperty(selections, async (source) => {
      const document = parse(source);
      const run = createExecutor(schema);
      const expected = shown(await execute({ schema, document }));
      await run({ document, source, context: {} });
      expect(shown(await run({ document, source, context: {} }))).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('the cache forgets what was not asked for the longest', () => {
  const cache = new RecentlyUsed<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
});
