import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64url, hex } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { isPlatformError } from '#core/errors.ts';
import { MAX_UNITS } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { approvalStatement, parseApproval } from './approval.ts';
import {
  LOGIN_DOMAIN,
  REGISTRATION_DOMAIN,
  answerCeremony,
  ceremonyStatement,
} from './ceremony.ts';
import { changeStatement, changeWithInput, parseChange } from './change.ts';
import { NOW, PAYMENT, idOf } from './fixtures.ts';
import {
  ALLOWANCE_DOMAIN,
  allowanceIntent,
  INTENT_DOMAIN,
  PERMIT_DOMAIN,
  permitIntent,
  type TransferIntent,
  parseIntent,
  parseIntentOf,
  transferIntent,
  unitsOf,
} from './intent.ts';
import { challengeOf, optionsFor, requireOwnFields, requireSameStatement } from './statement.ts';

const later = instant(NOW + 60_000);
const intent = transferIntent(PAYMENT);
const text = canonicalText(intent);

const APPROVAL = approvalStatement({
  organization: idOf('organization'),
  approval: idOf('approval'),
  decision: 'APPROVE',
  intentHash: challengeOf(intent),
  policyHash: 'ab'.repeat(32),
  approver: idOf('user', 2),
  created: NOW,
  expires: later,
});

const CHANGE = changeStatement({
  organization: idOf('organization'),
  operation: 'createWallet',
  subject: idOf('wallet'),
  replaces: 0,
  input: { name: 'Treasury', network: 'local-evm', tags: ['treasury'] },
  initiator: idOf('user'),
  nonce: new Uint8Array(16).fill(7),
  created: NOW,
  expires: later,
});

test('each statement is read back from its canonical text', () => {
  expect(parseIntent(text)).toEqual(intent);
  expect(parseApproval(canonicalText(APPROVAL))).toEqual(APPROVAL);
  expect(parseChange(canonicalText(CHANGE))).toEqual(CHANGE);
});

test('the challenge is the SHA-256 of the RFC 8785 text, and never changes', () => {
  const independent = createHash('sha256').update(canonicalize(intent) ?? '');
  expect(hex(challengeOf(intent))).toBe(independent.digest('hex'));
  expect(hex(challengeOf(intent))).toBe(
    'c46b238496b6b4ce350926ac0ba919db4c6b2ba2257a87f381a09f33d1523a35',
  );
});

const rewritten = (change: Record<string, unknown>) => JSON.stringify({ ...intent, ...change });

test.each<[string, string]>([
  ['other order', JSON.stringify(Object.fromEntries(Object.entries(intent).toReversed()))],
  ['white space', JSON.stringify(JSON.parse(text), undefined, 1)],
  ['a repeated key', text.replace('{', `{"units":"${intent.units}",`)],
  ['an escape that is not needed', text.replace('USDC', String.raw`\u0055SDC`)],
  ['a field too many', canonicalText({ ...intent, extra: '' })],
  ['a field too few', canonicalText({ domain: intent.domain, units: '1' })],
  ['another domain', canonicalText({ ...intent, domain: 'countersign/login/v1' })],
  ['a byte order mark', `\ufeff${text}`],
  ['a list', '[]'],
  ['no JSON', 'intent'],
  ['a deeply nested text', '['.repeat(100_000)],
  ['a text beyond the limit', canonicalText({ ...intent, memo: 'm'.repeat(2 ** 20) })],
])('an intent in %s is refused', (_, spelling) => {
  expect(() => parseIntent(spelling)).toThrow(/statement/);
});

test.each<[keyof TransferIntent, unknown]>([
  ['organization', idOf('wallet')],
  ['wallet', 'wal_1'],
  ['network', 'ethereum'],
  ['asset', 'USDC'],
  ['units', '0'],
  ['units', '01'],
  ['units', '-1'],
  ['units', '1e3'],
  ['units', '１００'],
  ['units', 5],
  ['units', (2n ** 256n).toString()],
  ['recipient', ''],
  ['recipient', '0xА000'],
  ['memo', 'two\nlines'],
  ['memo', 'pay \u202eecila'],
  ['memo', 'zero\u200bwidth'],
  ['memo', 'm'.repeat(257)],
  ['feeMax', '1.5'],
  ['externalId', ''],
  ['externalId', 'a b'],
  ['initiator', null],
  ['created', '2026-07-01T09:30:00Z'],
  ['expires', '2026-07-01T09:30:00.000Z'],
])('an intent whose %s is %j is refused with that field', (field, value) => {
  const read = () => parseIntent(canonicalText(JSON.parse(rewritten({ [field]: value }))));
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  expect(read).toThrow(expect.objectContaining({ context: expect.objectContaining({ field }) }));
});

test('each kind of intent is read as its own and as no other', () => {
  const allowance = allowanceIntent(PAYMENT);
  const given = canonicalText(allowance);
  expect(parseIntent(given)).toEqual(allowance);
  expect(parseIntentOf(ALLOWANCE_DOMAIN, given)).toEqual(allowance);
  expect(() => parseIntentOf(INTENT_DOMAIN, given)).toThrow(/another purpose/);
  expect(() => parseIntentOf(ALLOWANCE_DOMAIN, text)).toThrow(/another purpose/);
});

const permit = permitIntent({
  ...PAYMENT,
  nonce: 3n,
  deadline: BigInt(Math.floor(PAYMENT.expires / 1_000)),
});

test('a permit is read as its own kind, and has a number and a deadline but no fee', () => {
  const signed = canonicalText(permit);
  expect(parseIntent(signed)).toEqual(permit);
  expect(parseIntentOf(PERMIT_DOMAIN, signed)).toEqual(permit);
  for (const domain of [INTENT_DOMAIN, ALLOWANCE_DOMAIN] as const) {
    expect(() => parseIntentOf(domain, signed)).toThrow(/another purpose/);
  }
  const fields = { ...permit, feeMax: '' };
  expect(() => parseIntent(canonicalText(fields))).toThrow(/other fields/);
});

test.each<[string, string, RegExp]>([
  ['deadline', `${Math.floor(PAYMENT.expires / 1_000) + 1}`, /after the end of the intent/],
  ['deadline', `${MAX_UNITS}`, /after the end of the intent/],
  ['deadline', '-1', /not a whole number/],
  ['deadline', '01', /not a whole number/],
  ['nonce', '', /not a whole number/],
  ['nonce', `${MAX_UNITS + 1n}`, /larger than/],
  ['units', `${2n ** 96n - 1n}`, /without a bound/],
])('a permit with the %s %j is no intent', (field, value, reason) => {
  expect(() => parseIntent(canonicalText({ ...permit, [field]: value }))).toThrow(reason);
});

test.each<[string, bigint]>([
  ['0', 0n],
  ['1', 1n],
  [`${2n ** 96n - 2n}`, 2n ** 96n - 2n],
  ['unlimited', MAX_UNITS],
])('an allowance of %s counts at its maximum', (units, counted) => {
  const allowance = allowanceIntent({ ...PAYMENT, units: counted });
  expect(allowance.units).toBe(units);
  expect(unitsOf(parseIntent(canonicalText(allowance)))).toBe(counted);
});

test.each([
  `${2n ** 96n - 1n}`,
  `${2n ** 160n - 1n}`,
  `${MAX_UNITS}`,
  'Unlimited',
  '-1',
  '',
  'max',
])('an allowance of %j is refused: without a bound has one spelling', (units) => {
  const spelled = canonicalText({ ...allowanceIntent(PAYMENT), units });
  expect(() => parseIntent(spelled)).toThrow(
    expect.objectContaining({ context: expect.objectContaining({ field: 'units' }) }),
  );
});

test('no transfer is unlimited, and none is of nothing', () => {
  for (const units of ['unlimited', '0']) {
    expect(() => parseIntent(canonicalText({ ...intent, units }))).toThrow(/units/);
  }
});

test.each<[string, Record<string, Canonical>]>([
  ['decision', { decision: 'MAYBE' }],
  ['intentHash', { intentHash: 'ab' }],
  ['policyHash', { policyHash: 'AB'.repeat(32) }],
  ['reason', { reason: 'r'.repeat(257) }],
  ['approver', { approver: 'bob' }],
  ['created', { created: '2026-07-01T09:30:00Z' }],
  ['expires', { expires: APPROVAL.created }],
])('an approval with a bad %s is refused', (field, change) => {
  const read = () => parseApproval(canonicalText({ ...APPROVAL, ...change }));
  expect(read).toThrow(expect.objectContaining({ context: expect.objectContaining({ field }) }));
});

test.each<[string, Record<string, Canonical>]>([
  ['operation', { operation: 'drop table' }],
  ['subject', { subject: '' }],
  ['subject', { subject: 'two words' }],
  ['replaces', { replaces: -1 }],
  ['replaces', { replaces: '0' }],
  ['input', { input: [] }],
  ['nonce', { nonce: 'AAAA' }],
  ['created', { created: '2026-07-01T09:30:00Z' }],
  ['expires', { expires: CHANGE.created }],
])('a change with a bad %s is refused', (field, change) => {
  const read = () => parseChange(canonicalText({ ...CHANGE, ...change }));
  expect(read).toThrow(expect.objectContaining({ context: expect.objectContaining({ field }) }));
});

test('equal changes differ by their nonce, and the same change takes another input', () => {
  const again = changeStatement({ ...PAYMENT, ...CHANGE_PARTS, nonce: new Uint8Array(16).fill(8) });
  expect(hex(challengeOf(again))).not.toBe(hex(challengeOf(CHANGE)));
  expect(() =>
    requireSameStatement(changeWithInput(CHANGE, { name: 'Other' }), canonicalText(CHANGE)),
  ).toThrow(/input is not what was signed/);
});

const { operation, subject, replaces, input } = CHANGE;
const CHANGE_PARTS = { operation, subject, replaces, input };

/** Another value of the same kind, so that only the comparison can notice. */
const mutations = fc.oneof(
  fc.record({ units: fc.bigInt(1n, 2n ** 256n - 1n) }),
  fc.record({ feeMax: fc.bigInt(0n, 2n ** 128n) }),
  fc.record({ feeMax: fc.constant(undefined) }),
  fc.record({ memo: fc.stringMatching(/^[ -~]{0,20}$/) }),
  fc.record({ memo: fc.constantFrom('Invoice 2026-117 ', 'invoice 2026-117', 'Invoice 2026‑117') }),
  fc.record({ externalId: fc.stringMatching(/^[!-~]{1,20}$/) }),
  fc.record({ recipient: fc.stringMatching(/^0x[0-9a-fA-F]{40}$/) }),
  fc.record({ recipient: fc.constant(PAYMENT.recipient.toLowerCase()) }),
  fc.record({ organization: fc.integer({ min: 2, max: 255 }).map((n) => idOf('organization', n)) }),
  fc.record({ wallet: fc.integer({ min: 2, max: 255 }).map((n) => idOf('wallet', n)) }),
  fc.record({ initiator: fc.integer({ min: 2, max: 255 }).map((n) => idOf('user', n)) }),
  fc.record({ asset: fc.constantFrom('ETH@local-evm' as never, 'USDC@ethereum' as never) }),
  fc.record({ expires: fc.integer({ min: 1, max: 10 ** 9 }).map((ms) => instant(NOW + ms)) }),
);

test('none of 10,000 mutations of an intent passes for the signed one', () => {
  fc.assert(
    fc.property(mutations, (mutation) => {
      const other = transferIntent({ ...PAYMENT, ...mutation });
      fc.pre(Object.entries(other).some(([field, value]) => value !== intent[field as never]));
      let code: unknown;
      try {
        requireSameStatement(other, text);
      } catch (error) {
        code = isPlatformError(error) && error.code;
      }
      expect(code).toBe('USER_ACTION_MISMATCH');
    }),
    { numRuns: 10_000 },
  );
});

/** One JSON value in another spelling: order of keys, white space, escapes. */
function respell(value: Record<string, string>, pick: (size: number) => number): string {
  const blank = () => ['', ' ', '\n', '\t'][pick(4)] as string;
  const quote = (word: string) =>
    `"${Array.from(JSON.stringify(word).slice(1, -1))
      .map((letter) =>
        pick(5) === 0 && /[A-Za-z0-9@ ]/.test(letter)
          ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
          : letter,
      )
      .join('')}"`;
  const members = Object.entries(value)
    .map((entry) => ({ entry, place: pick(2 ** 30) }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ entry: [key, word] }) => `${blank()}${quote(key)}${blank()}:${blank()}${quote(word)}`);
  return `{${members.join(`${blank()},`)}${blank()}}`;
}

test('10,000 other spellings of the same input give the same statement', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(2 ** 30)), (stream) => {
      const spelling = respell(intent, (size) => (stream.next().value as number) % size);
      const { created: _, expires: __, ...input } = JSON.parse(spelling) as TransferIntent;
      const again = transferIntent({
        ...input,
        units: BigInt(input.units),
        feeMax: BigInt(input.feeMax),
        created: PAYMENT.created,
        expires: PAYMENT.expires,
      });
      requireSameStatement(again, text);
    }),
    { numRuns: 10_000 },
  );
});

test('the client refuses a statement in which one of its own fields was changed', () => {
  const own = { units: intent.units, recipient: intent.recipient, memo: intent.memo };
  expect(requireOwnFields(intent, own)).toBe(intent);
  const swapped = transferIntent({
    ...PAYMENT,
    recipient: '0x0000000000000000000000000000000000000001',
  });
  expect(() => requireOwnFields(swapped, own)).toThrow(/recipient/);
  expect(() => requireOwnFields(intent, { memo: undefined })).toThrow(/memo/);
});

test('a server that sends a challenge of its own gets no signature', () => {
  const offer = {
    serverNonce: base64url(new Uint8Array(32).fill(1)),
    options: { rpId: 'localhost', challenge: base64url(challengeOf(intent)) },
  };
  const own = { clientNonce: new Uint8Array(32).fill(2), origin: 'http://localhost:4000' };
  expect(() => answerCeremony(LOGIN_DOMAIN, offer, own)).toThrow(/challenge of its own/);
  expect(() => optionsFor(offer.options, intent)).toThrow(/challenge of its own/);
});

test('a login nonce that is an intent hash gives another challenge than the intent', () => {
  const serverNonce = base64url(challengeOf(intent));
  const own = { clientNonce: new Uint8Array(32).fill(2), origin: 'http://localhost:4000' };
  const { options, clientNonce } = answerCeremony(LOGIN_DOMAIN, { serverNonce, options: {} }, own);
  expect(options.challenge).not.toBe(serverNonce);
  const statement = ceremonyStatement(LOGIN_DOMAIN, {
    serverNonce,
    clientNonce,
    origin: own.origin,
  });
  expect(options.challenge).toBe(base64url(challengeOf(statement)));
  const registration = { ...statement, domain: REGISTRATION_DOMAIN };
  expect(options.challenge).not.toBe(base64url(challengeOf(registration)));
});

test.each([
  ['serverNonce', { serverNonce: 'short' }],
  ['clientNonce', { clientNonce: 'AA' }],
  ['origin', { origin: 'http://localhost:4000/login' }],
  ['origin', { origin: 'localhost' }],
])('a ceremony with a bad %s is refused', (_, change) => {
  const nonce = base64url(new Uint8Array(32));
  const good = { serverNonce: nonce, clientNonce: nonce, origin: 'http://localhost:4000' };
  expect(ceremonyStatement(LOGIN_DOMAIN, good).domain).toBe(LOGIN_DOMAIN);
  expect(() => ceremonyStatement(LOGIN_DOMAIN, { ...good, ...change })).toThrow(/INVALID|valid/);
});
