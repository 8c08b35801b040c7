/**
 * Rules as Fireblocks exports them (`GET /v1/tap/active_policy`, or a list of rules; object
 * `PolicyRule` of its API), read strictly. The older names of fields are read as the newer ones.
 */
import { Fields, parseJson } from '#policy-tools/json-fields.ts';

export type TapRule = {
  /** From 1: the first that matches decides. */
  readonly number: number;
  /** `externalDescriptor`, for people. */
  readonly descriptor?: string;
  readonly action: 'ALLOW' | 'BLOCK' | '2-TIER';
  readonly transactionType: string;
  /** Undefined: any. */
  readonly asset?: string;
  readonly amount: TapAmount;
  /** Undefined: everybody. */
  readonly operators?: TapPeople;
  /** Undefined: any. */
  readonly src?: readonly TapPeer[];
  readonly dst?: readonly TapPeer[];
  readonly dstAddressType: 'WHITELISTED' | 'ONE_TIME' | '*';
  readonly approvals: TapApprovals;
  /** Who signs, where that is somebody else than the initiator. */
  readonly signers?: TapPeople;
  /** Fields that are set and that nothing here reads. */
  readonly others: readonly string[];
};

export type TapAmount = {
  /** Decimal text; zero asks for nothing. */
  readonly amount: string;
  readonly currency: 'USD' | 'EUR' | 'NATIVE';
  /** Undefined: of one transaction. */
  readonly periodSec?: number;
  /** What is added up apart from the rest, each for itself. */
  readonly by: readonly ('initiator' | 'wallet' | 'recipient')[];
};

export type TapPeople = {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** API services and whatever else is named. */
  readonly others: readonly string[];
};

export type TapPeer = { readonly id: string; readonly type: string };

export type TapApprovals = {
  readonly isAny: boolean;
  readonly mayInitiator: boolean;
  readonly groups: readonly (TapPeople & { readonly count: number })[];
};

const HINT = 'Export it again: GET /v1/tap/active_policy gives { "policy": { "rules": [...] } }.';
const ACTIONS = ['ALLOW', 'BLOCK', '2-TIER'] as const;
const READ: ReadonlySet<string> = new Set([
  'action',
  'amount',
  'amountAggregation',
  'amountCurrency',
  'amountScope',
  'asset',
  'authorizationGroups',
  'authorizers',
  'authorizersCount',
  'designatedSigner',
  'designatedSigners',
  'dst',
  'dstAddressType',
  'dstId',
  'dstSubType',
  'dstType',
  'externalDescriptor',
  'operator',
  'operators',
  'periodSec',
  'src',
  'srcId',
  'srcSubType',
  'srcType',
  'transactionType',
  'type',
]);

/** @throws INVALID_INPUT */
export function readTapRules(text: string): readonly TapRule[] {
  const file = parseJson(text, HINT);
  if (Array.isArray(file)) return readAll(file, 'rules');
  const fields = new Fields(file, 'file', HINT);
  const policy = fields.has('policy') ? fields.object('policy') : fields;
  if (!policy.has('rules')) throw policy.wrong('rules', 'not a list');
  return readAll(policy.list('rules'), `${policy.place}.rules`);
}

const readAll = (rules: readonly unknown[], place: string): readonly TapRule[] =>
  rules.map((rule, index) => readRule(new Fields(rule, `${place}[${index}]`, HINT), index + 1));

function readRule(fields: Fields, number: number): TapRule {
  const [asset, src, dst] = [
    fields.text('asset'),
    readPeers(fields, 'src'),
    readPeers(fields, 'dst'),
  ];
  const operators = readOperators(fields);
  const signers = readSigners(fields);
  return {
    number,
    ...(fields.has('externalDescriptor') && { descriptor: fields.text('externalDescriptor') }),
    action: fields.choice('action', ACTIONS),
    transactionType: fields.has('transactionType') ? fields.text('transactionType') : 'TRANSFER',
    ...(asset !== '*' && { asset }),
    amount: readAmount(fields),
    ...(operators && { operators }),
    ...(src && { src }),
    ...(dst && { dst }),
    dstAddressType: fields.has('dstAddressType')
      ? fields.choice('dstAddressType', ['WHITELISTED', 'ONE_TIME', '*'])
      : '*',
    approvals: readApprovals(fields),
    ...(signers && { signers }),
    others: fields.names.filter((name) => !READ.has(name) && fields.get(name) !== false),
  };
}

const SCOPES = {
  operators: 'initiator',
  srcTransferPeers: 'wallet',
  dstTransferPeers: 'recipient',
} as const;
const METHODS = ['PER_SINGLE_MATCH', 'ACROSS_ALL_MATCHES'] as const;

function readAmount(fields: Fields): TapAmount {
  const isTotal = fields.choice('amountScope', ['SINGLE_TX', 'TIMEFRAME']) === 'TIMEFRAME';
  const currency = fields.choice('amountCurrency', ['USD', 'EUR', 'EURO', 'NATIVE']);
  const aggregation = fields.object('amountAggregation');
  aggregation.requireOnly(Object.keys(SCOPES));
  const by = Object.entries(SCOPES).flatMap(([name, scope]) =>
    aggregation.has(name) && aggregation.choice(name, METHODS) === 'PER_SINGLE_MATCH' ? scope : [],
  );
  const periodSec = isTotal ? fields.whole('periodSec') : undefined;
  if (periodSec === 0) throw fields.wrong('periodSec', 'zero, for a limit over a time');
  return {
    amount: fields.decimal('amount'),
    currency: currency === 'EURO' ? 'EUR' : currency,
    ...(periodSec !== undefined && { periodSec }),
    by,
  };
}

function readOperators(fields: Fields): TapPeople | undefined {
  if (!fields.has('operators')) {
    const operator = fields.has('operator') ? fields.text('operator') : '*';
    return operator === '*' ? undefined : { users: [operator], groups: [], others: [] };
  }
  const operators = fields.object('operators');
  if (operators.has('wildcard')) return undefined;
  return readPeople(operators, ['services']);
}

function readSigners(fields: Fields): TapPeople | undefined {
  if (fields.has('designatedSigners')) {
    const people = readPeople(fields.object('designatedSigners'), []);
    return people.users.length + people.groups.length > 0 ? people : undefined;
  }
  if (!fields.has('designatedSigner')) return undefined;
  return { users: [fields.text('designatedSigner')], groups: [], others: [] };
}

function readPeople(fields: Fields, more: readonly string[]): TapPeople {
  fields.requireOnly(['users', 'usersGroups', ...more]);
  const others = more.flatMap((name) =>
    Array.isArray(fields.get(name)) ? fields.texts(name) : [],
  );
  return { users: fields.texts('users'), groups: fields.texts('usersGroups'), others };
}

/** `{ ids: [[id, type, subtype]] }`, or the older `srcType` and `srcId`. Undefined: any. */
function readPeers(fields: Fields, name: 'src' | 'dst'): readonly TapPeer[] | undefined {
  if (!fields.has(name)) {
    const type = fields.has(`${name}Type`) ? fields.text(`${name}Type`) : '*';
    const id = fields.has(`${name}Id`) ? fields.text(`${name}Id`) : '*';
    return type === '*' && id === '*' ? undefined : [{ id, type }];
  }
  const peers = fields.object(name);
  peers.requireOnly(['ids']);
  const ids = peers.list('ids').map((entry): TapPeer => {
    const parts: readonly unknown[] = Array.isArray(entry) ? entry : [];
    const [id, type = '*'] = parts;
    if (typeof id === 'string' && typeof type === 'string') return { id, type };
    throw peers.wrong('ids', 'not a list of [id, type, subtype]');
  });
  if (ids.length === 0) throw peers.wrong('ids', 'empty');
  return ids.some(({ id, type }) => id === '*' && type === '*') ? undefined : ids;
}

function readApprovals(fields: Fields): TapApprovals {
  if (!fields.has('authorizationGroups')) {
    const users = fields.texts('authorizers');
    const count = fields.has('authorizersCount') ? fields.whole('authorizersCount') : 1;
    const groups = users.length === 0 ? [] : [{ users, groups: [], others: [], count }];
    return { isAny: false, mayInitiator: false, groups };
  }
  const all = fields.object('authorizationGroups');
  all.requireOnly(['logic', 'allowOperatorAsAuthorizer', 'groups']);
  return {
    isAny: all.has('logic') && all.choice('logic', ['AND', 'OR']) === 'OR',
    mayInitiator: all.is('allowOperatorAsAuthorizer'),
    groups: all.objects('groups').map((group) => {
      const count = group.has('th') ? group.whole('th') : 1;
      return { ...readPeople(group, ['th']), count };
    }),
  };
}
