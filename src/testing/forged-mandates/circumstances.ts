/** Policies, prices, totals and screenings that are not what the mandate makes of them. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Canonical } from '#core/canonical.ts';
import { parseAssetId } from '#core/money.ts';
import { formatInstant, instant } from '#core/time.ts';
import type { QuoteWord } from '#mandate/mandate.ts';
import { STRANGER } from '#testing/policy-fixtures.ts';
import { type PayingCompany, type Payment, type Wanted, usdc } from '#testing/paying-company.ts';
import { type Draw, type Forgery, type Forged, forged, replaced } from './forgery.ts';

const ETHER = 10n ** 18n;

/** What the policy blocks, signed and approved by everybody. */
const blocked = (
  kind: string,
  reason: RegExp,
  wanted: (draw: Draw) => Wanted,
  change: (payment: Payment, company: PayingCompany) => Partial<Forged['mandate']> = () => ({}),
): Forgery => ({
  kind,
  field: 'policy',
  reason,
  async make(company, draw) {
    const payment = await company.pay({ units: draw.units, ...wanted(draw) });
    return forged(payment, change(payment, company));
  },
});

const quoteOf = (company: PayingCompany, price: string): QuoteWord => ({
  currency: 'USD',
  price,
  asOf: formatInstant(company.now),
  maxAgeMs: 60_000,
});

/** A payment from the wallet that is screened, with another word of the provider's. */
const screened = (
  kind: string,
  field: string,
  reason: RegExp,
  screening: (
    company: PayingCompany,
    payment: Payment,
    draw: Draw,
  ) => Forged['mandate']['screening'],
): Forgery => ({
  kind,
  field,
  reason,
  async make(company, draw) {
    const payment = await company.pay({ wallet: 'screened', units: draw.units });
    const word = screening(company, payment, draw);
    return forged(payment, word === undefined ? {} : { screening: word });
  },
});

const saying = (
  kind: string,
  field: string,
  reason: RegExp,
  change: (company: PayingCompany, draw: Draw) => Readonly<Record<string, Canonical>>,
): Forgery =>
  screened(kind, field, reason, (company, { intent }, draw) =>
    company.screen(intent, change(company, draw)),
  );

const POLICIES: readonly Forgery[] = [
  {
    kind: 'a policy that was never published',
    field: 'policy',
    reason: /never published/,
    make: replaced((_, company, draw) => {
      const { version, hash } = company.policy(2);
      return { policy: { version, hash: draw.altered(hash) } };
    }),
  },
  {
    kind: 'a version that was never published',
    field: 'policy',
    reason: /never published/,
    make: replaced((_, company, draw) => ({
      policy: { ...company.policy(2), version: 3 + draw.int(99) },
    })),
  },
  {
    kind: 'the version of one policy with the hash of another',
    field: 'policy',
    reason: /never published/,
    make: replaced((_, company) => ({ policy: { version: 2, hash: company.policy(1).hash } })),
  },
  {
    kind: 'the policy from before any was published',
    field: 'policy',
    reason: /never published/,
    make: replaced((_, company) => ({ policy: { ...company.policy(2), version: 0 } })),
  },
  blocked(
    'an older policy with a higher limit',
    /version 2 blocks it: LIMIT_EXCEEDED/,
    (draw) => ({ units: usdc(300_000n) + BigInt(draw.int(9_999)) }),
    (_, company) => ({ policy: company.policy(1) }),
  ),
  blocked('a recipient on no list', /POLICY_DENIED/, () => ({ recipient: STRANGER })),
  blocked(
    'a wallet without the tag, shown with it',
    /POLICY_DENIED/,
    () => ({ wallet: 'untagged' }),
    () => ({ tags: ['payments'], wallet: { tags: ['payments'] } }) as object,
  ),
  blocked('more than one payment may be', /LIMIT_EXCEEDED/, (draw) => ({
    units: usdc(250_001n) + BigInt(draw.int(9_999)),
  })),
  {
    needs: 'earlier-spends',
    ...blocked(
      'a limit that is spent, whatever a database says',
      /LIMIT_EXCEEDED/,
      (draw) => ({ wallet: 'spent', units: usdc(10_001n) + BigInt(draw.int(9_999)) }),
      () => ({ totals: {}, aggregates: {} }) as object,
    ),
  },
  {
    kind: 'a frozen wallet',
    field: 'wallet',
    reason: /wallet is frozen/,
    make: async (company, draw) =>
      forged(await company.pay({ wallet: 'frozen', units: draw.units })),
  },
];

const PRICES: readonly Forgery[] = [
  {
    kind: 'a price so low that nobody need approve',
    field: 'approvals',
    reason: /asks for 2 more of managers/,
    async make(company, draw) {
      const payment = await company.pay({ units: draw.units, approvers: [] });
      return forged(payment, { quotes: [quoteOf(company, `0.0000${1 + draw.int(9)}`)] });
    },
  },
  {
    kind: 'a price so high that the limit is exceeded',
    field: 'policy',
    reason: /LIMIT_EXCEEDED/,
    make: replaced((_, company, draw) => ({ quotes: [quoteOf(company, `${99 + draw.int(99)}`)] })),
  },
  blocked(
    'an asset of which the node knows no price',
    /DATA_MISSING/,
    (draw) => ({ asset: parseAssetId('ETH@local-evm'), units: ETHER + BigInt(draw.int(9_999)) }),
    (_, company) => ({ quotes: [quoteOf(company, '1.00')] }),
  ),
  blocked(
    'a quote of the gateway that is too old',
    /DATA_MISSING/,
    () => ({}),
    (_, company) => ({
      quotes: [{ ...quoteOf(company, '1.00'), asOf: formatInstant(instant(company.now - 60_001)) }],
    }),
  ),
  {
    kind: 'more quotes than anybody needs',
    field: 'quotes',
    reason: /too many/,
    make: replaced((_, company) => ({
      quotes: Array.from({ length: 65 }, () => quoteOf(company, '1.00')),
    })),
  },
  {
    kind: 'a quote that is none',
    field: 'quotes',
    reason: /./,
    make: replaced((_, company, draw) => {
      const wrong = [
        { price: '-1' },
        { price: '1e3' },
        { asOf: 'now' },
        { maxAgeMs: 0 },
        { maxAgeMs: 2 ** 40 },
        { currency: 'usd' },
      ];
      return { quotes: [{ ...quoteOf(company, '1.00'), ...draw.pick(wrong) }] };
    }),
  },
];

const SCREENINGS: readonly Forgery[] = [
  screened('no screening where the policy asks for one', 'policy', /DATA_MISSING/, () => undefined),
  screened('a screening that nobody signed', 'policy', /DATA_MISSING/, (company, { intent }) => ({
    ...company.screen(intent),
    signature: '',
  })),
  screened(
    'a screening that a stranger signed',
    'policy',
    /DATA_MISSING/,
    (company, { intent }, draw) => company.screen(intent, {}, sha256(draw.bytes(32))),
  ),
  screened(
    'a screening whose alert was taken out',
    'policy',
    /DATA_MISSING/,
    (company, { intent }) => {
      const high = company.screen(intent, { result: { alertLevel: 'HIGH' } });
      return { ...high, statement: high.statement.replace('HIGH', 'NONE') };
    },
  ),
  saying('a screening with an alert', 'policy', /high risk/, (_, draw) => ({
    result: { alertLevel: draw.pick(['HIGH', 'SEVERE']) },
  })),
  saying('the screening of another amount', 'policy', /DATA_MISSING/, (_, draw) => ({
    units: `${1 + draw.int(9_999)}`,
  })),
  saying('the screening of another recipient', 'policy', /DATA_MISSING/, () => ({
    to: STRANGER,
  })),
  saying('a screening that is over', 'policy', /DATA_MISSING/, ({ now }, draw) => ({
    expires: formatInstant(instant(now - draw.int(9_999))),
  })),
  saying('a screening from the future', 'policy', /DATA_MISSING/, ({ now }) => ({
    created: formatInstant(instant(now + 61_000)),
  })),
  saying('a screening of which nothing is known', 'policy', /DATA_MISSING/, (_, draw) => ({
    result: draw.pick<Canonical>([null, { level: 'NONE' }, { alertLevel: 'none' }, []]),
  })),
];

export const CIRCUMSTANCES: readonly Forgery[] = [...POLICIES, ...PRICES, ...SCREENINGS];
