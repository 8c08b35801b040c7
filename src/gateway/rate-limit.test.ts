import fc from 'fast-check';
import { expect, test } from 'vitest';
import { callerOf, createRateLimit } from './rate-limit.ts';

test('a caller may do so many at once, and then as many as the time brings', () => {
  let now = 0;
  const limit = createRateLimit({ burst: 3, perSecond: 2 }, () => now);
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 500]);
  now = 400;
  expect(limit.take('a')).toBe(100);
  now = 500;
  expect([1, 2].map(() => limit.take('a'))).toEqual([0, 500]);
  now = 1_000_000;
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 500]);
});

test('what one caller did does not count for another one', () => {
  const limit = createRateLimit({ burst: 1, perSecond: 1 }, () => 0);
  expect(['a', 'a', 'b', 'b'].map((caller) => limit.take(caller))).toEqual([0, 1000, 0, 1000]);
});

test('whenever they come, no more pass than the burst and what the time brings', () => {
  const pauses = fc.array(fc.nat(400), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), pauses, (burst, waits) => {
      let now = 0;
      const limit = createRateLimit({ burst, perSecond: 10 }, () => now);
      let passed = 0;
      for (const wait of waits) {
        now += wait;
        if (limit.take('a') === 0) passed += 1;
      }
      // A rounding of the sum of many shares of a token may bring the last one a moment earlier.
      expect(passed).toBeLessThanOrEqual(burst + (now * 10) / 1000 + 1e-6);
    }),
  );
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['::1', '0:0:0:0'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['2001:db8::5:6', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
])('%s counts as %s', (address, caller) => {
  expect(callerOf(address)).toBe(caller);
});
