/** Takes facts out of a snapshot. */
import type { Snapshot } from '#policy-lang/snapshot.ts';

/**
 * What can be removed and is missing then. Not among them: the groups of the initiator and the
 * network, in whose place the policy's own groups and the asset's network count, and the failure of
 * a screening, without which it has succeeded.
 */
export const REMOVABLE = [
  'wallet',
  'wallet.tags',
  'wallet.address',
  'initiator',
  'initiator.email',
  'initiator.roles',
  'asset',
  'units',
  'recipient',
  'sender',
  'call',
  'call.contract',
  'call.function',
  'call.value',
  'call.args',
  'message',
  'typedData',
  'typedData.primaryType',
  'typedData.fields',
  'screening',
  'screening.alertLevel',
  'screening.riskScore',
  'screening.categories',
  'change',
  'change.role',
  'prices',
  'aggregates',
  'seen',
] as const;

export type Removable = (typeof REMOVABLE)[number];

export function without(snapshot: Snapshot, paths: readonly Removable[]): Snapshot {
  const aggregates = paths.includes('aggregates')
    ? []
    : [...snapshot.aggregates].map(
        ([key, fact]) => [key, paths.includes('seen') ? { total: fact.total } : fact] as const,
      );
  return {
    ...snapshot,
    request: paths.reduce<object>(withoutPath, snapshot.request),
    prices: paths.includes('prices') ? new Map() : snapshot.prices,
    aggregates: new Map(aggregates),
  };
}

function withoutPath(record: object, path: string): object {
  const [name = '', ...more] = path.split('.');
  const { [name]: value, ...rest } = record as Record<string, unknown>;
  if (value === undefined || more.length === 0) return rest;
  return { ...rest, [name]: withoutPath(value as object, more.join('.')) };
}
