/**
 * Policies as the DFNS API returns them (`GET /v2/policies`, or one of them), read strictly: what is
 * not in the typed API is refused with its place rather than guessed.
 */
import { Fields, parseJson } from '#policy-tools/json-fields.ts';

export type DfnsPolicy = {
  readonly id?: string;
  readonly name: string;
  readonly status?: string;
  readonly activityKind: string;
  readonly rule: { readonly kind: string; readonly configuration: Fields };
  readonly action: DfnsAction;
  readonly filters: DfnsFilters;
  readonly hasPendingChange: boolean;
};

export type DfnsAction =
  | { readonly kind: 'Block' | 'NoAction' }
  | {
      readonly kind: 'RequestApproval';
      readonly groups: readonly DfnsGroup[];
      /** Minutes. */
      readonly autoRejectTimeout?: number;
    };

export type DfnsGroup = {
  readonly name?: string;
  readonly quorum: number;
  /** Absent: everybody of the organisation. */
  readonly users?: readonly string[];
  readonly initiatorCanApprove: boolean;
  readonly serviceAccountsCanApprove: boolean;
};

export type DfnsFilters = {
  readonly wallets: readonly string[];
  readonly anyTags: readonly string[];
  readonly allTags: readonly string[];
  readonly policies: readonly string[];
  readonly permissions: readonly string[];
};

const HINT = 'Export it again: GET /v2/policies gives { "items": [...] }.';

/** A page of policies, a plain list of them, or one alone. @throws INVALID_INPUT */
export function readDfnsPolicies(text: string): readonly DfnsPolicy[] {
  const [value, place] = itemsOf(parseJson(text, HINT), 'policies');
  return value.map((policy, index) => readPolicy(new Fields(policy, `${place}[${index}]`, HINT)));
}

/** E-mail addresses by user id, from `GET /auth/users`. @throws INVALID_INPUT */
export function readDfnsUsers(text: string): ReadonlyMap<string, string> {
  const [value, place] = itemsOf(parseJson(text, HINT), 'users');
  return new Map(
    value.map((user, index) => {
      const fields = new Fields(user, `${place}[${index}]`, HINT);
      return [fields.text('userId'), fields.text('username')];
    }),
  );
}

function itemsOf(value: unknown, what: string): readonly [readonly unknown[], string] {
  if (Array.isArray(value)) return [value, what];
  const fields = new Fields(value, what, HINT);
  return fields.get('items') === undefined ? [[value], what] : [fields.list('items'), 'items'];
}

function readPolicy(fields: Fields): DfnsPolicy {
  const rule = fields.object('rule');
  const id = fields.get('id');
  const status = fields.get('status');
  return {
    ...(typeof id === 'string' && { id }),
    ...(typeof status === 'string' && { status }),
    name: fields.text('name'),
    activityKind: fields.text('activityKind'),
    rule: { kind: rule.text('kind'), configuration: rule.object('configuration') },
    action: readAction(fields.object('action')),
    filters: readFilters(fields.object('filters')),
    hasPendingChange: fields.get('pendingChangeRequest') !== undefined,
  };
}

function readAction(action: Fields): DfnsAction {
  const kind = action.text('kind');
  if (kind === 'Block' || kind === 'NoAction') return { kind };
  if (kind !== 'RequestApproval') throw action.wrong('kind', `not an action: ${kind}`);
  const groups = action.objects('approvalGroups').map(readGroup);
  if (groups.length === 0) throw action.wrong('approvalGroups', 'empty');
  const timeout = action.get('autoRejectTimeout');
  if (timeout === undefined) return { kind, groups };
  return { kind, groups, autoRejectTimeout: action.whole('autoRejectTimeout') };
}

function readGroup(group: Fields): DfnsGroup {
  const name = group.get('name');
  const users = group.object('approvers').get('userId');
  return {
    ...(typeof name === 'string' && name !== '' && { name }),
    ...(users !== undefined && { users: group.object('approvers').object('userId').texts('in') }),
    quorum: group.whole('quorum'),
    initiatorCanApprove: group.is('initiatorCanApprove'),
    serviceAccountsCanApprove: group.is('serviceAccountsCanApprove'),
  };
}

const KNOWN_FILTERS = ['walletId', 'walletTags', 'policyId', 'permissionId'];

function readFilters(filters: Fields): DfnsFilters {
  filters.requireOnly(KNOWN_FILTERS);
  const tags = filters.object('walletTags');
  return {
    wallets: filters.object('walletId').texts('in'),
    anyTags: tags.texts('hasAny'),
    allTags: tags.texts('hasAll'),
    policies: filters.object('policyId').texts('in'),
    permissions: filters.object('permissionId').texts('in'),
  };
}
