import { readFileSync } from 'node:fs';
import {
  type GraphQLField,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import { expect, test } from 'vitest';
import { printSdl, SDL_FILE } from '#gateway/sdl.ts';
import { buildPlatformSchema } from '#resolvers/schema.ts';

const schema = buildPlatformSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const ROOTS = new Set(['Query', 'Mutation', 'Subscription']);

test('schema.graphql is the printed schema (npm run schema)', () => {
  expect(readFileSync(SDL_FILE, 'utf8')).toBe(printSdl(schema));
});

const described = (fields: Record<string, GraphQLField<unknown, unknown>>, owner: string) =>
  Object.values(fields).flatMap((field) => [
    [`${owner}.${field.name}`, field.description] as const,
    ...field.args.map((arg) => [`${owner}.${field.name}(${arg.name})`, arg.description] as const),
  ]);

test('every type, field, argument and enum value has a description', () => {
  const entries = types.flatMap((type) => {
    const own = ROOTS.has(type.name) ? [] : [[type.name, type.description] as const];
    if (isObjectType(type) || isInterfaceType(type)) {
      return [...own, ...described(type.getFields(), type.name)];
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      return [...own, ...fields.map((f) => [`${type.name}.${f.name}`, f.description] as const)];
    }
    if (isEnumType(type)) {
      return [
        ...own,
        ...type.getValues().map((v) => [`${type.name}.${v.name}`, v.description] as const),
      ];
    }
    return own;
  });
  expect(entries.length).toBeGreaterThan(300);
  expect(entries.filter(([, text]) => !text || text.length < 8)).toEqual([]);
});

test('a mutation takes one input, and a signature beside it where it is signed', () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});
  const shapes = mutations.map(({ name, args }) => [
    name,
    args
      .map((arg) => arg.name)
      .toSorted()
      .join(),
  ]);
  expect(Object.fromEntries(shapes)).toEqual({
    beginAddCredential: '',
    beginLogin: 'input',
    beginRegistration: 'input',
    beginUserAction: 'input',
    addCredential: 'input,userAction',
    cancelTransfer: 'input',
    changeRoles: 'input,userAction',
    completeLogin: 'input',
    completeRegistration: 'input',
    createOrganization: 'input',
    createKey: 'input,userAction',
    createServiceAccount: 'input,userAction',
    createAllowance: 'input,userAction',
    createTransfer: 'input,userAction',
    createWallet: 'input,userAction',
    deactivateUser: 'input,userAction',
    decideApproval: 'input,userAction',
    exportKey: 'input,userAction',
    freezeOrganization: 'input,userAction',
    freezeWallet: 'input,userAction',
    importKey: 'input,userAction',
    inviteUser: 'input,userAction',
    logout: '',
    publishPolicy: 'input,userAction',
    recoverUser: 'input,userAction',
    refreshKey: 'input,userAction',
    registerAsset: 'input,userAction',
    reshareKey: 'input,userAction',
    readmitNode: 'input,userAction',
    restoreNode: 'input,userAction',
    retireAsset: 'input,userAction',
    revokeCredential: 'input,userAction',
    setAddressList: 'input,userAction',
    setGroup: 'input,userAction',
    speedUpTransfer: 'input',
    unfreezeOrganization: 'input,userAction',
    unfreezeWallet: 'input,userAction',
    unlockKey: 'input,userAction',
    updateWallet: 'input,userAction',
    withdrawChange: 'input',
  });
});

const names = (root: 'Query' | 'Subscription'): readonly string[] => {
  const type = schema.getType(root);
  return isObjectType(type) ? Object.keys(type.getFields()) : [];
};

test('the names that clients and documents rely on are there', () => {
  expect(names('Query')).toEqual(
    expect.arrayContaining([
      'approval',
      'approvals',
      'assets',
      'auditEvents',
      'networks',
      'organization',
      'policyBundle',
      'policyBundles',
      'roles',
      'signers',
      'simulateTransfer',
      'transfer',
      'transfers',
      'users',
      'viewer',
      'wallet',
      'wallets',
    ]),
  );
  expect(names('Subscription').toSorted()).toEqual([
    'approvalRequested',
    'events',
    'transferUpdated',
  ]);
});

test('every list that can grow is a connection with pages', () => {
  const lists = types.filter((type) => type.name.endsWith('Connection'));
  const connections = lists.filter(isObjectType);
  expect(connections).toHaveLength(lists.length);
  const users = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = users.flatMap((type) => Object.values(type.getFields()));
  const paged = fields.filter((field) => String(field.type).endsWith('Connection!'));
  for (const field of paged) {
    const args = field.args.map((arg) => arg.name);
    expect(args).toEqual(expect.arrayContaining(['first', 'after', 'last', 'before']));
  }
  expect(types.some(isUnionType)).toBe(false);
});
