/**
 * Another organisation's object answers exactly as an unknown id does. The cases are generated from
 * the schema: a new argument that takes an id fails here until it has one.
 */
import {
  getNamedType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdKind, newId, type OrganizationId } from '#core/ids.ts';
import { AuditEntry } from '#persistence/audit.ts';
import { ChangeRequest } from '#persistence/change.ts';
import { reader, transaction } from '#persistence/database.ts';
import { appendEvent } from '#persistence/event.ts';
import { buildPlatformSchema } from './schema.ts';
import { openAcme, pay, approvalOf, dollars, type Acme } from '#testing/acme.ts';
import { type GatewayStage, openGatewayStage } from '#testing/gateway-stage.ts';
import { ROLES } from '#core/roles.ts';
import { SocketClient } from '#testing/socket-client.ts';

const schema = buildPlatformSchema();

/** Every place of the API that takes an id, and the kind of object that it names. */
const KIND_OF: Readonly<Record<string, IdKind>> = {
  'Query.approval(id)': 'approval',
  'Query.auditProof(id)': 'audit',
  'Query.change(id)': 'change',
  'Query.changes(subject)': 'user',
  'Query.auditEvents(filter.subject)': 'transfer',
  'Query.key(id)': 'key',
  'Query.localWallet(id)': 'wallet',
  'Query.simulateTransfer(input.walletId)': 'wallet',
  'Query.transfer(id)': 'transfer',
  'Query.transfers(filter.walletId)': 'wallet',
  'Query.wallet(id)': 'wallet',
  'Mutation.addCredential(input.challengeId)': 'challenge',
  'Mutation.addCredential(userAction.challengeId)': 'challenge',
  'Mutation.cancelTransfer(input.transferId)': 'transfer',
  'Mutation.changeRoles(input.userId)': 'user',
  'Mutation.changeRoles(userAction.challengeId)': 'challenge',
  'Mutation.completeLogin(input.challengeId)': 'challenge',
  'Mutation.completeRegistration(input.challengeId)': 'challenge',
  'Mutation.createAllowance(input.walletId)': 'wallet',
  'Mutation.createAllowance(userAction.challengeId)': 'challenge',
  'Mutation.createKey(userAction.challengeId)': 'challenge',
  'Mutation.createServiceAccount(userAction.challengeId)': 'challenge',
  'Mutation.createTransfer(input.walletId)': 'wallet',
  'Mutation.createTransfer(userAction.challengeId)': 'challenge',
  'Mutation.createWallet(input.keyId)': 'key',
  'Mutation.createWallet(userAction.challengeId)': 'challenge',
  'Mutation.deactivateUser(input.userId)': 'user',
  'Mutation.deactivateUser(userAction.challengeId)': 'challenge',
  'Mutation.decideApproval(input.approvalId)': 'approval',
  'Mutation.decideApproval(userAction.challengeId)': 'challenge',
  'Mutation.exportKey(input.keyId)': 'key',
  'Mutation.exportKey(userAction.challengeId)': 'challenge',
  'Mutation.freezeOrganization(input.organizationId)': 'organization',
  'Mutation.freezeOrganization(userAction.challengeId)': 'challenge',
  'Mutation.freezeWallet(input.walletId)': 'wallet',
  'Mutation.freezeWallet(userAction.challengeId)': 'challenge',
  'Mutation.importKey(userAction.challengeId)': 'challenge',
  'Mutation.inviteUser(userAction.challengeId)': 'challenge',
  'Mutation.publishPolicy(userAction.challengeId)': 'challenge',
  'Mutation.recoverUser(input.userId)': 'user',
  'Mutation.recoverUser(userAction.challengeId)': 'challenge',
  'Mutation.refreshKey(input.keyId)': 'key',
  'Mutation.refreshKey(userAction.challengeId)': 'challenge',
  'Mutation.registerAsset(userAction.challengeId)': 'challenge',
  'Mutation.retireAsset(userAction.challengeId)': 'challenge',
  'Mutation.reshareKey(input.keyId)': 'key',
  'Mutation.reshareKey(userAction.challengeId)': 'challenge',
  'Mutation.readmitNode(userAction.challengeId)': 'challenge',
  'Mutation.restoreNode(userAction.challengeId)': 'challenge',
  'Mutation.revokeCredential(userAction.challengeId)': 'challenge',
  'Mutation.setAddressList(userAction.challengeId)': 'challenge',
  'Mutation.setGroup(userAction.challengeId)': 'challenge',
  'Mutation.speedUpTransfer(input.transferId)': 'transfer',
  'Mutation.unfreezeOrganization(input.organizationId)': 'organization',
  'Mutation.unfreezeOrganization(userAction.challengeId)': 'challenge',
  'Mutation.unfreezeWallet(input.walletId)': 'wallet',
  'Mutation.unfreezeWallet(userAction.challengeId)': 'challenge',
  'Mutation.unlockKey(input.keyId)': 'key',
  'Mutation.unlockKey(userAction.challengeId)': 'challenge',
  'Mutation.updateWallet(input.walletId)': 'wallet',
  'Mutation.updateWallet(userAction.challengeId)': 'challenge',
  'Mutation.withdrawChange(input.changeId)': 'change',
  'Subscription.events(walletId)': 'wallet',
  'Subscription.transferUpdated(id)': 'transfer',
};

type Place = {
  readonly name: string;
  readonly root: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly path: readonly string[];
};

const isIdType = (input: GraphQLArgument | GraphQLInputField): boolean =>
  getNamedType(input.type).name === 'ID';

/** The paths of the ids in an argument: `id`, `filter.walletId`. */
function idPaths(input: GraphQLArgument | GraphQLInputField): readonly (readonly string[])[] {
  if (isIdType(input)) return [[input.name]];
  const type = getNamedType(input.type);
  if (!isInputObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) =>
    idPaths(field).map((path) => [input.name, ...path]),
  );
}

const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const roots = rootTypes.filter((type): type is GraphQLObjectType => isObjectType(type));

const places: readonly Place[] = roots.flatMap((root) =>
  Object.values(root.getFields()).flatMap((field) =>
    field.args.flatMap(idPaths).map((path) => ({
      name: `${root.name}.${field.name}(${path.join('.')})`,
      root: root.name,
      field,
      path,
    })),
  ),
);

test('every argument that takes an id has a case', () => {
  expect(places.map(({ name }) => name).toSorted()).toEqual(Object.keys(KIND_OF).toSorted());
});

/** A value that passes the type of an argument; `id` stands at `path`. */
function valueOf(
  input: GraphQLArgument | GraphQLInputField,
  path: readonly string[],
  id: string,
): unknown {
  const type = getNamedType(input.type);
  const isOnPath = path[0] === input.name;
  if (type.name === 'ID') return isOnPath ? id : newId('wallet', 1, new Uint8Array(10));
  if (isInputObjectType(type)) {
    const rest = isOnPath ? path.slice(1) : [];
    const wanted = Object.values(type.getFields()).filter(
      (field) => rest[0] === field.name || String(field.type).endsWith('!'),
    );
    const object = Object.fromEntries(
      wanted.map((field) => [field.name, valueOf(field, rest, id)]),
    );
    return String(input.type).startsWith('[') ? [object] : object;
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  return SAMPLES[type.name];
}

const SAMPLES: Readonly<Record<string, unknown>> = {
  String: 'USDC@local-evm',
  BaseUnits: '1',
  Base64URL: 'A'.repeat(43),
  Hex: 'ab'.repeat(32),
  Boolean: true,
  Int: 1,
  JSON: { id: 'AAAA', response: {} },
};

/** Everything that can be selected of a type without arguments, so deep. */
function selectionOf(type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named) || depth === 0) return '{ __typename }';
  const fields = Object.values(named.getFields()).filter(
    (field) => !field.args.some(isRequiredArgument) && field.name !== 'balances',
  );
  return `{ ${fields.map((field) => field.name + selectionOf(field.type, depth - 1)).join(' ')} }`;
}

function callOf({ root, field, path }: Place, id: string) {
  const args = field.args.filter((arg) => isRequiredArgument(arg) || arg.name === path[0]);
  const definitions = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
  return {
    query: `${root.toLowerCase()} (${definitions}) { ${field.name}(${passed}) ${selection} }`,
    variables: Object.fromEntries(args.map((arg) => [arg.name, valueOf(arg, path, id)])),
  };
}

let stage: GatewayStage;
let acme: Acme;
let token: string;
let mallory: OrganizationId;
const ids = new Map<IdKind, string>();

beforeAll(async () => {
  stage = await openGatewayStage();
  acme = await openAcme(stage);
  const transfer = await pay(acme, { amount: dollars(50_000) });
  const approval = await approvalOf(acme, transfer);
  ids.set('wallet', acme.wallet.id);
  ids.set('key', acme.wallet.key);
  ids.set('transfer', transfer.id);
  ids.set('approval', approval.id);
  const entry = { organization: acme.wallet.organization, sequence: 1 };
  ids.set('audit', (await reader(stage.services.db).findOneOrFail(AuditEntry, entry)).id);
  ids.set('user', acme.alice.actor.user);
  ids.set('organization', acme.organization);
  const change = { subject: acme.wallet.id };
  ids.set('change', (await reader(stage.services.db).findOneOrFail(ChangeRequest, change)).id);
  const begun = await post(acme.alice.token, {
    query: `mutation ($input: BeginUserActionInput!) { beginUserAction(input: $input) { challengeId } }`,
    variables: {
      input: {
        operation: 'decideApproval',
        input: { approvalId: approval.id, decision: 'APPROVE' },
      },
    },
  });
  const data = (begun as { data: { beginUserAction: { challengeId: string } } }).data;
  ids.set('challenge', data.beginUserAction.challengeId);
  const other = await stage.found('Other');
  const { session } = await stage.join(other, 'Mallory', ...ROLES);
  token = session.sessionToken;
  mallory = session.viewer.organization.id as OrganizationId;
});

afterAll(() => stage.close());

async function post(bearer: string, body: object): Promise<unknown> {
  const response = await fetch(`${stage.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** The first answer of a subscription. */
async function listen(bearer: string, { query, variables }: ReturnType<typeof callOf>) {
  const client = await new SocketClient(`${stage.url}/graphql`).connected(`Bearer ${bearer}`);
  client.subscribe('stream', query, variables);
  const { payload } = await client.next();
  await client.close();
  return payload;
}

const ask = async (place: Place, id: string): Promise<string> => {
  const call = callOf(place, id);
  const answer = await (place.root === 'Subscription' ? listen(token, call) : post(token, call));
  return JSON.stringify(answer)
    .replaceAll(/"requestId":"[^"]+"/g, '"requestId":""')
    .replaceAll(id, 'ID');
};

/** Its first answer comes with the next event only: it has a test of its own. */
const SILENT = 'Subscription.events(walletId)';
const answered = places.filter(({ name }) => name !== SILENT);

test.each(answered.map((place) => [place.name, place] as const))(
  '%s answers for a foreign object as for an unknown one',
  async (name, place) => {
    const kind = KIND_OF[name] as IdKind;
    const unknown = newId(kind, Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    const foreign = ids.get(kind) ?? '';
    expect(foreign).not.toBe('');
    expect(await ask(place, foreign)).toBe(await ask(place, unknown));
  },
);

test('the stream of a foreign wallet shows what that of an unknown one does', async () => {
  const first = async (wallet: string) => {
    const event = { type: 'wallet.updated', wallet, at: stage.services.clock.now() } as const;
    for (const [organization, subject] of [
      [acme.organization, 'foreign'],
      [mallory, 'own'],
    ] as const) {
      await transaction(stage.services.db, (tx) =>
        appendEvent(tx, { ...event, organization, subject, payload: {} }),
      );
    }
    const query = 'subscription ($id: ID) { events(after: "0", walletId: $id) { subject } }';
    return listen(token, { query, variables: { id: wallet } });
  };
  const expected = { data: { events: { subject: 'own' } } };
  expect(await first(acme.wallet.id)).toEqual(expected);
  expect(await first(newId('wallet', 1, new Uint8Array(10)))).toEqual(expected);
});

test.each(['transfer', 'wallet', 'approval'] as const)(
  'a foreign %s is NOT_FOUND',
  async (kind) => {
    const place = places.find(({ name }) => name === `Query.${kind}(id)`) as Place;
    expect(await ask(place, ids.get(kind) ?? '')).toContain('"code":"NOT_FOUND"');
  },
);

test.each([
  [
    'createTransfer',
    'wallet',
    (walletId: string) => ({
      walletId,
      asset: 'USDC@local-evm',
      amount: '1',
      to: acme.wallet.address,
      externalId: 'x',
    }),
  ],
  ['decideApproval', 'approval', (approvalId: string) => ({ approvalId, decision: 'APPROVE' })],
] as const)(
  'nothing is begun to be signed by %s with a foreign %s',
  async (operation, kind, inputOf) => {
    const begin = async (id: string) =>
      JSON.stringify(
        await post(token, {
          query: `mutation ($input: BeginUserActionInput!) { beginUserAction(input: $input) { intent } }`,
          variables: { input: { operation, input: inputOf(id) } },
        }),
      ).replaceAll(/"requestId":"[^"]+"/g, '');
    const answer = await begin(ids.get(kind) ?? '');
    expect(answer).toContain('NOT_FOUND');
    expect(answer).toBe(await begin(newId(kind, 1, new Uint8Array(10))));
  },
);

const open = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
  (field) => !field.args.some(isRequiredArgument),
);

test.each(open.map((field) => [field.name, field] as const))(
  'the query %s shows nothing of another organisation, however deep one asks',
  async (name, field) => {
    const body = { query: `{ ${name} ${selectionOf(field.type, 6)} }` };
    const own = JSON.stringify(await post(acme.ada.token, body));
    const seen = JSON.stringify(await post(token, body));
    expect(own.length).toBeGreaterThan(20);
    const marks = [
      acme.organization,
      ...ids.values(),
      ...people().map((person) => person.actor.user),
    ];
    for (const mark of marks) expect(seen).not.toContain(mark);
  },
);

const people = () => [acme.ada, acme.alice, acme.bob, acme.ben, acme.carol];
