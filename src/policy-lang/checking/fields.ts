/**
 * The fields of a request: one table for the checker, the editors' completion and hover, and the
 * reference. Which activities have a field decides which rules can use it (check 7).
 */
import { CHANGE_KINDS } from '#policy-lang/change-kinds.ts';
import type { FieldPath } from './condition.ts';
import {
  ACTIVITIES,
  type Activity,
  countedAs,
  MESSAGE_KINDS,
  SCREENING_FAILURES,
} from '#policy-lang/snapshot.ts';

/**
 * What a field can be compared with: a `text` with texts, `texts` with a set of them, an `argument`
 * with whatever the imported contracts say that it is.
 */
export type FieldType =
  | 'wallet'
  | 'text'
  | 'texts'
  | 'network'
  | 'address'
  | 'asset'
  | 'amount'
  | 'value'
  | 'native amount'
  | 'user'
  | 'level'
  | 'number'
  | 'argument'
  | 'time';

export type Field = {
  readonly path: FieldPath;
  readonly type: FieldType;
  readonly activities: readonly Activity[];
  /** The only texts that the field can have. */
  readonly values?: readonly string[];
  /** One sentence for hover and the reference. */
  readonly about: string;
  /** A comparison as authors write it. */
  readonly example: string;
};

/** What may leave a wallet with a transfer, or later with an allowance. */
const LEAVING = countedAs('transfer');
const ON_CHAIN: readonly Activity[] = [...LEAVING, 'contract-call', 'sign-message', 'incoming'];
const MONEY: readonly Activity[] = [...LEAVING, 'incoming'];
const SCREENED: readonly Activity[] = [...LEAVING, 'contract-call', 'incoming'];
const CALL: readonly Activity[] = ['contract-call'];
const MESSAGE: readonly Activity[] = ['sign-message'];
const CHANGE: readonly Activity[] = ['permission-change', 'policy-change'];

type Row = readonly [
  path: FieldPath,
  type: FieldType,
  activities: readonly Activity[],
  example: string,
  about: string,
  values?: readonly string[],
];

const ROWS: readonly Row[] = [
  ['wallet', 'wallet', ON_CHAIN, 'wallet tagged "payments"', 'The wallet that acts or receives.'],
  [
    'wallet.tags',
    'texts',
    ON_CHAIN,
    'wallet tags has any of ["tier-1", "tier-2"]',
    'The tags of the wallet.',
  ],
  [
    'wallet.address',
    'address',
    ON_CHAIN,
    'wallet.address in own-addresses',
    'The address of the wallet.',
  ],
  ['network', 'network', ON_CHAIN, 'network is "ethereum"', 'The network of the request.'],
  [
    'asset',
    'asset',
    MONEY,
    'asset is USDC@ethereum',
    'The asset that moves, or may, on its network.',
  ],
  ['amount', 'amount', MONEY, 'amount > 2.5 ETH', 'How much of the asset moves, or may at most.'],
  [
    'value',
    'value',
    SCREENED,
    'value > 10,000 USD',
    'What the amount is worth at its price; of a contract call, what its native value is worth.',
  ],
  [
    'recipient',
    'address',
    LEAVING,
    'recipient in approved-vendors',
    'Who receives; of an allowance the spender.',
  ],
  ['sender', 'address', ['incoming'], 'sender in exchange-accounts', 'Who has sent.'],
  [
    'initiator',
    'user',
    ACTIVITIES.filter((activity) => activity !== 'incoming'),
    'initiator has role "treasurer"',
    'The person or service account that asks.',
  ],
  ['call.contract', 'address', CALL, 'call.contract in aave', 'The contract that is called.'],
  ['call.function', 'text', CALL, 'call.function is "supply"', 'The function that is called.'],
  [
    'call.arg',
    'argument',
    CALL,
    'call.arg "amount" <= 500,000 USDC',
    'An argument of the call, by its name in the imported ABI.',
  ],
  [
    'call.value',
    'native amount',
    CALL,
    'call.value > 1 ETH',
    "The amount of the network's own asset that the call sends.",
  ],
  [
    'message.kind',
    'text',
    MESSAGE,
    'message.kind is "raw"',
    'How the message is made.',
    MESSAGE_KINDS,
  ],
  [
    'typed-data.primary-type',
    'text',
    MESSAGE,
    'typed-data.primary-type is "Permit"',
    'The type of the typed data (EIP-712).',
  ],
  [
    'typed-data.domain-name',
    'text',
    MESSAGE,
    'typed-data.domain-name is "USD Coin"',
    'The name in the domain of the typed data.',
  ],
  [
    'typed-data.contract',
    'address',
    MESSAGE,
    'typed-data.contract in tokens',
    'The verifying contract in the domain of the typed data.',
  ],
  [
    'typed-data.field',
    'argument',
    MESSAGE,
    'typed-data.field "value" > 10,000 USDC',
    'A field of the typed data, by its name in the imported types.',
  ],
  [
    'screening.alert-level',
    'level',
    SCREENED,
    'screening.alert-level >= HIGH',
    'The worst alert that the screening raised.',
  ],
  [
    'screening.risk-score',
    'number',
    SCREENED,
    'screening.risk-score >= 70',
    'The score that the screening gave, from 0 to 100.',
  ],
  [
    'screening.direct-exposure',
    'texts',
    SCREENED,
    'screening.direct-exposure has any of ["sanctions"]',
    'Categories that the counterparty itself belongs to.',
  ],
  [
    'screening.categories',
    'texts',
    SCREENED,
    'screening.categories has any of ["darknet"]',
    'Categories of the alerts.',
  ],
  [
    'screening.address-categories',
    'texts',
    SCREENED,
    'screening.address-categories has any of ["mixer"]',
    'Categories of the address.',
  ],
  [
    'screening.travel-rule',
    'text',
    SCREENED,
    'screening.travel-rule is "accepted"',
    'Where the travel-rule message stands.',
  ],
  [
    'screening.failure',
    'text',
    SCREENED,
    'screening.failure is "unsupported-asset"',
    'Why there is no screening; missing where there is one.',
    SCREENING_FAILURES,
  ],
  ['change.kind', 'text', CHANGE, 'change.kind is "assign"', 'What is done.', CHANGE_KINDS],
  ['change.target', 'text', CHANGE, 'change.target is "treasury"', 'Whose or which it is.'],
  [
    'change.role',
    'text',
    ['permission-change'],
    'change.role is "admin"',
    'The role that is given or taken.',
  ],
  [
    'time',
    'time',
    ACTIVITIES,
    'time within Mon..Fri 08:00..18:00 Europe/Paris',
    'The time of the decision.',
  ],
];

export const FIELDS: ReadonlyMap<string, Field> = new Map(
  ROWS.map(([path, type, activities, example, about, values]) => [
    path,
    { path, type, activities, example, about, ...(values !== undefined && { values }) },
  ]),
);

/** The fields of one activity, in the order of the table. */
export const fieldsOf = (activity: Activity): readonly Field[] =>
  [...FIELDS.values()].filter((field) => field.activities.includes(activity));
