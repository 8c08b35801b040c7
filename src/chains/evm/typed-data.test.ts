import { TypedDataEncoder } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex } from '#core/bytes.ts';
import { MAX_UNITS } from '#core/money.ts';
import { formatAddress } from './address.ts';
import {
  type StructTypes,
  type StructValue,
  domainSeparator,
  encodeType,
  hashStruct,
  typedDataDigest,
} from './typed-data.ts';

/** The example of EIP-712 itself, section "Example", with the figures of its Example.js. */
const MAIL: StructTypes = {
  Person: [
    { name: 'name', type: 'string' },
    { name: 'wallet', type: 'address' },
  ],
  Mail: [
    { name: 'from', type: 'Person' },
    { name: 'to', type: 'Person' },
    { name: 'contents', type: 'string' },
  ],
};
const ETHER_MAIL = {
  name: 'Ether Mail',
  version: '1',
  chainId: 1n,
  verifyingContract: '0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC',
};
const HELLO: StructValue = {
  from: { name: 'Cow', wallet: '0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826' },
  to: { name: 'Bob', wallet: '0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB' },
  contents: 'Hello, Bob!',
};

test("the EIP's own example has the EIP's own figures", () => {
  expect(encodeType(MAIL, 'Mail')).toBe(
    'Mail(Person from,Person to,string contents)Person(string name,address wallet)',
  );
  expect(hex(hashStruct(MAIL, 'Mail', HELLO))).toBe(
    'c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e',
  );
  expect(hex(domainSeparator(ETHER_MAIL))).toBe(
    'f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f',
  );
  expect(hex(typedDataDigest(ETHER_MAIL, MAIL, 'Mail', HELLO))).toBe(
    'be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2',
  );
});

const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(formatAddress);
const number = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, MAX_UNITS));
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const ATOMS = { address, uint256: number, string: text } as const;
type Made = { readonly types: StructTypes; readonly value: StructValue };

/** A struct of up to five fields, some of which are structs of such fields again. */
const struct = (depth: number): fc.Arbitrary<Made> =>
  fc.array(depth === 0 ? atom : fc.oneof(atom, struct(depth - 1)), { maxLength: 5 }).map(joined);

const atom = fc
  .constantFrom(...(['address', 'uint256', 'string'] as const))
  .chain((type) => ATOMS[type].map((value) => ({ type, value })));

type Part = { readonly type: string; readonly value: string | bigint } | Made;

/** The parts under one roof: each struct gets a name that says where it lies. */
function joined(parts: readonly Part[]): Made {
  const types: Record<string, StructTypes[string]> = {};
  const value: Record<string, StructValue[string]> = {};
  const own = parts.map((part, index) => {
    const name = `field${index}`;
    value[name] = part.value;
    if (!('types' in part)) return { name, type: part.type };
    for (const [inner, fields] of Object.entries(part.types)) {
      types[`S${index}${inner}`] = fields.map((field) => ({
        ...field,
        type: field.type in ATOMS ? field.type : `S${index}${field.type}`,
      }));
    }
    return { name, type: `S${index}Root` };
  });
  return { types: { ...types, Root: own }, value };
}

test('whatever ethers hashes of these types is hashed alike', () => {
  const domain = fc.record({
    name: text,
    version: text,
    chainId: number,
    verifyingContract: address,
  });
  fc.assert(
    fc.property(domain, struct(2), (domain, { types, value }) => {
      const oracle = TypedDataEncoder.from(
        Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, [...fields]])),
      );
      expect(encodeType(types, 'Root')).toBe(oracle.encodeType('Root'));
      expect(`0x${hex(domainSeparator(domain))}`).toBe(TypedDataEncoder.hashDomain(domain));
      expect(`0x${hex(hashStruct(types, 'Root', value))}`).toBe(oracle.hashStruct('Root', value));
    }),
    { numRuns: 200 },
  );
});

test('a value of another type than the field says is a fault of the program', () => {
  const types = { Root: [{ name: 'amount', type: 'uint256' }] };
  expect(() => hashStruct(types, 'Root', { amount: '5' })).toThrow('amount is no uint256');
  expect(() => hashStruct(types, 'Root', {})).toThrow('amount is no uint256');
  expect(() => hashStruct(types, 'Other', {})).toThrow('no struct type Other');
});
