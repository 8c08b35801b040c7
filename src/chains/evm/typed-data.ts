/**
 * EIP-712 typed structured data: the hash of a struct, the separator of a domain, and the digest that
 * is signed. Of the types the three that permits and their domains are made of - `address`, `uint256`
 * and `string` - and structs of them; whoever signs knows the type beforehand, so there is no other.
 */
import { type Bytes, concat, utf8 } from '#core/bytes.ts';
import { keccak256 } from '#core/hashing.ts';
import { addressWord, word } from './word.ts';

export type Field = { readonly name: string; readonly type: string };

/** By name. What is no `address`, `uint256` or `string` names another of them. */
export type StructTypes = { readonly [name: string]: readonly Field[] };

/** An address in its canonical spelling, a number of at most 256 bits, a text, or a struct. */
export type FieldValue = string | bigint | StructValue;
export type StructValue = { readonly [field: string]: FieldValue };

/** `address` and `bytes32` are not among them: EIP-712 leaves out what a domain does not have. */
export type Eip712Domain = {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: string;
};

export const DOMAIN_FIELDS: readonly Field[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];

const PREFIX = Uint8Array.of(0x19, 0x01);

/** `Mail(Person from,...)Person(...)`: the type, and those that it is made of by their names' order. */
export function encodeType(types: StructTypes, name: string): string {
  const used = new Set<string>();
  const visit = (type: string) => {
    if (used.has(type) || types[type] === undefined) return;
    used.add(type);
    for (const field of types[type]) visit(field.type);
  };
  visit(name);
  used.delete(name);
  return [name, ...[...used].toSorted()].map((type) => memberText(types, type)).join('');
}

const fieldsOf = (types: StructTypes, name: string): readonly Field[] => {
  const fields = types[name];
  if (fields === undefined) throw new Error(`there is no struct type ${name}`);
  return fields;
};

const memberText = (types: StructTypes, name: string): string =>
  `${name}(${fieldsOf(types, name)
    .map((field) => `${field.type} ${field.name}`)
    .join(',')})`;

/** Keccak-256 over the hash of the type and each field in 32 bytes. */
export const hashStruct = (types: StructTypes, name: string, value: StructValue): Bytes =>
  keccak256(
    concat(
      keccak256(utf8(encodeType(types, name))),
      ...fieldsOf(types, name).map((field) => encodeField(types, field, value[field.name])),
    ),
  );

function encodeField(types: StructTypes, { name, type }: Field, value?: FieldValue): Bytes {
  if (type === 'uint256' && typeof value === 'bigint') return word(value);
  if (type === 'string' && typeof value === 'string') return keccak256(utf8(value));
  if (type === 'address' && typeof value === 'string') return addressWord(value);
  if (typeof value === 'object') return hashStruct(types, type, value);
  throw new Error(`${name} is no ${type}`);
}

export const domainSeparator = (domain: Eip712Domain): Bytes =>
  hashStruct({ EIP712Domain: DOMAIN_FIELDS }, 'EIP712Domain', domain);

/** What is signed: 32 bytes. The prefix 0x1901 (EIP-191) begins no transaction. */
export const typedDataDigest = (
  domain: Eip712Domain,
  types: StructTypes,
  primaryType: string,
  message: StructValue,
): Bytes =>
  keccak256(concat(PREFIX, domainSeparator(domain), hashStruct(types, primaryType, message)));
