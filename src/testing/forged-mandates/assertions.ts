/** Signatures of the initiator that are none, or not over this intent, or not on this page. */
import { base64url, concat, parseBase64url } from '#core/bytes.ts';
import type { Statement } from '#core/canonical.ts';
import { instant } from '#core/time.ts';
import { ceremonyStatement, LOGIN_DOMAIN, REGISTRATION_DOMAIN } from '#mandate/ceremony.ts';
import { changeStatement } from '#mandate/change.ts';
import type { Tampering } from '#testing/authenticator.ts';
import { type Person, credentialOf } from '#testing/paying-company-log.ts';
import { type Draw, type Forgery, forged, replaced, under } from './forgery.ts';

/** A page or an authenticator that differs from the honest one. */
const tampered = (
  kind: string,
  reason: RegExp,
  tampering: Tampering | ((draw: Draw) => Tampering),
): Forgery => ({
  kind,
  field: 'initiator',
  reason,
  async make(company, draw) {
    const payment = await company.pay({ units: draw.units });
    const change = typeof tampering === 'function' ? tampering(draw) : tampering;
    const initiator = await company.people.alice.sign(payment.intent, change);
    return forged(payment, { initiator });
  },
});

/** Somebody else than Alice asks, with everything else in order. */
const askedBy = (person: Person, kind: string, reason: RegExp): Forgery => ({
  kind,
  field: 'initiator',
  reason,
  make: async (company, draw) =>
    forged(await company.pay({ units: draw.units, initiator: company.people[person] })),
});

/** What Alice signs at other occasions. */
const signedElsewhere = (kind: string, statementOf: (draw: Draw) => Statement): Forgery => ({
  kind,
  field: 'initiator',
  reason: /challenge|another statement/,
  async make(company, draw) {
    const payment = await company.pay({ units: draw.units });
    const signed = await company.people.alice.sign(statementOf(draw));
    const isNamed = draw.int(2) === 0;
    const initiator = isNamed ? signed : under(payment.mandate.intent, signed);
    return forged(payment, { initiator });
  },
});

const nonces = (draw: Draw) => ({
  serverNonce: base64url(draw.bytes(32)),
  clientNonce: base64url(draw.bytes(32)),
  origin: 'http://localhost:4000',
});

export const ASSERTIONS: readonly Forgery[] = [
  tampered('an assertion of another site', /not made on/, (draw) => ({
    origin: draw.pick(['http://evil.example', 'https://localhost:4000', 'http://localhost:4001']),
  })),
  tampered('an assertion of a sub-domain', /not made on/, {
    origin: 'http://wallet.localhost:4000',
  }),
  tampered('an assertion for another relying party', /not made for localhost/, {
    rpId: 'evil.example',
  }),
  tampered('an assertion without presence', /nobody was present/, { userPresent: false }),
  tampered('an assertion without verification', /not verified/, { userVerified: false }),
  tampered('an assertion in a frame of another site', /frame of another site/, {
    crossOrigin: true,
  }),
  tampered('an assertion below a page of another site', /below a page/, {
    topOrigin: 'https://evil.example',
  }),
  tampered('a registration in the place of an assertion', /another type/, {
    type: 'webauthn.create',
  }),
  tampered('an assertion of another challenge', /another challenge/, (draw) => ({
    challenge: base64url(draw.bytes(32)),
  })),
  tampered('a signature of which one bit is turned', /signature is not/, (draw) => ({
    signature: (bytes) => draw.flipped(bytes),
  })),
  tampered('an empty signature', /signature is not/, { signature: () => new Uint8Array() }),
  tampered('authenticator data that is cut', /too short/, {
    authenticatorData: (bytes) => bytes.slice(0, 36),
  }),
  tampered('authenticator data with more behind it', /another length/, (draw) => ({
    authenticatorData: (bytes) => concat(bytes, draw.bytes(1 + draw.int(9))),
  })),
  {
    kind: 'authenticator data that was changed after the signature',
    field: 'initiator',
    reason: /signature is not/,
    make: replaced(({ mandate }) => {
      const data = parseBase64url(mandate.initiator.authenticatorData);
      data[36] = (data[36] ?? 0) ^ 1;
      return { initiator: { ...mandate.initiator, authenticatorData: base64url(data) } };
    }),
  },
  signedElsewhere('the assertion of a login', (draw) =>
    ceremonyStatement(LOGIN_DOMAIN, nonces(draw)),
  ),
  signedElsewhere('the assertion of a registration', (draw) =>
    ceremonyStatement(REGISTRATION_DOMAIN, nonces(draw)),
  ),
  {
    kind: 'the assertion of a change',
    field: 'initiator',
    reason: /another challenge/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const { organization, initiator: alice } = payment.intent;
      const change = changeStatement({
        organization,
        operation: 'freezeOrganization',
        subject: organization,
        replaces: 1,
        input: {},
        initiator: alice,
        nonce: draw.bytes(16),
        created: company.now,
        expires: instant(company.now + 60_000),
      });
      const signed = await company.people.alice.sign(change);
      return forged(payment, { initiator: under(payment.mandate.intent, signed) });
    },
  },
  {
    kind: 'the assertion of another intent',
    field: 'initiator',
    reason: /another challenge/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const other = await company.pay({ units: draw.units });
      const initiator = under(payment.mandate.intent, other.mandate.initiator);
      return forged(payment, { initiator });
    },
  },
  {
    kind: 'a passkey that the log does not know',
    field: 'initiator',
    reason: /no credential of the log/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const stranger = await company.stranger(company.people.alice);
      return forged(payment, { initiator: await stranger.sign(payment.intent) });
    },
  },
  {
    kind: 'a strange passkey under the name of a known one',
    field: 'initiator',
    reason: /signature is not/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const signed = await (await company.stranger(company.people.alice)).sign(payment.intent);
      const credentialId = credentialOf(company.people.alice).id;
      return forged(payment, { initiator: { ...signed, credentialId } });
    },
  },
  {
    kind: "another person's passkey",
    field: 'initiator',
    reason: /another user's credential/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const other = company.people[draw.pick(['bob', 'cora', 'lars'] as const)];
      return forged(payment, { initiator: await other.sign(payment.intent) });
    },
  },
  {
    kind: 'a passkey that is shown as the key of a program',
    field: 'initiator',
    reason: /./,
    make: replaced(({ mandate }) => ({
      initiator: { ...mandate.initiator, clientDataJSON: '', authenticatorData: '' },
    })),
  },
  {
    kind: 'client data that is no object',
    field: 'initiator',
    reason: /not a JSON object/,
    make: replaced(({ mandate }, _, draw) => ({
      initiator: { ...mandate.initiator, clientDataJSON: base64url(draw.bytes(40)) },
    })),
  },
  askedBy('rita', 'a revoked passkey', /no credential of the log/),
  askedBy('nora', 'a passkey from before a recovery', /no credential of the log/),
  askedBy('dora', 'an initiator who has left', /not active/),
  askedBy('lars', 'an initiator who has lost the role', /transfers:create/),
  askedBy('carl', 'an initiator who never had the permission', /transfers:create/),
];
