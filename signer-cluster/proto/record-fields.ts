/** A committee's record as it lies in a file: what workers read of it, and how each node is reached. */
import { type Bytes, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import type { NodeKeys } from '#mandate/receipt-text.ts';
import { nodeName, nodeNameOf } from './service.ts';

/** The record's name in a node's folder, and in the workers'. */
export const RECORD_FILE = 'committee.json';

/** In hex; `reach` is absent where the workers' own configuration says it. */
export type MemberFields = {
  readonly party: number;
  readonly identity: string;
  readonly encryption: string;
  readonly reach?: { readonly address: string; readonly ca: string };
};

export type RecordFields = {
  readonly domain: string;
  readonly generation: number;
  readonly threshold: number;
  readonly members: readonly MemberFields[];
  readonly retired: readonly MemberFields[];
  readonly previous?: {
    readonly hash: string;
    readonly threshold: number;
    readonly parties: readonly number[];
  };
};

/** How a worker meets a node: its address, the PEM of its authority, and the name that it must show. */
export type NodePlace = {
  readonly party: number;
  readonly isRetired: boolean;
  readonly address?: string;
  readonly ca?: string;
  readonly name: string;
};

/**
 * Of everybody in the record. A wrong one leads a worker to nodes that refuse it.
 * @throws SyntaxError, TypeError for a text that is no record
 */
export function placesIn(text: string): readonly NodePlace[] {
  const { members, retired } = JSON.parse(text) as RecordFields;
  return [
    ...members.map((member) => placeOf(member, false)),
    ...retired.map((member) => placeOf(member, true)),
  ];
}

function placeOf({ party, identity, reach }: MemberFields, isRetired: boolean): NodePlace {
  if (reach === undefined) return { party, isRetired, name: nodeName(party) };
  return { party, isRetired, ...reach, name: nodeNameOf(parseHex(identity, 'identity')) };
}

/**
 * By which a worker checks what members have signed.
 * @throws SyntaxError, TypeError for a text that is no record; INVALID_INPUT for keys of no committee
 */
export function keysIn(text: string): NodeKeys {
  const { threshold, members } = JSON.parse(text) as RecordFields;
  const keys = new Map<number, Bytes>();
  for (const { party, identity } of members) keys.set(party, parseHex(identity, 'identity'));
  const identities = new Set(members.map(({ identity }) => identity));
  const areKeys = [...keys.values()].every(({ length }) => length === 32);
  const isWhole = keys.size === members.length && identities.size === members.length;
  const isShaped = Number.isSafeInteger(threshold) && threshold >= 2 && threshold <= keys.size;
  if (areKeys && isWhole && isShaped) return { threshold, members: keys.size, keys };
  const hint = 'Take the file that the operators have pinned.';
  throw invalidInput(RECORD_FILE, 'not the record of a committee', hint);
}
