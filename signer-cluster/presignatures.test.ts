import { expect, test } from 'vitest';
import { idOf } from '#mandate/fixtures.ts';
import { type Pool, Presignatures } from './presignatures.ts';

const pool: Pool = {
  organization: idOf('organization'),
  epoch: 1,
  keyId: idOf('key'),
  keyEpoch: 1,
  signers: [1, 2],
};
const limits = { target: 8, batch: 4, total: 10, perSecond: 12 };

function filled(...ids: readonly string[]) {
  const presignatures = new Presignatures(limits);
  const made = ids.map((id) => ({
    id,
    secret: new Uint8Array(4).fill(7),
    links: new Map([[2, new Uint8Array(4).fill(8)]]),
  }));
  presignatures.add(pool, made);
  return { presignatures, made };
}

test.each([
  ['an id twice', ['a', 'a']],
  ['one that is not there', ['a', 'x']],
])('%s reserves nothing', (_, ids) => {
  const { presignatures } = filled('a', 'b');
  expect(() => presignatures.reserve(pool, ids)).toThrow(/not fresh/);
  expect(presignatures.fresh(pool)).toEqual(['a', 'b']);
});

test('what was reserved is held and not fresh, and erased when it is burnt', () => {
  const { presignatures, made } = filled('a', 'b');
  const reserved = presignatures.reserve(pool, ['a']);
  expect(presignatures.fresh(pool)).toEqual(['b']);
  expect(presignatures.held(pool)).toEqual(['b', 'a']);
  presignatures.burn(pool, reserved);
  expect(presignatures.held(pool)).toEqual(['b']);
  expect(made[0]?.secret).toEqual(new Uint8Array(4));
  expect(made[0]?.links.get(2)).toEqual(new Uint8Array(4));
  expect(presignatures.figures()).toEqual({ pools: 1, fresh: 1, reserved: 0, made: 2, burnt: 1 });
});

test.each<[string, Partial<Pool>]>([
  ['key', { keyId: idOf('key', 2) }],
  ['epoch of the key', { keyEpoch: 2 }],
  ['epoch of the pairs', { epoch: 2 }],
  ['set', { signers: [1, 3] }],
])('another %s has another pool', (_, change) => {
  const { presignatures } = filled('a');
  expect(() => presignatures.reserve({ ...pool, ...change }, ['a'])).toThrow(/not fresh/);
});

test('a void pool is erased, and what another node lacks', () => {
  const { presignatures, made } = filled('a', 'b');
  presignatures.keepOnly(pool, (id) => id === 'a');
  expect(presignatures.fresh(pool)).toEqual(['a']);
  presignatures.burnPools(({ keyId }) => keyId === pool.keyId);
  expect(presignatures.fresh(pool)).toEqual([]);
  for (const { secret } of made) expect(secret).toEqual(new Uint8Array(4));
});
