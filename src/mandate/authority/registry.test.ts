/** Lists and groups of the registry: what they hold, and that a policy reads them as they are now. */
import { beforeEach, expect, test } from 'vitest';
import { parseAssetId, parseNetworkId, parsePrice } from '#core/money.ts';
import { HOUR_MS } from '#core/time.ts';
import { addressListChange, groupChange } from '#mandate/change-input.ts';
import { decide } from '#policy-lang/decide.ts';
import { quorumState } from '#policy-lang/approval-quorum.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import { type Member, TestAuthority } from '#testing/authority.ts';
import { groupsOf, policyInForce, policyOfVersion } from './policies.ts';

const USDC = parseAssetId('USDC@local-evm');
const OTHER = '0x0000000000000000000000000000000000000002';
const entry = (address: string, label = 'Vendor') => ({ label, network: 'local-evm', address });

let own: TestAuthority;
let bob: Member;
let ben: Member;
let cora: Member;

beforeEach(async () => {
  own = await TestAuthority.found('registry');
  bob = await own.join('Bob', 'treasury-manager');
  ben = await own.join('Ben', 'treasury-manager');
  cora = await own.join('Cora', 'compliance');
});

const setList = (name: string, addresses: readonly string[], by = cora) =>
  own.change(
    by,
    'setAddressList',
    name,
    addressListChange({ name, entries: addresses.map((address) => entry(address)) }),
  );
const setGroup = (name: string, members: readonly string[], by = cora) =>
  own.change(by, 'setGroup', name, groupChange({ name, members }));

const MANAGERS = ['bob@acme.example', 'ben@acme.example'];
async function publish(version = 1, quorum = 1) {
  if (version === 1) {
    await setList('approved-vendors', [VENDOR]);
    await setGroup('managers', MANAGERS);
  }
  await own.publish(cora, policyFiles({ version, quorum, isRegistered: true }).files);
}

/** What the policy says of 50,000 USDC to an address. */
function ask(recipient = VENDOR, policy = policyInForce(own.state, own.now)) {
  const { compiled } = policy;
  if (compiled === undefined) throw new Error('no policy is in force');
  const [total] = compiled.aggregates;
  return decide(compiled, {
    now: own.now,
    activity: 'transfer',
    request: {
      network: parseNetworkId('local-evm'),
      wallet: { id: 'wal', tags: ['payments'] },
      initiator: { id: 'usr', roles: [], groups: [] },
      asset: USDC,
      units: 50_000_000_000n,
      recipient,
    },
    prices: new Map([
      [
        USDC,
        [{ price: parsePrice('1.00', 'USD'), asOf: own.now, maxAgeMs: HOUR_MS, source: 'test' }],
      ],
    ]),
    aggregates: new Map([[total?.key ?? '', { total: 0n }]]),
  });
}

test('an entry counts, and counts no more, from its change on', async () => {
  await publish();
  expect(ask().outcome).toBe('PENDING');
  expect(ask(OTHER).outcome).toBe('BLOCK');
  await setList('approved-vendors', [VENDOR, OTHER]);
  expect(ask(OTHER).outcome).toBe('PENDING');
  const before = policyOfVersion(own.state, 1);
  await setList('approved-vendors', [OTHER]);
  expect(ask().outcome).toBe('BLOCK');
  expect(before && ask(VENDOR, before).outcome).toBe('PENDING');
  await setList('approved-vendors', []);
  expect(ask(OTHER).outcome).toBe('BLOCK');
  expect(own.state.lists.get('approved-vendors')).toEqual({ version: 4, entries: [] });
});

test('what a policy was compiled with is told, and not compiled again for another list', async () => {
  await publish();
  const policy = policyInForce(own.state, own.now);
  expect(policy.compiled?.registry.lists.get('approved-vendors')).toEqual({
    version: 1,
    entries: [entry(VENDOR)],
  });
  expect([...(policy.compiled?.registry.groups.keys() ?? [])]).toEqual(['managers']);
  await setList('others', [OTHER]);
  expect(policyInForce(own.state, own.now)).toBe(policy);
});

test('who leaves a group, or the organisation, approves nothing any more', async () => {
  await publish();
  const state = (...votes: Member[]) => {
    const policy = policyInForce(own.state, own.now);
    const [requirement] = ask().requirements;
    if (requirement === undefined) throw new Error('nothing is required');
    const cast = votes.map(({ id }) => ({ person: id, decision: 'APPROVE' as const }));
    return quorumState({ requirement, groups: groupsOf(own.state, policy), votes: cast }).state;
  };
  expect([state(bob), state(ben)]).toEqual(['SATISFIED', 'SATISFIED']);
  await setGroup('managers', ['ben@acme.example']);
  expect([state(bob), state(ben)]).toEqual(['OPEN', 'SATISFIED']);
  await own.deactivate(ben.id);
  expect(state(ben)).toBe('OPEN');
});

test('a group keeps enough people for the quorums that read it', async () => {
  await publish(1, 2);
  for (const members of [['ben@acme.example'], []]) {
    await expect(setGroup('managers', members)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      context: { field: 'members', reason: expect.stringMatching(/^version 1 of the policy/) },
    });
  }
  await setGroup('managers', [...MANAGERS, 'cora@acme.example']);
  await setGroup('others', []);
});

test('a group whose members left does not keep anything else of the registry from changing', async () => {
  await publish(1, 2);
  await own.deactivate(ben.id);
  expect(ask().outcome).toBe('PENDING');
  await setGroup('others', ['bob@acme.example']);
  await setGroup('managers', ['bob@acme.example', 'cora@acme.example']);
  await expect(publish(2, 3)).rejects.toMatchObject({ code: 'POLICY_SYNTAX' });
});

test('a policy that reads what the registry does not hold is not published', async () => {
  const { files } = policyFiles({ version: 1, isRegistered: true });
  await expect(own.publish(cora, files)).rejects.toMatchObject({
    code: 'POLICY_SYNTAX',
    context: { reason: expect.stringMatching(/registry has no list "approved-vendors"/) },
  });
});

test.each<[string, () => Promise<unknown>, object]>([
  ['a name that no policy can write', () => setList('Vendors', []), { field: 'input' }],
  ['a name with two hyphens', () => setList('a--b', []), { field: 'input' }],
  ['an address of another network', () => setList('a', ['bc1qqqq']), { field: 'input' }],
  ['an address that stands twice', () => setList('a', [VENDOR, VENDOR]), { field: 'input' }],
  [
    'an address in another spelling',
    () => setList('a', [VENDOR.toLowerCase()]),
    { field: 'input' },
  ],
  [
    'more addresses than a list holds',
    () =>
      setList(
        'a',
        Array.from({ length: 2_001 }, (_, at) => `0x${at.toString(16).padStart(40, '0')}`),
      ),
    { field: 'input' },
  ],
  ['somebody who is not there', () => setGroup('a', ['eve@acme.example']), { field: 'members' }],
  ['no address', () => setGroup('a', ['Eve']), { field: 'input' }],
])('a change of the registry with %s is refused', async (_, change, context) => {
  await expect(change()).rejects.toMatchObject({ context });
});

test('the registry is kept by whoever publishes policies', async () => {
  for (const by of [own.administrator, bob]) {
    await expect(setList('a', [], by)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(setGroup('a', [], by)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});

test('a policy that governs its own change governs what it reads from the registry', async () => {
  const shape = {
    version: 1,
    isRegistered: true,
    governs: 'transfer, policy-change',
    more: `rule publishing "Compliance publishes" {
  applies to policy-change
  when    initiator has role "compliance" and change.kind is "publish"
  then    allow
}
rule registry "A manager looks at the registry" {
  applies to policy-change
  when    change.kind in ["set-list", "set-group"]
  then    allow with approval by 1 of managers
}
`,
  };
  await setList('approved-vendors', [VENDOR]);
  await setGroup('managers', MANAGERS);
  await own.publish(cora, policyFiles(shape).files);
  const name = 'approved-vendors';
  const input = addressListChange({ name, entries: [entry(OTHER)] });
  const set = (...approvers: Member[]) =>
    own.change(cora, 'setAddressList', name, input, approvers);
  await expect(set()).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  await set(ben);
  expect(ask().outcome).toBe('BLOCK');
});
