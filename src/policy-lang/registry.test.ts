import { expect, test } from 'vitest';
import {
  compile,
  HEADER,
  policyFile,
  snapshotOf,
  SUPPORT,
  VENDOR,
  WORLD,
} from '#testing/policy-fixtures.ts';
import { compileBundle } from './compile-bundle.ts';
import { decide } from './decide.ts';
import { readRegistry, registryFact, registryFields, type StoredRegistry } from './registry.ts';
import type { World } from './world.ts';

const entry = (address: string) => ({ label: 'Vendor', network: 'ethereum', address });
const STORED: StoredRegistry = {
  lists: { 'approved-vendors': { version: 3, entries: [entry(VENDOR)] } },
  groups: { managers: { version: 2, members: [{ email: 'bob@acme.example', user: 'usr_1' }] } },
};
const REGISTRY = readRegistry(STORED);
const RULES = `rule vendors { when recipient in approved-vendors then allow }
rule big { when value > 100 USD then require approval by 1 of managers because "x" }`;
const READING = HEADER.replace('"lists/approved-vendors.csv"', '"registry"').replace(
  'import group managers from "groups.yaml"',
  'import group managers from "registry"',
);

const compiled = (world: Partial<World>, text = READING + RULES) =>
  compileBundle([policyFile(text), ...SUPPORT], { ...WORLD, ...world });
const codes = (world: Partial<World>, text?: string) =>
  compiled(world, text)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);

test('a registry is read as it is written, and nothing else is', () => {
  expect(registryFields(REGISTRY)).toEqual(STORED);
  expect(readRegistry({})).toEqual({
    lists: new Map(),
    groups: new Map(),
    assets: new Map(),
  });
  const [members] = Object.values(readRegistry({ groups: { a: { members: [] } } }).groups);
  expect(members).toBeUndefined();
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['a list', []],
  ['another field', { lists: {}, contracts: {} }],
  ['lists in a list', { lists: [] }],
  ['a list without entries', { lists: { a: {} } }],
  ['a list with another field', { lists: { a: { entries: [], more: 1 } } }],
  ['an entry without an address', { lists: { a: { entries: [{ label: '', network: 'x' }] } } }],
  ['a version that is none', { lists: { a: { version: -1, entries: [] } } }],
  ['a member as a text', { groups: { a: { members: ['bob@acme.example'] } } }],
  ['a member with a number', { groups: { a: { members: [{ email: 'b', user: 1 }] } } }],
])('%s is no registry', (_, value) => {
  expect(() => readRegistry(value)).toThrow(/not what a registry holds/);
});

test('a policy tells what it was compiled with, and decides by it', () => {
  const { policy } = compiled({ registry: REGISTRY });
  if (policy === undefined) throw new Error('it does not compile');
  expect(policy.registry).toEqual(REGISTRY);
  expect(registryFact(policy)).toEqual({ registry: REGISTRY });
  expect(decide(policy, snapshotOf()).outcome).toBe('PENDING');
  const from = compile(HEADER + RULES).policy;
  expect(from && registryFact(from)).toEqual({});
});

test('what the registry does not hold, or holds nothing of, is an error until it is published', () => {
  const nobody = {
    ...REGISTRY,
    groups: new Map([['managers', { version: 1, members: [] }]]),
  };
  const nothing = readRegistry({});
  expect(codes({})).toEqual(['NO_REGISTRY', 'NO_REGISTRY']);
  expect(codes({ registry: nothing })).toEqual(['BAD_IMPORT', 'BAD_IMPORT']);
  expect(codes({ registry: nobody })).toEqual(['BAD_IMPORT']);
  expect(codes({ registry: REGISTRY }, READING + RULES.replace('1 of', '2 of'))).toEqual([
    'UNSATISFIABLE_QUORUM',
  ]);
  for (const registry of [nobody, nothing, undefined]) {
    const { policy } = compiled({ isPublished: true, ...(registry && { registry }) });
    expect(policy && decide(policy, snapshotOf()).outcome).toBe(
      registry === nobody ? 'PENDING' : 'BLOCK',
    );
  }
});

test('an entry that is no address of its network is told, not left out', () => {
  const lists = new Map([['approved-vendors', { version: 1, entries: [entry('0x12')] }]]);
  expect(codes({ registry: { ...REGISTRY, lists } })).toContain('BAD_ADDRESS');
});
