/** What one DFNS policy becomes: rules of the language, and notes where the two differ. */
import { FIAT_DECIMALS } from '#core/money.ts';
import { MINUTE_MS } from '#core/time.ts';
import { formatDuration } from '#policy-lang/values/durations.ts';
import { LEVELS } from '#policy-lang/snapshot.ts';
import { quoted } from './names.ts';
import type { Fields } from '#policy-tools/json-fields.ts';
import type { DfnsPolicy } from './read-dfns.ts';

/** How the imported rule relates to the policy that it came from. */
export type NoteKind = 'differs' | 'stricter' | 'looser' | 'left out';

export type Note = {
  /** Name of the DFNS policy; absent: about all of them. */
  readonly policy?: string;
  readonly kind: NoteKind;
  readonly message: string;
};

/** A rule without its name and effect. */
export type DraftRule = {
  /** Tells the rules of one policy apart. */
  readonly suffix: string;
  readonly activities: readonly string[];
  readonly when: string;
  readonly unless?: string;
  /** It looks at facts from outside, so it says what happens without them. */
  readonly isScreening?: boolean;
};

export type Draft = {
  readonly rules: readonly DraftRule[];
  readonly notes: readonly Omit<Note, 'policy'>[];
  /** Addresses of the list that the rules compare with. */
  readonly list?: readonly string[];
};

export const SIGNING = ['transfer', 'contract-call', 'sign-message'];
const UNDECODED = ['contract-call', 'sign-message'];

const texts = (values: readonly (string | number)[]): string =>
  `[${values.map((value) => quoted(String(value))).join(', ')}]`;

/** @param list name for the list of addresses that the policy may bring */
export function draftRules(policy: DfnsPolicy, list: string): Draft {
  const { activityKind } = policy;
  switch (activityKind) {
    case 'Wallets:Sign':
    case 'Wallets:IncomingTransaction':
      return withWallets(policy, draftWalletRules(policy, list));
    case 'Permissions:Assign':
      return draftChange(policy, 'permission-change', 'change.kind is "assign"');
    case 'Permissions:Modify':
      return draftChange(policy, 'permission-change', 'not change.kind is "assign"');
    case 'Policies:Modify':
      return draftChange(policy, 'policy-change', 'always');
    case 'Registry:Addresses:Modify':
    case 'Registry:ContractSchemas:Modify':
      return draftRegistry(activityKind);
    default:
      return leftOut(`There is no activity ${activityKind}.`);
  }
}

const leftOut = (message: string): Draft => ({
  rules: [],
  notes: [{ kind: 'left out', message }],
});

function draftChange({ filters }: DfnsPolicy, activity: string, when: string): Draft {
  const isFiltered = filters.policies.length > 0 || filters.permissions.length > 0;
  const ids = [...filters.policies, ...filters.permissions].join(', ');
  const message = `It was limited to ${ids}, which are ids of DFNS; the rule counts for every change.`;
  return {
    rules: [{ suffix: '', activities: [activity], when }],
    notes: isFiltered ? [{ kind: 'stricter', message }] : [],
  };
}

function draftRegistry(activityKind: string): Draft {
  const what = activityKind.includes('Addresses') ? 'Lists of addresses' : 'Contracts';
  const message = `${what} are files of the bundle here: the rule counts for every policy change.`;
  return {
    rules: [{ suffix: '', activities: ['policy-change'], when: 'always' }],
    notes: [{ kind: 'stricter', message }],
  };
}

function withWallets({ filters }: DfnsPolicy, draft: Draft): Draft {
  const { wallets, anyTags, allTags } = filters;
  const conditions = [
    ...(wallets.length > 0
      ? [`wallet in [${wallets.map((id) => `wallet ${quoted(id)}`).join(', ')}]`]
      : []),
    ...(anyTags.length > 0 ? [`wallet tags has any of ${texts(anyTags)}`] : []),
    ...(allTags.length > 0 ? [`wallet tags has all of ${texts(allTags)}`] : []),
  ];
  if (conditions.length === 0 || draft.rules.length === 0) return draft;
  const message =
    'Wallets are named by their ids of DFNS: put those of this platform in their place.';
  return {
    ...draft,
    rules: draft.rules.map((rule) => ({
      ...rule,
      when: [...conditions, ...alone(rule.when)].join(' and '),
    })),
    notes: [...draft.notes, ...(wallets.length > 0 ? [{ kind: 'differs' as const, message }] : [])],
  };
}

/** A condition beside `and`. */
const alone = (when: string): readonly string[] =>
  when === 'always' ? [] : [when.includes(' or ') ? `(${when})` : when];

function draftWalletRules({ rule }: DfnsPolicy, list: string): Draft {
  const { kind, configuration } = rule;
  switch (kind) {
    case 'AlwaysTrigger':
      return { rules: [{ suffix: '', activities: SIGNING, when: 'always' }], notes: [] };
    case 'TransactionRecipientWhitelist':
      return draftWhitelist(configuration, list);
    case 'TransactionAmountLimit':
      return draftAmount('value', configuration);
    case 'TransactionAmountVelocity':
      return draftAmount(`sum(value) over ${windowOf(configuration)} by wallet`, configuration);
    case 'TransactionCountVelocity':
      return draftCount(configuration);
    case 'ChainalysisTransactionPrescreening':
      return draftChainalysis(configuration, SIGNING.slice(0, 2));
    case 'ChainalysisTransactionScreening':
      return draftChainalysis(configuration, ['incoming']);
    case 'GlobalLedgerTransactionPrescreening':
      return draftScreening(
        `screening.risk-score >= ${configuration.decimal('riskScoreThreshold')}`,
        configuration,
        SIGNING.slice(0, 2),
        [],
      );
    case 'TravelRuleTransactionPrescreening':
      return draftTravelRule(configuration);
    default:
      return leftOut(`There is no rule ${kind}.`);
  }
}

const windowOf = (configuration: Fields): string =>
  `last ${formatDuration(configuration.whole('timeframe') * MINUTE_MS)}`;

/** Stands in the text of a rule, where anything else could become another condition. */
function currencyOf(configuration: Fields): string {
  const currency = configuration.text('currency');
  if (/^[A-Z]{3}$/.test(currency)) return currency;
  throw configuration.wrong('currency', 'not a currency of three capital letters');
}

/** The limit in cents; what stands behind them is cut off, so that the rule speaks up earlier. */
function draftAmount(left: string, configuration: Fields): Draft {
  const [whole = '', digits = ''] = configuration.decimal('limit').split('.');
  const cents = digits.slice(0, FIAT_DECIMALS);
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  const limit = `${grouped}${cents === '' ? '' : `.${cents}`} ${currencyOf(configuration)}`;
  const draft = decoded(`${left} > ${limit}`);
  if (digits.length <= FIAT_DECIMALS) return draft;
  const message = `The limit ${whole}.${digits} is cut off after the cents.`;
  return { ...draft, notes: [...draft.notes, { kind: 'stricter', message }] };
}

/**
 * What a rule about amounts or recipients cannot see - calls and messages, which DFNS does not
 * decode - counts as triggered there, and so it does here.
 */
function decoded(when: string, list?: readonly string[]): Draft {
  return {
    rules: [
      { suffix: '', activities: ['transfer'], when },
      { suffix: '-undecoded', activities: UNDECODED, when: 'always' },
    ],
    notes: [
      {
        kind: 'differs',
        message:
          'DFNS decodes no calls and no messages and counts them as triggered; a second rule does so.',
      },
    ],
    ...(list !== undefined && { list }),
  };
}

function draftWhitelist(configuration: Fields, list: string): Draft {
  const addresses = configuration.texts('addresses');
  return addresses.length === 0
    ? { rules: [{ suffix: '', activities: SIGNING, when: 'always' }], notes: [] }
    : decoded(`recipient not in ${list}`, addresses);
}

function draftCount(configuration: Fields): Draft {
  const limit = configuration.whole('limit');
  return {
    rules: SIGNING.map((activity) => ({
      suffix: activity === 'transfer' ? '' : `-${activity}`,
      activities: [activity],
      when: `count(${activity}) over ${windowOf(configuration)} by wallet > ${limit}`,
    })),
    notes: [
      {
        kind: 'looser',
        message: 'Transfers, calls and messages are counted each by themselves, not together.',
      },
    ],
  };
}

function draftChainalysis(configuration: Fields, activities: readonly string[]): Draft {
  const alerts = configuration.object('alerts');
  const level = `screening.alert-level >= ${alerts.choice('alertLevel', LEVELS)}`;
  const categories = idsOf(alerts);
  const direct = idsOf(configuration.object('exposures').object('direct'));
  const addresses = idsOf(configuration.object('addresses'));
  const conditions = [
    categories.length === 0
      ? level
      : `(${level} and screening.categories has any of ${texts(categories)})`,
    ...(direct.length > 0 ? [`screening.direct-exposure has any of ${texts(direct)}`] : []),
    ...(addresses.length > 0
      ? [`screening.address-categories has any of ${texts(addresses)}`]
      : []),
  ];
  const notes: Omit<Note, 'policy'>[] = [];
  if (categories.length + direct.length + addresses.length > 0) {
    const message =
      'Categories are compared by their numbers as texts: the provider must give those.';
    notes.push({ kind: 'differs', message });
  }
  if (configuration.get('userIdTemplate') !== undefined) {
    const message = 'The template of user ids belongs to the provider, not to the policy.';
    notes.push({ kind: 'left out', message });
  }
  const joined = conditions.join(' or ');
  return draftScreening(joined, configuration, activities, notes);
}

const idsOf = (fields: Fields): readonly number[] => fields.wholes('categoryIds');

const FAILURES = [
  ['skipUnscreenableTransaction', 'unscreenable'],
  ['skipUnsupportedNetwork', 'unsupported-network'],
  ['skipUnsupportedAsset', 'unsupported-asset'],
  ['skipChainalysisFailure', 'provider-failure'],
  ['skipGlobalLedgerFailure', 'provider-failure'],
] as const;

/** A failure that is skipped leaves the rule out; any other counts as triggered. */
function draftScreening(
  when: string,
  configuration: Fields,
  activities: readonly string[],
  notes: readonly Omit<Note, 'policy'>[],
): Draft {
  const fallback = configuration.object('fallbackBehaviours');
  const skipped = FAILURES.flatMap(([name, failure]) => (fallback.is(name) ? failure : []));
  const unless = `screening.failure in ${texts(skipped)}`;
  const rule = {
    suffix: '',
    activities,
    when,
    isScreening: true,
    ...(skipped.length > 0 && { unless }),
  };
  if (activities.includes('incoming')) return { rules: [rule], notes };
  // A message moves nothing that could be screened.
  const messages = { suffix: '-message', activities: ['sign-message'], when: 'always' };
  const rules = skipped.includes('unscreenable') ? [rule] : [rule, messages];
  return { rules, notes };
}

function draftTravelRule(configuration: Fields): Draft {
  const seconds = [
    configuration.whole('autoTriggerTimeoutSeconds'),
    ...(configuration.get('autoClearAfterDeliveredTimeoutSeconds') === undefined
      ? []
      : [configuration.whole('autoClearAfterDeliveredTimeoutSeconds')]),
  ];
  const message = `Waiting (${seconds.join(' and ')} seconds) is the provider's part: it answers when it is done.`;
  const when = 'screening.travel-rule is not "accepted"';
  const rule = { suffix: '', activities: SIGNING.slice(0, 1), when, isScreening: true };
  return { rules: [rule], notes: [{ kind: 'differs', message }] };
}
