/** The organisation's registry: address lists and groups that policies read `from "registry"`. */
import { requireAction } from '#identity/action.ts';
import type { Actor } from '#identity/actor.ts';
import { findAuthority } from '#identity/authority.ts';
import type { Effect } from '#identity/change-request.ts';
import { record } from '#identity/services.ts';
import { signedChange } from '#identity/signed-change.ts';
import type { SignedAction } from '#identity/user-action.ts';
import type { GroupState, ListState } from '#mandate/authority/state.ts';
import { addressListChange, groupChange } from '#mandate/change-input.ts';
import {
  parseEmail,
  parseLabel,
  parseRegistryName,
  requireGroup,
  requireList,
} from '#mandate/fields.ts';
import { requirePermission } from '#mandate/permissions.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { ChangeRequestRow } from '#persistence/change.ts';
import { reader } from '#persistence/database.ts';
import type { Services } from './services.ts';

export type AddressListInput = {
  readonly name: string;
  readonly entries: readonly {
    readonly label: string;
    readonly network: string;
    readonly address: string;
  }[];
};

export type GroupInput = { readonly name: string; readonly members: readonly string[] };

/** The canonical form: what is signed. @throws INVALID_INPUT */
export function parseAddressList({ name, entries }: AddressListInput) {
  const read = entries.map(({ label, network, address }) => {
    const known = findNetwork(network, 'entries');
    const place = verbsOf(known).parseAddress(address, 'entries');
    return { label: parseLabel(label), network: known.id, address: place };
  });
  return addressListChange({ name: parseRegistryName(name), entries: requireList(read) });
}

/** The canonical form: what is signed. @throws INVALID_INPUT */
export function parseGroup({ name, members }: GroupInput) {
  const emails = members.map((email) => parseEmail(email, 'members'));
  return groupChange({ name: parseRegistryName(name), members: requireGroup(emails) });
}

/**
 * The whole list, as it is from now on.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function setAddressList(
  services: Services,
  actor: Actor,
  input: AddressListInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'setAddressList');
  const change = { operation: 'setAddressList', input: parseAddressList(input), signed };
  return signedChange(services, actor, change, listSet);
}

/**
 * The whole group, as it is from now on.
 * @throws FORBIDDEN, INVALID_INPUT, and what `signedChange` throws
 */
export async function setGroup(
  services: Services,
  actor: Actor,
  input: GroupInput,
  signed: SignedAction | null | undefined,
): Promise<ChangeRequestRow> {
  await requireAction(services, actor, 'setGroup');
  const change = { operation: 'setGroup', input: parseGroup(input), signed };
  return signedChange(services, actor, change, groupSet);
}

export const listSet: Effect<Services> = async (services, tx, { change, subject, state }) => {
  const { version = 0, entries = [] } = state.lists.get(subject) ?? {};
  const { organization, requestedBy: actor } = change;
  const detail = { version, entries: entries.length };
  await record(services, tx, { organization, actor, action: 'list.set', subject, detail });
};

export const groupSet: Effect<Services> = async (services, tx, { change, subject, state }) => {
  const { version = 0, members = [] } = state.groups.get(subject) ?? {};
  const { organization, requestedBy: actor } = change;
  const detail = { version, members: members.map(({ user }) => user) };
  await record(services, tx, { organization, actor, action: 'group.set', subject, detail });
};

export type Named<T> = T & { readonly name: string };

/** By name. @throws FORBIDDEN */
export async function readLists(
  services: Services,
  actor: Actor,
): Promise<readonly Named<ListState>[]> {
  requirePermission(actor, 'policies:read');
  const state = await findAuthority(reader(services.db), actor.organization);
  return inOrder(state?.lists ?? new Map<string, ListState>());
}

/** By name. @throws FORBIDDEN */
export async function readGroups(
  services: Services,
  actor: Actor,
): Promise<readonly Named<GroupState>[]> {
  requirePermission(actor, 'policies:read');
  const state = await findAuthority(reader(services.db), actor.organization);
  return inOrder(state?.groups ?? new Map<string, GroupState>());
}

const inOrder = <T>(parts: ReadonlyMap<string, T>): readonly Named<T>[] =>
  [...parts]
    .map(([name, part]) => ({ ...part, name }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
