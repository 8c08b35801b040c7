/** Random conditions as authors write them, each with the activities that have its fields. */
import fc from 'fast-check';
import { CHANGE_KINDS } from '#policy-lang/change-kinds.ts';
import { ACTIVITIES, type Activity } from '#policy-lang/snapshot.ts';
import { BANNED, LEGACY, POOL, SEGWIT, STRANGER, VENDOR } from './world.ts';

type Texts = fc.Arbitrary<string>;
type Row = readonly [activities: readonly Activity[], text: Texts];

const one = (...texts: readonly string[]): Texts => fc.constantFrom(...texts);

/** Fills `{}` one after the other. */
const fill = (template: string, ...parts: readonly Texts[]): Texts =>
  fc.tuple(...parts).map((texts) => {
    const rest = [...texts];
    return template.replaceAll('{}', () => rest.shift() ?? '');
  });

/** `["a", "b"]` of some of these, at least one. */
const some = (...texts: readonly string[]): Texts =>
  fc.subarray([...texts], { minLength: 1 }).map((chosen) => `[${chosen.join(', ')}]`);
const quoted = (...texts: readonly string[]): Texts => some(...texts.map((text) => `"${text}"`));

const ORDER = one('>', '>=', '<', '<=');
const IS = one('is', 'is not');
const IN = one('in', 'not in');
const FIAT = fill('{} {}', one('0', '0.01', '50', '2,500', '10,000', '250,000'), one('USD', 'EUR'));
const ADDRESS = one(VENDOR, BANNED, STRANGER, POOL, SEGWIT, LEGACY);
const ADDRESS_SET = fc.oneof(
  one('vendors', 'banned', 'pool'),
  some(VENDOR, BANNED, STRANGER, POOL),
);
const ASSET_SET = some('USDC@ethereum', 'USDC@polygon', 'EURC@ethereum', 'ETH@ethereum');
const DURATION = one('24h', '7d', '90min');

const LEAVING: readonly Activity[] = ['transfer', 'allowance', 'unlimited-allowance'];
const ON_CHAIN: readonly Activity[] = [...LEAVING, 'contract-call', 'sign-message', 'incoming'];
const MONEY: readonly Activity[] = [...LEAVING, 'incoming'];
const SCREENED: readonly Activity[] = [...LEAVING, 'contract-call', 'incoming'];
const ASKED = ACTIVITIES.filter((activity) => activity !== 'incoming');

/** Comparisons that a total's `where` may hold as well. */
const PLAIN: readonly Row[] = [
  [ACTIVITIES, one('always')],
  [ON_CHAIN, fill('wallet tagged "{}"', one('payments', 'cold'))],
  [ON_CHAIN, fill('wallet tags has {} of {}', one('any', 'all'), quoted('payments', 'cold'))],
  [ON_CHAIN, fill('wallet {} [{}]', IN, one('wallet "wa-1"', 'wallet "wa-1", wallet "wa-2"'))],
  [ON_CHAIN, fill('wallet.address {} {}', IS, ADDRESS)],
  [ON_CHAIN, fill('network {} "{}"', IS, one('ethereum', 'polygon'))],
  [MONEY, fill('asset {} {}', IN, ASSET_SET)],
  [MONEY, fill('asset {} {}', IS, one('USDC@ethereum', 'SHARE@polygon'))],
  [MONEY, fill('(asset is USDC@ethereum and amount {} {} USDC)', ORDER, one('0.000001', '10,000'))],
  [
    MONEY,
    fill(
      '(asset in [USDC@polygon, USDC@solana] and amount {} {} USDC)',
      ORDER,
      one('2.5', '115,792,089,237'),
    ),
  ],
  [MONEY, fill('(asset is SHARE@polygon and amount {} {} SHARE)', ORDER, one('1', '10'))],
  [SCREENED, fill('value {} {}', ORDER, FIAT)],
  [LEAVING, fill('recipient {} {}', IN, ADDRESS_SET)],
  [LEAVING, fill('recipient {} {}', IS, ADDRESS)],
  [['incoming'], fill('sender {} {}', IN, ADDRESS_SET)],
  [ASKED, fill('initiator has role "{}"', one('treasurer', 'operator'))],
  [ASKED, fill('initiator in {}', one('managers', 'directors'))],
  [ASKED, fill('initiator {} "{}"', IS, one('alice', 'bob@acme.example'))],
  [['contract-call'], fill('call.contract {} {}', IN, ADDRESS_SET)],
  [['contract-call'], fill('call.function {} "{}"', IS, one('supply', 'withdraw'))],
  [['contract-call'], fill('call.value {} {} ETH', ORDER, one('0', '1', '0.000000000000000001'))],
  [['contract-call'], fill('call.arg "amount" {} {}', ORDER, one('0', '5,000,000'))],
  [['contract-call'], fill('call.arg "amount" {} {} USDC', ORDER, one('5', '500,000'))],
  [['contract-call'], fill('call.arg "onBehalfOf" {} wallet.address', IS)],
  [['contract-call'], fill('call.arg "onBehalfOf" {} {}', IN, ADDRESS_SET)],
  [['contract-call'], fill('call.arg "note" {} "{}"', IS, one('gift', 'rent'))],
  [['contract-call'], fill('call.arg "final" {} {}', IS, one('true', 'false'))],
  [['sign-message'], fill('message.kind {} "{}"', IS, one('raw', 'personal', 'typed-data'))],
  [['sign-message'], fill('typed-data.domain-name {} "{}"', IS, one('USD Coin', 'Other'))],
  [['sign-message'], fill('typed-data.contract {} {}', IN, ADDRESS_SET)],
  [
    ['sign-message'],
    fill(
      '(typed-data.primary-type is "Permit" and typed-data.field "value" {} {})',
      ORDER,
      one('10,000 USDC', '7'),
    ),
  ],
  [
    ['sign-message'],
    fill(
      '(typed-data.primary-type is "Permit" and typed-data.field "deadline" {} {})',
      ORDER,
      one('now', 'now + 1h'),
    ),
  ],
  [SCREENED, fill('screening.alert-level {} {}', ORDER, one('LOW', 'HIGH', 'SEVERE'))],
  [SCREENED, fill('screening.alert-level {} {}', IS, one('NONE', 'MEDIUM'))],
  [SCREENED, fill('screening.risk-score {} {}', ORDER, one('0', '70', '99.5'))],
  [
    SCREENED,
    fill(
      'screening.{} has {} of {}',
      one('direct-exposure', 'categories', 'address-categories'),
      one('any', 'all'),
      quoted('sanctions', 'darknet'),
    ),
  ],
  [SCREENED, fill('screening.travel-rule {} "{}"', IS, one('accepted', 'rejected'))],
  [SCREENED, fill('screening.failure {} "{}"', IS, one('provider-failure', 'unscreenable'))],
  [['permission-change', 'policy-change'], fill('change.kind {} "{}"', IS, one(...CHANGE_KINDS))],
  [['permission-change', 'policy-change'], fill('change.target {} "{}"', IS, one('x', 'y'))],
  [['permission-change'], fill('change.role {} {}', IN, quoted('admin', 'viewer'))],
  [
    ACTIVITIES,
    fill(
      'time within {} {} {}',
      one('Mon..Fri', 'Sat, Sun', 'Sat..Mon', 'Wed'),
      one('08:00..18:00', '22:00..06:00', '00:00..24:00', '12:00..12:01'),
      one('Europe/Paris', 'UTC', 'America/New_York'),
    ),
  ],
];

const WINDOW = fc.oneof(
  fill('last {}', DURATION),
  one('calendar day', 'calendar week', 'calendar month'),
);
const BY = fc
  .subarray(['wallet', 'initiator', 'asset', 'recipient', 'network'], { maxLength: 2 })
  .map((fields) => (fields.length === 0 ? '' : ` by ${fields.join(', ')}`));
const WHERE = fc
  .option(
    fc.oneof(
      fill('value {} {}', ORDER, FIAT),
      one('recipient in vendors', 'wallet tagged "cold" and recipient not in banned'),
    ),
    { nil: '' },
  )
  .map((where) => (where === '' ? '' : ` where (${where})`));
const THIS = one('', '', ' excluding this');

/** Totals count transfers and allowances here, so they stand in rules about these. */
const TOTALS: readonly Row[] = [
  [
    LEAVING,
    fill('{}(value) over {}{}{}{} {} {}', one('sum', 'max'), WINDOW, BY, WHERE, THIS, ORDER, FIAT),
  ],
  [
    LEAVING,
    fill(
      '(asset is USDC@ethereum and {}(amount) over {}{}{}{} {} {} USDC)',
      one('sum', 'max'),
      WINDOW,
      BY,
      WHERE,
      THIS,
      ORDER,
      one('100', '1,000,000'),
    ),
  ],
  [
    LEAVING,
    fill(
      'count({}) over {}{}{}{} {} {}',
      one('transfer', 'distinct recipient', 'distinct wallet', 'distinct asset'),
      WINDOW,
      BY,
      WHERE,
      THIS,
      ORDER,
      one('0', '5', '20'),
    ),
  ],
];

const ROWS = [...PLAIN, ...PLAIN, ...TOTALS, ...TOTALS, ...TOTALS];

/** A condition that every one of these activities can be asked. */
export function conditionFor(activities: readonly Activity[]): Texts {
  const fitting = ROWS.filter(([having]) => activities.every((one) => having.includes(one)));
  const atom = fc.oneof(...fitting.map(([, text]) => text));
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { arbitrary: atom, weight: 4 },
      { arbitrary: tie('node').map((part) => `not (${part})`), weight: 1 },
      {
        arbitrary: fc
          .tuple(one('and', 'or'), fc.array(tie('node'), { minLength: 2, maxLength: 3 }))
          .map(([word, parts]) => parts.map((part) => `(${part})`).join(` ${word} `)),
        weight: 2,
      },
    ),
  })).node;
}
