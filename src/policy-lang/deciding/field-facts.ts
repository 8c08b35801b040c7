/**
 * How the fields that authors name are read from a request. Each reader is chosen once, when a
 * policy is linked. A value of another type than the field's is no value.
 */
import { type AddressKey } from '#policy-lang/values/address.ts';
import { knownAddressKey } from '#policy-lang/values/address-memory.ts';
import type { FieldPath, FieldRef } from '#policy-lang/checking/condition.ts';
import { type Exact, whole } from '#policy-lang/values/exact.ts';
import type { Facts } from './facts.ts';
import type { FactValue, Level, RequestFacts, ScreeningFacts } from '#policy-lang/snapshot.ts';

export type Reader<T> = (facts: Facts) => T | undefined;

/** The path as the author writes it: `call.arg "amount"`. */
export const pathOf = ({ path, argument }: FieldRef): string =>
  argument === undefined ? path : `${path} ${JSON.stringify(argument)}`;

/** What a screening found; nothing once it has failed. */
const found = ({ screening }: RequestFacts): ScreeningFacts | undefined =>
  screening?.failure === undefined ? screening : undefined;

type Table<T> = { readonly [path in FieldPath]?: (request: RequestFacts) => T | undefined };

/** What `screening.failure` is where the screening succeeded. */
const NO_FAILURE = 'none';

const TEXTS: Table<string> = {
  wallet: ({ wallet }) => wallet?.id,
  initiator: ({ initiator }) => initiator?.id,
  'call.function': ({ call }) => call?.function,
  'message.kind': ({ message }) => message?.kind,
  'typed-data.primary-type': ({ typedData }) => typedData?.primaryType,
  'typed-data.domain-name': ({ typedData }) => typedData?.domainName,
  'screening.travel-rule': (request) => found(request)?.travelRule,
  'screening.failure': ({ screening }) => screening && (screening.failure ?? NO_FAILURE),
  'change.kind': ({ change }) => change?.kind,
  'change.target': ({ change }) => change?.target,
  'change.role': ({ change }) => change?.role,
};

const TEXT_SETS: Table<readonly string[]> = {
  'wallet.tags': ({ wallet }) => wallet?.tags,
  'initiator.roles': ({ initiator }) => initiator?.roles,
  'screening.direct-exposure': (request) => found(request)?.directExposure,
  'screening.categories': (request) => found(request)?.categories,
  'screening.address-categories': (request) => found(request)?.addressCategories,
};

const ADDRESSES: Table<string> = {
  'wallet.address': ({ wallet }) => wallet?.address,
  recipient: ({ recipient }) => recipient,
  sender: ({ sender }) => sender,
  'call.contract': ({ call }) => call?.contract,
  'typed-data.contract': ({ typedData }) => typedData?.contract,
};

/** Arguments of calls and fields of typed data have a name and one of several types. */
const NAMED: { readonly [path in FieldPath]?: (request: RequestFacts) => NamedValues } = {
  'call.arg': ({ call }) => call?.args,
  'typed-data.field': ({ typedData }) => typedData?.fields,
};
type NamedValues = ReadonlyMap<string, FactValue> | undefined;

function namedReader({ path, argument = '' }: FieldRef): Reader<FactValue> | undefined {
  const values = NAMED[path];
  return values && ((facts) => values(facts.request)?.get(argument));
}

/** The checker admits a field in a comparison by its type, so this is a mistake of ours. */
function unreadable(field: FieldRef, type: string): never {
  throw new Error(`the field ${pathOf(field)} is no ${type}`);
}

export function textReader(field: FieldRef): Reader<string> {
  if (field.path === 'network') return (facts) => facts.network;
  if (field.path === 'asset') return (facts) => facts.asset;
  const named = namedReader(field);
  if (named !== undefined) {
    return (facts) => {
      const value = named(facts);
      return value?.type === 'text' ? value.text : undefined;
    };
  }
  const read = TEXTS[field.path] ?? unreadable(field, 'text');
  return (facts) => read(facts.request);
}

export function textSetReader(field: FieldRef): Reader<readonly string[]> {
  const read = TEXT_SETS[field.path] ?? unreadable(field, 'set of texts');
  return (facts) => read(facts.request);
}

/** The address as the request spells it. */
export function spellingReader(field: FieldRef): Reader<string> {
  const named = namedReader(field);
  if (named !== undefined) {
    return (facts) => {
      const value = named(facts);
      return value?.type === 'address' ? value.address : undefined;
    };
  }
  const read = ADDRESSES[field.path] ?? unreadable(field, 'address');
  return (facts) => read(facts.request);
}

export function addressReader(field: FieldRef): Reader<AddressKey> {
  const read = spellingReader(field);
  return (facts) => {
    const spelling = read(facts);
    return spelling === undefined ? undefined : knownAddressKey(spelling);
  };
}

export function numberReader(field: FieldRef): Reader<Exact> {
  if (field.path === 'screening.risk-score') return (facts) => found(facts.request)?.riskScore;
  const read = wholeReader(field);
  return (facts) => {
    const number = read(facts);
    return number === undefined ? undefined : whole(number);
  };
}

export function wholeReader(field: FieldRef): Reader<bigint> {
  if (field.path === 'call.value') {
    return ({ request }) => {
      const value = request.call?.value;
      return value !== undefined && value >= 0n ? value : undefined;
    };
  }
  const named = namedReader(field) ?? unreadable(field, 'number');
  return (facts) => {
    const value = named(facts);
    return value?.type === 'number' ? value.number : undefined;
  };
}

export function levelReader(field: FieldRef): Reader<Level> {
  if (field.path !== 'screening.alert-level') return unreadable(field, 'level');
  return (facts) => found(facts.request)?.alertLevel;
}

export function flagReader(field: FieldRef): Reader<boolean> {
  const named = namedReader(field) ?? unreadable(field, 'yes or no');
  return (facts) => {
    const value = named(facts);
    return value?.type === 'boolean' ? value.value : undefined;
  };
}
