import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzz } from '#testing/policy-fixtures.ts';
import { repeatedKey } from './repeated-key.ts';

test.each([
  ['{"a":1,"a":2}', 'a', 7],
  ['{"a":{"b":1},"c":[{"b":1,"x":0,"b":2}]}', 'b', 31],
  ['{"a":"a","\\u0061":1}', 'a', 9],
  ['{"a":"{\\"a\\":1,","a":1}', 'a', 17],
  ['{"__proto__":1,"__proto__":2}', '__proto__', 15],
])('%s names a key twice', (text, key, offset) => {
  expect(repeatedKey(text)).toMatchObject({ key, offset });
});

test.each(['{}', '[]', '1', '"a"', '[{"a":1},{"a":1}]', '{"a":["a","a"],"b":"a"}'])(
  '%s does not',
  (text) => {
    expect(repeatedKey(text)).toBeUndefined();
  },
);

test('what JSON.stringify writes never does', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const written = JSON.stringify(JSON.parse(text));
      expect(repeatedKey(written)).toBeUndefined();
    }),
    fuzz(100),
  );
});
