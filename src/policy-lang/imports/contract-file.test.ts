import { expect, test } from 'vitest';
import { LENDING, POOL } from '#testing/policy-everywhere.ts';
import { WORLD, inOneLine } from '#testing/policy-fixtures.ts';
import { readContractFile } from './contract-file.ts';
import { Report } from '#policy-lang/checking/report.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';

function read(content: unknown) {
  const report = new Report();
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const set = readContractFile(new SourceText('abi/a.json', text), WORLD, report);
  return { set, found: report.diagnostics() };
}

const GOOD = { network: 'ethereum', addresses: [POOL] };

test('functions and types are flat: the parts of a structure stand behind a point', () => {
  const { set, found } = read(LENDING.content);
  expect(found).toEqual([]);
  expect([...set.addresses.keys()]).toEqual([`evm:${POOL.slice(2).toLowerCase()}`]);
  expect(set.network).toBe('ethereum');
  expect([...(set.functions.get('swap')?.[0]?.entries() ?? [])]).toEqual([
    ['params.amountIn', 'number'],
  ]);
  expect([...(set.types.get('Order')?.entries() ?? [])]).toEqual([
    ['maker', 'address'],
    ['price.amount', 'number'],
  ]);
});

const overload = (type: string) => ({
  type: 'function',
  name: 'f',
  inputs: [{ name: 'a', type }],
});

test('functions of one name stand beside each other, other entries are passed over', () => {
  const abi = [overload('uint8'), overload('bytes32'), { type: 'event', name: 'E' }];
  const { set } = read({ ...GOOD, abi });
  expect(set.functions.get('f')?.map((inputs) => inputs.get('a'))).toEqual(['number', 'text']);
});

test.each([
  ['{', 'The file is not JSON.'],
  ['[]', 'The file is not an object.'],
  ['{"abi":[],"abi":[]}', 'The key "abi" stands here twice.'],
  [{ ...GOOD, abis: [] }, 'The file of contracts has no place for "abis".'],
  [{ addresses: [POOL] }, 'The file does not name the network of its contracts.'],
  [{ ...GOOD, network: 'etherum' }, 'There is no network "etherum".'],
  [{ network: 'ethereum' }, 'The file lists no "addresses", or more than 2000.'],
  [{ ...GOOD, addresses: [] }, 'The file lists no "addresses", or more than 2000.'],
  [{ ...GOOD, addresses: [5] }, 'An address is a text.'],
  [{ ...GOOD, addresses: [POOL.toLowerCase()] }, 'The address is written without its checksum'],
  [{ ...GOOD, abi: {} }, 'The "abi" is a list of functions.'],
  [{ ...GOOD, abi: [{ type: 'function' }] }, 'A function of the "abi" has a "name" and "inputs".'],
  [
    { ...GOOD, abi: [{ type: 'function', name: 'f', inputs: [5] }] },
    'An input of a function has a "name" and a "type".',
  ],
  [{ ...GOOD, types: [] }, 'The "types" are an object of lists of fields.'],
  [{ ...GOOD, types: { A: 5 } }, 'The type "A" is a list of fields.'],
  [{ ...GOOD, types: { A: [{}] } }, 'A field of the type "A" has a "name" and a "type".'],
  ['{"network":\u202e"ethereum"}', 'invisible or reorders'],
])('%j is refused', (content, message) => {
  expect(read(content).found.map(inOneLine)).toEqual([expect.stringContaining(message)]);
});

test('a type that contains itself, and a file with too many names, end', () => {
  const fields = [
    { name: 'a', type: 'A' },
    { name: 'b', type: 'A' },
  ];
  const { found } = read({ ...GOOD, types: { A: fields } });
  expect(found.map(({ code }) => code)).toEqual([]);
  const many = Array.from({ length: 3_000 }, (_, i) => ({
    type: 'function',
    name: `f${i}`,
    inputs: [],
  }));
  expect(read({ ...GOOD, abi: many }).found.map(({ code }) => code)).toEqual(['POLICY_TOO_LARGE']);
});

test('a fault points at the word', () => {
  const [fault] = read('{\n  "network": "etherum",\n  "addresses": []\n}').found;
  expect(fault?.span.start).toMatchObject({ line: 2, column: 14 });
});
