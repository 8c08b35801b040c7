/**
 * Random rules in two languages at once: what Cedar can say too. That is conditions over facts that
 * are all there - texts, sets of texts, whole numbers and yes or no - joined by and, or and not, in
 * rules that allow (`permit`) or block (`forbid`) one activity or several, where nothing is allowed
 * by default. Cedar has no approvals, no missing data, no totals, and no numbers beyond 64 bits.
 */
import fc from 'fast-check';
import type { Activity } from '#policy-lang/snapshot.ts';
import { BANNED, POOL, STRANGER, VENDOR } from './world.ts';

/** One condition, or one rule, as authors write it and as Cedar does. */
export type Twin = { readonly ours: string; readonly cedar: string };

const twin = (ours: string, cedar: string): Twin => ({ ours, cedar });
const quote = (text: string): string => JSON.stringify(text);
const listed = (texts: readonly string[]): string => `[${texts.join(', ')}]`;

const someOf = (...texts: readonly string[]): fc.Arbitrary<string[]> =>
  fc.subarray([...texts], { minLength: 1 });
const order = fc.constantFrom('>', '>=', '<', '<=');
const ADDRESSES = [VENDOR, BANNED, STRANGER, POOL];

/** Lists of the world, as Cedar has them: written out. */
const LISTS = { vendors: [VENDOR], banned: [BANNED], pool: [POOL] };

const textIs = (field: string, texts: readonly string[]): fc.Arbitrary<Twin> =>
  fc
    .tuple(fc.boolean(), fc.constantFrom(...texts))
    .map(([isNot, text]) =>
      twin(
        `${field} ${isNot ? 'is not' : 'is'} ${quote(text)}`,
        `context[${quote(field)}] ${isNot ? '!=' : '=='} ${quote(text)}`,
      ),
    );

const has = (field: string, spelled: string, texts: readonly string[]): fc.Arbitrary<Twin> =>
  fc
    .tuple(fc.boolean(), someOf(...texts.map(quote)))
    .map(([isAll, set]) =>
      twin(
        `${spelled} has ${isAll ? 'all' : 'any'} of ${listed(set)}`,
        `context[${quote(field)}].contains${isAll ? 'All' : 'Any'}(${listed(set)})`,
      ),
    );

const addressIn = (field: string): fc.Arbitrary<Twin> =>
  fc.oneof(
    someOf(...ADDRESSES).map((set) =>
      twin(
        `${field} in ${listed(set)}`,
        `${listed(set.map(quote))}.contains(context[${quote(field)}])`,
      ),
    ),
    fc
      .constantFrom('vendors' as const, 'banned' as const)
      .map((name) =>
        twin(
          `${field} not in ${name}`,
          `!(${listed(LISTS[name].map(quote))}.contains(context[${quote(field)}]))`,
        ),
      ),
  );

const numberCompared = (
  ours: string,
  cedar: string,
  numbers: readonly (readonly [ours: string, cedar: string])[],
): fc.Arbitrary<Twin> =>
  fc
    .tuple(order, fc.constantFrom(...numbers))
    .map(([sign, [limit, literal]]) =>
      twin(`${ours} ${sign} ${limit}`, `${cedar} ${sign} ${literal}`),
    );

const RANKS = ['NONE', 'LOW', 'MEDIUM', 'HIGH', 'SEVERE'];

const ON_CHAIN: readonly fc.Arbitrary<Twin>[] = [
  fc.constant(twin('always', 'true')),
  fc
    .constantFrom('payments', 'cold')
    .map((tag) =>
      twin(`wallet tagged ${quote(tag)}`, `context["wallet.tags"].contains(${quote(tag)})`),
    ),
  has('wallet.tags', 'wallet tags', ['payments', 'cold']),
  someOf('"wa-1"', '"wa-2"').map((ids) =>
    twin(
      `wallet in ${listed(ids.map((id) => `wallet ${id}`))}`,
      `${listed(ids)}.contains(context["wallet"])`,
    ),
  ),
  textIs('network', ['ethereum', 'polygon']),
  fc
    .constantFrom('treasurer', 'operator')
    .map((role) =>
      twin(
        `initiator has role ${quote(role)}`,
        `context["initiator.roles"].contains(${quote(role)})`,
      ),
    ),
  numberCompared(
    'screening.alert-level',
    'context["screening.alert-level"]',
    RANKS.map((level, rank) => [level, `${rank}`] as const),
  ),
  numberCompared('screening.risk-score', 'context["screening.risk-score"]', [
    ['0', '0'],
    ['70', '70'],
    ['100', '100'],
  ]),
  has('screening.categories', 'screening.categories', ['sanctions', 'darknet']),
];

const BY_ACTIVITY: Readonly<Record<'transfer' | 'contract-call', readonly fc.Arbitrary<Twin>[]>> = {
  transfer: [
    addressIn('recipient'),
    someOf('USDC@ethereum', 'USDC@polygon', 'ETH@ethereum').map((assets) =>
      twin(`asset in ${listed(assets)}`, `${listed(assets.map(quote))}.contains(context["asset"])`),
    ),
    // Units and prices are small enough here for their product to fit into 64 bits.
    numberCompared('value', 'context["amount"] * context["price"]', [
      ['0 USD', '0'],
      ['10,000 USD', '1000000000000'],
      ['0.01 USD', '1000000'],
    ]),
  ],
  'contract-call': [
    addressIn('call.contract'),
    textIs('call.function', ['supply', 'withdraw']),
    numberCompared('call.arg "amount"', 'context["call.arg.amount"]', [
      ['0', '0'],
      ['5,000,000', '5000000'],
    ]),
    fc
      .boolean()
      .map((yes) => twin(`call.arg "final" is ${yes}`, `context["call.arg.final"] == ${yes}`)),
    // In billionths of the native asset: JSON carries no larger number exactly.
    numberCompared('call.value', 'context["call.value"]', [
      ['1 ETH', '1000000000'],
      ['0.000000001 ETH', '1'],
    ]),
  ],
};

const conditionOf = (activities: readonly CedarActivity[]): fc.Arbitrary<Twin> => {
  const [only, ...more] = activities;
  const own = only === undefined || more.length > 0 ? [] : BY_ACTIVITY[only];
  return fc.letrec<{ node: Twin }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: fc.oneof(...ON_CHAIN, ...own, ...own), weight: 4 },
      {
        arbitrary: tie('node').map(({ ours, cedar }) => twin(`not (${ours})`, `!(${cedar})`)),
        weight: 1,
      },
      {
        arbitrary: fc
          .tuple(fc.boolean(), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
          .map(([isAnd, parts]) =>
            twin(
              parts.map(({ ours }) => `(${ours})`).join(isAnd ? ' and ' : ' or '),
              parts.map(({ cedar }) => `(${cedar})`).join(isAnd ? ' && ' : ' || '),
            ),
          ),
        weight: 2,
      },
    ),
  })).node;
};

export type CedarActivity = Extract<Activity, 'transfer' | 'contract-call'>;

export const twinRule: fc.Arbitrary<Twin> = fc
  .constantFrom<readonly CedarActivity[]>(
    ['transfer'],
    ['contract-call'],
    ['transfer', 'contract-call'],
  )
  .chain((activities) =>
    fc
      .tuple(
        fc.boolean(),
        conditionOf(activities),
        fc.option(conditionOf(activities), { freq: 2, nil: undefined }),
      )
      .map(([blocks, when, unless]) => {
        const actions = activities.map((activity) => `Action::${quote(activity)}`);
        return twin(
          `applies to ${activities.join(', ')}
  when ${when.ours}
  ${unless === undefined ? '' : `unless ${unless.ours}`}
  then ${blocks ? 'block' : 'allow'}`,
          `${blocks ? 'forbid' : 'permit'} (principal, action in ${listed(actions)}, resource)
when { ${when.cedar} }
${unless === undefined ? '' : `unless { ${unless.cedar} }`};`,
        );
      }),
  );
