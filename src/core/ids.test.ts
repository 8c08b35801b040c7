import { expect, test } from 'vitest';
import { isId, newId, parseId } from './ids.ts';

const entropy = Uint8Array.from({ length: 10 }, (_, i) => 0xff - i);

test('an id is a UUIDv7 with its prefix, and sorts by time', () => {
  const early = newId('wallet', 1_700_000_000_000, entropy);
  const late = newId('wallet', 1_700_000_000_001, entropy);
  expect(early).toMatch(/^wal_018bcfe5-6800-7/);
  expect(isId('wallet', early)).toBe(true);
  expect(early < late).toBe(true);
});

test('an id of another kind, or none, is refused', () => {
  const wallet = newId('wallet', 1_700_000_000_000, entropy);
  for (const bad of [wallet, '', 'trf_', `${wallet} `, null, 7]) {
    expect(() => parseId('transfer', bad)).toThrow(/not the id of a transfer/);
  }
  expect(parseId('wallet', wallet)).toBe(wallet);
});
