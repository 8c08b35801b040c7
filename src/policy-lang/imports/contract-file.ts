/**
 * Imported contracts: `abi/NAME.json`, one object
 * `{ "network": "ethereum", "addresses": ["0x..."], "abi": [...], "types": {...} }`.
 * `abi` is the standard JSON ABI (docs.soliditylang.org, "ABI specification, JSON"), of which functions
 * and their inputs are read; `types` are the types of EIP-712 messages that the contracts verify, as
 * `eth_signTypedData_v4` writes them. Either may be absent. Total: whatever the file holds, the result
 * is a set of contracts and diagnostics.
 */
import type { NetworkId } from '#core/money.ts';
import type { AddressKey } from '#policy-lang/values/address.ts';
import { type ArgumentType, argumentType } from './argument-type.ts';
import { hiddenCharacters } from '#policy-lang/syntax/characters.ts';
import { readSoundAddress } from '#policy-lang/checks/sound-addresses.ts';
import { MAX_CONTRACT_ENTRIES } from '#policy-lang/syntax/limits.ts';
import { type AddressList, familyOf, networkNames } from './list-file.ts';
import { type Advice, didYouMean } from '#policy-lang/checking/nearest-name.ts';
import { repeatedKey } from './repeated-key.ts';
import type { Report } from '#policy-lang/checking/report.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { World } from '#policy-lang/world.ts';

/** What the arguments of a function, or the fields of a type, are by name. */
export type Arguments = ReadonlyMap<string, ArgumentType>;

export type ContractSet = {
  /** Absent where the file is broken. */
  readonly network?: NetworkId;
  /** By address; the labels are empty. */
  readonly addresses: AddressList;
  /** Functions of one name with other inputs stand beside each other. */
  readonly functions: ReadonlyMap<string, readonly Arguments[]>;
  readonly types: ReadonlyMap<string, Arguments>;
};

export const NO_CONTRACTS: ContractSet = {
  addresses: new Map(),
  functions: new Map(),
  types: new Map(),
};

const SHAPE = 'Write { "network": "ethereum", "addresses": ["0x..."], "abi": [...] }.';
const KEYS = new Set(['network', 'addresses', 'abi', 'types']);
/** Structures inside structures. */
const MAX_STRUCTURES = 8;

type Reading = {
  readonly source: SourceText;
  readonly report: Report;
  /** Names that were read, so that no file can stand for more than the limit. */
  entries: number;
};

export function readContractFile(source: SourceText, world: World, report: Report): ContractSet {
  const hidden = hiddenCharacters(source.text);
  for (const { code, offset, length, message, hint } of hidden) {
    report.add(code, source.span(offset, offset + length), message, hint);
  }
  if (hidden.length > 0) return NO_CONTRACTS;
  const reading = { source, report, entries: 0 };
  const file = readJson(reading);
  if (file === undefined) return NO_CONTRACTS;
  for (const key of Object.keys(file)) {
    if (!KEYS.has(key)) fault(reading, key, `The file of contracts has no place for "${key}".`);
  }
  const network = readNetwork(reading, file['network'], world);
  const addresses = readAddresses(reading, file['addresses']);
  const functions = readFunctions(reading, file['abi'] ?? []);
  const types = readTypes(reading, file['types'] ?? {});
  return { ...(network && { network }), addresses, functions, types };
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readJson(reading: Reading): Json | undefined {
  let value: unknown;
  try {
    value = JSON.parse(reading.source.text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    fault(reading, '', 'The file is not JSON.');
    return undefined;
  }
  const { source, report } = reading;
  const twice = repeatedKey(source.text);
  if (twice !== undefined) {
    const span = source.span(twice.offset, twice.offset + twice.length);
    const hint = 'Delete one of the two: which of them counts, nobody can see.';
    report.add('BAD_IMPORT', span, `The key "${twice.key}" stands here twice.`, hint);
    return undefined;
  }
  if (isObject(value)) return value;
  fault(reading, '', 'The file is not an object.');
  return undefined;
}

/** Points at the first place where the word stands in quotes, or at the start of the file. */
function fault(
  { source, report }: Reading,
  word: string,
  message: string,
  hint: string | (() => Advice | undefined) = SHAPE,
): void {
  const at = word === '' ? -1 : source.text.indexOf(JSON.stringify(word));
  const span = at < 0 ? source.span(0, 0) : source.span(at, at + word.length + 2);
  report.add('BAD_IMPORT', span, message, hint);
}

function readNetwork(reading: Reading, value: unknown, world: World): NetworkId | undefined {
  if (typeof value !== 'string') {
    fault(reading, 'network', 'The file does not name the network of its contracts.');
    return undefined;
  }
  if (familyOf(world, value) === 'evm') return value as NetworkId;
  const found = familyOf(world, value) === undefined ? 'There is no network' : 'No ABI belongs to';
  fault(reading, value, `${found} "${value}".`, () => {
    const advice = didYouMean(value, networkNames(world));
    return typeof advice === 'object' ? advice.hint : advice;
  });
  return undefined;
}

function readAddresses(reading: Reading, value: unknown): AddressList {
  const list = new Map<AddressKey, string>();
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CONTRACT_ENTRIES) {
    const message = `The file lists no "addresses", or more than ${MAX_CONTRACT_ENTRIES}.`;
    fault(reading, 'addresses', message);
    return list;
  }
  for (const text of value as unknown[]) {
    if (typeof text !== 'string') {
      fault(reading, 'addresses', 'An address is a text.');
      continue;
    }
    const at = Math.max(0, reading.source.text.indexOf(JSON.stringify(text)));
    const span = reading.source.span(at + 1, at + 1 + text.length);
    const key = readSoundAddress(reading.report, { text, span }, 'evm');
    if (key !== undefined) list.set(key, '');
  }
  return list;
}

/** Whether one more name fits; what does not is reported once. */
function counted(reading: Reading): boolean {
  reading.entries += 1;
  if (reading.entries <= MAX_CONTRACT_ENTRIES) return true;
  const message = `The file names more than ${MAX_CONTRACT_ENTRIES} functions, types and inputs.`;
  const hint = 'Keep the functions that the rules name.';
  reading.report.add('POLICY_TOO_LARGE', reading.source.span(0, 0), message, hint);
  return false;
}

function readFunctions(reading: Reading, abi: unknown): ReadonlyMap<string, readonly Arguments[]> {
  const functions = new Map<string, readonly Arguments[]>();
  if (!Array.isArray(abi)) {
    fault(reading, 'abi', 'The "abi" is a list of functions.');
    return functions;
  }
  for (const entry of abi as unknown[]) {
    if (!isObject(entry) || entry['type'] !== 'function') continue;
    const { name, inputs } = entry;
    if (typeof name !== 'string' || name === '' || !Array.isArray(inputs)) {
      fault(reading, 'abi', 'A function of the "abi" has a "name" and "inputs".');
      continue;
    }
    if (!counted(reading)) break;
    const named = new Map<string, ArgumentType>();
    readInputs(reading, inputs, '', named, 0);
    functions.set(name, [...(functions.get(name) ?? []), named]);
  }
  return functions;
}

/** The parts of a structure stand behind a point: `params.amountIn`. */
function readInputs(
  reading: Reading,
  inputs: readonly unknown[],
  prefix: string,
  into: Map<string, ArgumentType>,
  depth: number,
): void {
  for (const input of inputs) {
    if (!isObject(input) || typeof input['type'] !== 'string') {
      fault(reading, 'inputs', 'An input of a function has a "name" and a "type".');
      continue;
    }
    const { name, type, components } = input;
    if (typeof name !== 'string' || name === '' || !counted(reading)) continue;
    if (type === 'tuple' && Array.isArray(components) && depth < MAX_STRUCTURES) {
      readInputs(reading, components, `${prefix}${name}.`, into, depth + 1);
    } else into.set(`${prefix}${name}`, argumentType(type));
  }
}

function readTypes(reading: Reading, types: unknown): ReadonlyMap<string, Arguments> {
  const read = new Map<string, Arguments>();
  if (!isObject(types)) {
    fault(reading, 'types', 'The "types" are an object of lists of fields.');
    return read;
  }
  for (const name of Object.keys(types)) {
    if (name === 'EIP712Domain') continue;
    if (!counted(reading)) break;
    const fields = new Map<string, ArgumentType>();
    readFields(reading, types, name, '', fields, 0);
    read.set(name, fields);
  }
  return read;
}

function readFields(
  reading: Reading,
  types: Json,
  type: string,
  prefix: string,
  into: Map<string, ArgumentType>,
  depth: number,
): void {
  const fields = Object.hasOwn(types, type) ? types[type] : undefined;
  if (!Array.isArray(fields)) {
    fault(reading, type, `The type "${type}" is a list of fields.`);
    return;
  }
  for (const field of fields as unknown[]) {
    const [name, of] = isObject(field) ? [field['name'], field['type']] : [];
    if (typeof name !== 'string' || typeof of !== 'string') {
      fault(reading, type, `A field of the type "${type}" has a "name" and a "type".`);
      continue;
    }
    if (!counted(reading)) return;
    const isStructure = Object.hasOwn(types, of) && depth < MAX_STRUCTURES;
    if (isStructure) readFields(reading, types, of, `${prefix}${name}.`, into, depth + 1);
    else into.set(`${prefix}${name}`, argumentType(of));
  }
}
