/**
 * Policies as the DFNS API returns them (`GET /v2/policies`, or one of them), read strictly: what is
 * not in the typed API is refused with its place rather than guessed.
 */
import { invalidInput } from '#core/errors.ts';

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

/** An object of JSON, with the place at which it stands for messages. */
export class Fields {
  readonly place: string;
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw wrong(place, 'not an object');
    }
    this.place = place;
    this.#values = new Map(Object.entries(value));
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  get(name: string): unknown {
    return this.#values.get(name) ?? undefined;
  }

  object(name: string): Fields {
    return new Fields(this.get(name) ?? {}, `${this.place}.${name}`);
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value)) throw wrong(`${this.place}.${name}`, 'not a list');
    return value;
  }

  texts(name: string): readonly string[] {
    return this.list(name).map((value, index) => {
      if (typeof value === 'string') return value;
      throw wrong(`${this.place}.${name}[${index}]`, 'not a text');
    });
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value === 'string' && value !== '') return value;
    throw wrong(`${this.place}.${name}`, 'not a text');
  }

  /** A whole number from 0, which the documentation sometimes writes as a text. */
  whole(name: string): number {
    const value = this.get(name);
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw wrong(`${this.place}.${name}`, 'not a whole number');
  }

  /** A number from 0 as its decimal text; a limit may be written as a text. */
  decimal(name: string): string {
    const value = this.get(name);
    const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    if (/^(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return text;
    throw wrong(`${this.place}.${name}`, 'not a decimal number');
  }

  is(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw wrong(`${this.place}.${name}`, 'not true or false');
  }
}

const wrong = (place: string, reason: string) =>
  invalidInput(place, reason, 'Export it again: GET /v2/policies gives { "items": [...] }.');

/** A page of policies, a plain list of them, or one alone. @throws INVALID_INPUT */
export function readDfnsPolicies(text: string): readonly DfnsPolicy[] {
  const [value, place] = itemsOf(parseJson(text), 'policies');
  return value.map((policy, index) => readPolicy(new Fields(policy, `${place}[${index}]`)));
}

/** E-mail addresses by user id, from `GET /auth/users`. @throws INVALID_INPUT */
export function readDfnsUsers(text: string): ReadonlyMap<string, string> {
  const [value, place] = itemsOf(parseJson(text), 'users');
  return new Map(
    value.map((user, index) => {
      const fields = new Fields(user, `${place}[${index}]`);
      return [fields.text('userId'), fields.text('username')];
    }),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrong('file', `not JSON (${error.message})`);
    throw error;
  }
}

function itemsOf(value: unknown, what: string): readonly [readonly unknown[], string] {
  if (Array.isArray(value)) return [value, what];
  const fields = new Fields(value, what);
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
  if (kind !== 'RequestApproval') throw wrong(`${action.place}.kind`, `not an action: ${kind}`);
  const groups = action
    .list('approvalGroups')
    .map((group, index) =>
      readGroup(new Fields(group, `${action.place}.approvalGroups[${index}]`)),
    );
  if (groups.length === 0) throw wrong(`${action.place}.approvalGroups`, 'empty');
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
  const unknown = filters.names.find((name) => !KNOWN_FILTERS.includes(name));
  if (unknown !== undefined) throw wrong(`${filters.place}.${unknown}`, 'not a known filter');
  const tags = filters.object('walletTags');
  return {
    wallets: filters.object('walletId').texts('in'),
    anyTags: tags.texts('hasAny'),
    allTags: tags.texts('hasAll'),
    policies: filters.object('policyId').texts('in'),
    permissions: filters.object('permissionId').texts('in'),
  };
}
