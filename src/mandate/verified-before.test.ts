/**
 * A node remembers which signatures held (docs/adr/0029-what-a-node-may-remember-of-a-check.md). Here it has
 * let each mandate pass before, so that all of them are known, and then something is another.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { beforeAll, expect, test } from 'vitest';
import { base64url, parseBase64url } from '#core/bytes.ts';
import { HOUR_MS, instant } from '#core/time.ts';
import { PayingCompany, type Payment, usdc } from '#testing/paying-company.ts';
import type { SignedStatement } from './assertion.ts';
import type { AuthorityState } from './authority/state.ts';
import { Ledger } from './ledger.ts';
import type { Mandate, OwnKnowledge } from './mandate.ts';
import { verifyMandate } from './verify-mandate.ts';

let company: PayingCompany;
let payment: Payment;

const verify = (mandate: Mandate, change: Partial<OwnKnowledge> = {}) =>
  verifyMandate(mandate, company.own('operations', change));

beforeAll(async () => {
  company = await PayingCompany.open('verified before');
  payment = await company.pay();
  verify(payment.mandate);
});

type Users = AuthorityState['users'];
type User = Users extends ReadonlyMap<unknown, infer U> ? U : never;

function withUser(state: AuthorityState, change: (user: User) => User): AuthorityState {
  const { alice } = company.people;
  const user = state.users.get(alice.id);
  if (user === undefined) throw new Error('alice is in the log');
  return { ...state, users: new Map(state.users).set(alice.id, change(user)) };
}

function withoutCredential(state: AuthorityState, { credentialId }: SignedStatement) {
  const credential = state.credentials.get(credentialId);
  if (credential === undefined) throw new Error('the credential is in the log');
  const revoked = { ...credential, state: 'revoked' } as typeof credential;
  return { ...state, credentials: new Map(state.credentials).set(credentialId, revoked) };
}

function withKey(state: AuthorityState, { credentialId }: SignedStatement, other: SignedStatement) {
  const credential = state.credentials.get(credentialId);
  const { publicKey } = state.credentials.get(other.credentialId) ?? {};
  if (credential === undefined || publicKey === undefined) throw new Error('both are in the log');
  const replaced = { ...credential, publicKey };
  return { ...state, credentials: new Map(state.credentials).set(credentialId, replaced) };
}

/** As much as the policy lets a wallet spend in a day. */
async function fullLedger(): Promise<Ledger> {
  const ledger = new Ledger();
  const { spend } = verify((await company.pay({ units: usdc(240_000n) })).mandate, { ledger });
  if (spend !== undefined) ledger.count(spend);
  return ledger;
}

const approvalOf = ({ mandate }: Payment): SignedStatement =>
  mandate.approvals[0] as SignedStatement;

test.each<[string, RegExp, (own: OwnKnowledge) => Partial<OwnKnowledge>]>([
  [
    'whose credential was revoked',
    /no credential of the log/,
    ({ state }) => ({ state: withoutCredential(state, payment.mandate.initiator) }),
  ],
  [
    'whose credential has another key now',
    /not of this passkey/,
    ({ state }) => ({ state: withKey(state, payment.mandate.initiator, approvalOf(payment)) }),
  ],
  [
    'whose initiator has left',
    /not active/,
    ({ state }) => ({
      state: withUser(state, (user) => ({ ...user, state: 'deactivated' })),
    }),
  ],
  [
    'whose initiator may ask for nothing any more',
    /transfers:create is missing/,
    ({ state }) => ({ state: withUser(state, (user) => ({ ...user, roles: [] })) }),
  ],
  [
    'one of whose approvers has lost the passkey',
    /the policy asks for/,
    ({ state }) => ({ state: withoutCredential(state, approvalOf(payment)) }),
  ],
  [
    'that is of another page',
    /was not made on/,
    ({ state }) => ({ state: { ...state, origin: 'https://other.example.com' } }),
  ],
  [
    'that is frozen',
    /organisation is frozen/,
    ({ state }) => ({ state: { ...state, frozen: true } }),
  ],
  [
    'whose price has risen',
    /LIMIT_EXCEEDED/,
    ({ quotes }) => ({
      quotes: new Map([...quotes.keys()].map((asset) => [asset, [company.quote('9.00')]])),
    }),
  ],
  ['whose intent has expired', /has expired/, ({ now }) => ({ now: instant(now + 2 * HOUR_MS) })],
  [
    'where a node more must cosign',
    /3 nodes cosigned it, and 4 must/,
    ({ witnesses }) => ({ witnesses: { ...witnesses, quorum: 4 } }),
  ],
  [
    'of a committee with other keys',
    /0 nodes cosigned it/,
    ({ witnesses }) => {
      const publicKey = ed25519.getPublicKey(new Uint8Array(32).fill(9));
      const cosigners = witnesses.cosigners.map(({ name }) => ({ name, publicKey }));
      return { witnesses: { ...witnesses, cosigners } };
    },
  ],
])('a mandate that has passed is refused by a node %s', (_, reason, change) => {
  const { mandate } = payment;
  expect(() => verify(mandate)).not.toThrow();
  expect(() => verify(mandate, change(company.own('operations')))).toThrow(reason);
  expect(() => verify(mandate)).not.toThrow();
});

test('a mandate that has passed is refused once the limit is spent', async () => {
  const ledger = await fullLedger();
  expect(() => verify(payment.mandate, { ledger })).toThrow(/LIMIT_EXCEEDED/);
});

/** Another byte in the middle of each quarter, and at both ends. */
const PLACES = [0, 0.125, 0.375, 0.5, 0.625, 0.875, 1] as const;

const altered = (text: string, place: number): string => {
  const at = Math.round(place * (text.length - 1));
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
};

const alteredBytes = (text: string, place: number): string => {
  const bytes = parseBase64url(text);
  const at = Math.round(place * (bytes.length - 1));
  return base64url(bytes.with(at, (bytes[at] ?? 0) ^ 1));
};

const FIELDS = ['statement', 'authenticatorData', 'clientDataJSON', 'signature'] as const;

const alteredStatement = (
  signed: SignedStatement,
  field: (typeof FIELDS)[number],
  place: number,
) => ({
  ...signed,
  [field]: (field === 'statement' ? altered : alteredBytes)(signed[field], place),
});

test.each(FIELDS)('with one byte of the %s altered no statement that has passed does', (field) => {
  const { mandate } = payment;
  for (const place of PLACES) {
    const initiator = alteredStatement(mandate.initiator, field, place);
    const intent = initiator.statement;
    expect(() => verify({ ...mandate, initiator, intent })).toThrow();
    expect(() => verify(company.logged({ ...mandate, initiator, intent }))).toThrow();
    const [first, ...others] = mandate.approvals;
    const approvals = [alteredStatement(first as SignedStatement, field, place), ...others];
    expect(() => verify({ ...mandate, approvals })).toThrow();
    expect(() => verify(company.logged({ ...mandate, approvals }))).toThrow();
  }
  expect(() => verify(mandate)).not.toThrow();
});

test('with one byte of the proof altered no audit log that has passed does', () => {
  const { mandate } = payment;
  const log = mandate.log ?? '';
  for (let place = 0; place <= 1; place += 1 / 64) {
    expect(() => verify({ ...mandate, log: altered(log, place) })).toThrow();
  }
  expect(() => verify(mandate)).not.toThrow();
});

test('with one byte of the transaction altered nothing that has passed does', () => {
  const { unsigned } = payment.mandate;
  for (let at = 0; at < unsigned.length; at++) {
    const other = unsigned.with(at, (unsigned[at] ?? 0) ^ 1);
    const passes = () => verify({ ...payment.mandate, unsigned: other });
    // The number, the fees and the gas are the caller's to choose, and the payload is of these bytes.
    try {
      expect(passes().payloads).not.toEqual(verify(payment.mandate).payloads);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EVIDENCE_REJECTED' });
    }
  }
});
