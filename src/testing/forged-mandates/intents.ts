/** Intents that are altered, of another time or place, or no intents at all. */
import { base64url } from '#core/bytes.ts';
import { canonicalText } from '#core/canonical.ts';
import { networkOf, parseAssetId } from '#core/money.ts';
import { instant } from '#core/time.ts';
import { ceremonyStatement, LOGIN_DOMAIN } from '#mandate/ceremony.ts';
import { ORIGIN } from '#testing/authority.ts';
import { type Wanted, usdc } from '#testing/paying-company.ts';
import { type Draw, type Forgery, forged, replaced, under } from './forgery.ts';

/** An intent that was signed as it stands, and should not be. */
const wanted = (
  kind: string,
  field: string,
  reason: RegExp,
  change: (company: Parameters<Forgery['make']>[0], draw: Draw) => Wanted,
): Forgery => ({
  kind,
  field,
  reason,
  make: async (company, draw) =>
    forged(await company.pay({ units: draw.units, ...change(company, draw) })),
});

const OTHER_ASSETS = ['USDC@ethereum', 'USDC@polygon', 'USDC@sepolia'].map((id) =>
  parseAssetId(id),
);

export const INTENTS: readonly Forgery[] = [
  {
    kind: 'an intent that was changed after the signature',
    field: 'initiator',
    reason: /another statement/,
    async make(company, draw) {
      const { intent, ...payment } = await company.pay({ units: draw.units });
      const changed = { ...intent, units: `${BigInt(intent.units) + 1n}` };
      const unsigned = company.bytesOf(changed);
      return forged({ ...payment, intent }, { intent: canonicalText(changed), unsigned });
    },
  },
  {
    kind: 'an intent that was changed together with the statement',
    field: 'initiator',
    reason: /another challenge/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const changed = { ...payment.intent, units: `${BigInt(payment.intent.units) + 1n}` };
      const intent = canonicalText(changed);
      const initiator = under(intent, payment.mandate.initiator);
      return forged(payment, { intent, initiator, unsigned: company.bytesOf(changed) });
    },
  },
  {
    kind: 'an intent in another spelling',
    field: 'statement',
    reason: /canonical/,
    make: replaced(({ mandate }) => {
      const intent = mandate.intent.replace(',', ', ');
      return { intent, initiator: under(intent, mandate.initiator) };
    }),
  },
  {
    kind: 'an intent with one more field',
    field: 'statement',
    reason: /other fields/,
    make: replaced(({ mandate, intent }) => {
      const text = canonicalText({ ...intent, tags: ['payments'] });
      return { intent: text, initiator: under(text, mandate.initiator) };
    }),
  },
  {
    kind: 'a login in the place of the intent',
    field: 'statement',
    reason: /another purpose/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const statement = ceremonyStatement(LOGIN_DOMAIN, {
        serverNonce: base64url(draw.bytes(32)),
        clientNonce: base64url(draw.bytes(32)),
        origin: ORIGIN,
      });
      const initiator = await company.people.alice.sign(statement);
      return forged(payment, { intent: canonicalText(statement), initiator });
    },
  },
  wanted('an intent that has expired', 'expires', /has expired/, ({ now }, draw) => ({
    expires: instant(now - draw.int(50_000)),
  })),
  wanted('an intent from the future', 'created', /from the future/, ({ now }, draw) => ({
    created: instant(now + 60_001 + draw.int(50_000)),
  })),
  {
    kind: 'an intent of another organisation',
    field: 'organization',
    reason: /another organisation/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units });
      const organization = company.authority.newId('organization');
      const intent = { ...payment.intent, organization };
      const initiator = await company.people.alice.sign(intent);
      return forged(payment, { intent: canonicalText(intent), initiator });
    },
  },
  {
    kind: 'an intent of another network than the wallet',
    field: 'network',
    reason: /another network/,
    async make(company, draw) {
      const asset = draw.pick(OTHER_ASSETS);
      const intent = { ...company.intent({ units: draw.units }), asset, network: networkOf(asset) };
      return forged(await company.payWith('operations', intent));
    },
  },
  {
    kind: 'an intent of a wallet that the log does not know',
    field: 'wallet',
    reason: /no such wallet/,
    async make(company, draw) {
      const wallet = company.authority.newId('wallet');
      const intent = { ...company.intent({ units: draw.units }), wallet };
      return forged(await company.payWith('operations', intent));
    },
  },
  {
    kind: 'an intent that is signed with the key of another wallet',
    field: 'wallet',
    reason: /another key/,
    async make(company, draw) {
      const payment = await company.pay({ wallet: 'untagged', units: usdc(100n), approvers: [] });
      return { ...forged(payment), wallet: draw.pick(['operations', 'spent'] as const) };
    },
  },
  {
    kind: 'an intent whose text is noise',
    field: 'statement',
    reason: /./,
    make: replaced(({ mandate }, _, draw) => ({
      intent: mandate.intent.slice(0, draw.int(mandate.intent.length)),
    })),
  },
];
