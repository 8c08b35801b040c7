/** What a bundle imports `from "registry"`: the content is not in its files. */
import { nameAdvice } from '#policy-lang/checking/nearest-name.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { RegistryGroup, RegistryList } from '#policy-lang/registry.ts';
import type { Import } from '#policy-lang/syntax/syntax.ts';
import { type AddressKey, readAddress } from '#policy-lang/values/address.ts';
import type { World } from '#policy-lang/world.ts';
import { type AddressList, familyOf } from './list-file.ts';

/** It stands in the place of a path. */
export const isOfRegistry = ({ from }: Import): boolean => from.text === 'registry';

/** What the registry holds under the name of an import; nothing where it is not known. */
export function readRegistered(
  item: Import,
  { registry, isPublished = false }: World,
  report: Report,
): { readonly list: RegistryList; readonly group: RegistryGroup } {
  const name = item.name.text;
  const list = registry?.lists.get(name);
  const group = registry?.groups.get(name);
  const found = {
    list: list ?? { version: 0, entries: [] },
    group: group ?? { version: 0, members: [] },
  };
  if (item.of === 'contracts') {
    const hint = 'Put them into abi/NAME.json.';
    const message = 'The registry holds lists and groups, not contracts.';
    report.add('BAD_IMPORT', item.from.span, message, hint);
  } else if (!isPublished) requireRegistered(item, registry, report);
  return found;
}

function requireRegistered(item: Import, registry: World['registry'], report: Report): void {
  const name = item.name.text;
  if (registry === undefined) {
    const message = `What the registry holds as ${name} is not known here.`;
    const hint =
      'Put it into registry.json beside the policy: "countersign registry save" writes it.';
    report.add('NO_REGISTRY', item.from.span, message, hint);
    return;
  }
  const parts =
    item.of === 'list' ? registry.lists.get(name)?.entries : registry.groups.get(name)?.members;
  if (parts === undefined) {
    const known = item.of === 'list' ? registry.lists.keys() : registry.groups.keys();
    const message = `The registry has no ${item.of} "${name}".`;
    report.add('BAD_IMPORT', item.name.span, message, () => nameAdvice(item.name, known));
  } else if (parts.length === 0) {
    const message = `The ${item.of} ${name} of the registry is empty.`;
    report.add('BAD_IMPORT', item.name.span, message, 'Add an entry before a rule rests on it.');
  }
}

/** The registry's entries by address; who enters them there has them checked as well. */
export function addressesOf(
  item: Import,
  { entries }: RegistryList,
  world: World,
  report: Report,
): AddressList {
  const list = new Map<AddressKey, string>();
  for (const { label, network, address } of entries) {
    const family = familyOf(world, network);
    const read = family === undefined ? undefined : readAddress(address, family);
    if (read?.ok === true) {
      if (!list.has(read.key)) list.set(read.key, label);
      continue;
    }
    const message = `The registry's list ${item.name.text} has an entry that is no address of ${network}: ${address}.`;
    report.add('BAD_ADDRESS', item.name.span, message, 'Correct the entry in the registry.');
  }
  return list;
}
