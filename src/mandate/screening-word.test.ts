import { ed25519 } from '@noble/curves/ed25519.js';
import { expect, test } from 'vitest';
import { base64url, utf8 } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { HOUR_MS, formatInstant, instant } from '#core/time.ts';
import { NOW } from './fixtures.ts';
import { readScreening, SCREENING_DOMAIN } from './screening-word.ts';

const SECRET = new Uint8Array(32).fill(7);
const PROVIDERS = [ed25519.getPublicKey(new Uint8Array(32).fill(8)), ed25519.getPublicKey(SECRET)];
const PAYMENT = { network: 'ethereum', asset: 'USDC@ethereum', units: '5', from: 'a', to: 'b' };

function read(change: Readonly<Record<string, Canonical>>, result: Canonical = {}) {
  const statement = canonicalText({
    domain: SCREENING_DOMAIN,
    ...PAYMENT,
    result,
    created: formatInstant(NOW),
    expires: formatInstant(instant(NOW + HOUR_MS)),
    ...change,
  });
  const signature = base64url(ed25519.sign(utf8(statement), SECRET));
  return readScreening({ statement, signature }, PAYMENT, PROVIDERS, NOW);
}

test('every fact that a provider may state reaches the policy', () => {
  const texts = { directExposure: ['darknet'], categories: [], addressCategories: ['exchange'] };
  const result = { alertLevel: 'MEDIUM', riskScore: '72.50', travelRule: 'sent', ...texts };
  expect(read({}, result)).toEqual({ ...result, riskScore: { scaled: 7250n, scale: 2 } });
  expect(read({}, {})).toEqual({});
});

test.each<[string, Canonical]>([
  ['no object', []],
  ['an unknown field', { level: 'LOW' }],
  ['a failure in the place of a finding', { failure: 'provider-failure' }],
  ['an unknown level', { alertLevel: 'low' }],
  ['a score that is a number', { riskScore: 72 }],
  ['a score with an exponent', { riskScore: '1e3' }],
  ['a text in the place of a list', { categories: 'darknet' }],
  ['a list of numbers', { directExposure: [1] }],
  ['a travel rule that is no text', { travelRule: true }],
])('%s is no screening', (_, result) => {
  expect(() => read({}, result)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});

test.each<[string, Readonly<Record<string, Canonical>>]>([
  ['of another purpose', { domain: 'countersign/screening/v2' }],
  ['with another field', { reference: '1' }],
  ['that ends before it begins', { created: formatInstant(instant(NOW + 3 * HOUR_MS)) }],
  ['whose time has another spelling', { created: '2026-07-01T09:30:00Z' }],
  ['of another sender', { from: 'c' }],
])('a word %s is refused', (_, change) => {
  expect(() => read(change)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});
