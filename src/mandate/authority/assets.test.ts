/** Tokens of an organisation's own: who registers them, what they never are, and what knows them. */
import { beforeEach, expect, test } from 'vitest';
import { findNetwork } from '#chains/registry.ts';
import { parseAssetId } from '#core/money.ts';
import {
  addressListChange,
  assetChange,
  assetChoiceChange,
  groupChange,
} from '#mandate/change-input.ts';
import { knowsAsset } from '#policy-lang/knows-asset.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { type Member, type Signer, TestAuthority } from '#testing/authority.ts';
import { applyChange } from './apply-change.ts';
import { knownNetwork, payableNetwork } from './assets.ts';
import { policyInForce } from './policies.ts';

const CONTRACT = '0x00000000000000000000000000000000000000A1';
const OTHER = '0x0000000000000000000000000000000000000002';
const MINT = '4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU';
const BUILT_IN = '0x5FbDB2315678afecb367f032d93F642f64180aa3';
const TEUR = parseAssetId('TEUR@local-evm');
const token = {
  network: 'local-evm',
  contract: CONTRACT,
  symbol: 'TEUR',
  name: 'Euro',
  decimals: 8,
};

let own: TestAuthority;
let bob: Member;
let cora: Member;

beforeEach(async () => {
  own = await TestAuthority.found('assets');
  bob = await own.join('Bob', 'treasury-manager');
  cora = await own.join('Cora', 'compliance');
});

type Shape = Partial<typeof token> & { readonly id?: string };
const register = ({ id, ...other }: Shape = {}, by: Signer = cora, ...approvers: Signer[]) => {
  const asset = { ...token, ...other };
  const subject = id ?? `${asset.symbol}@${asset.network}`;
  return own.change(by, 'registerAsset', subject, assetChange(asset), approvers);
};
const retire = (asset: string = TEUR, by: Signer = cora) =>
  own.change(by, 'retireAsset', asset, assetChoiceChange({ asset }));

test('a registered token is one of the network, for this organisation and for no other', async () => {
  await register();
  const entry = { id: TEUR, symbol: 'TEUR', name: 'Euro', decimals: 8, contract: CONTRACT };
  expect(own.state.assets.get(TEUR)).toEqual({ ...entry, version: 1, retired: false });
  expect(payableNetwork(own.state, 'local-evm').assets).toContainEqual(
    expect.objectContaining(entry),
  );
  expect(payableNetwork(own.state, 'sepolia')).toBe(findNetwork('sepolia'));
  const other = await TestAuthority.found('another organisation');
  expect(payableNetwork(other.state, 'local-evm')).toBe(findNetwork('local-evm'));
  expect(findNetwork('local-evm').assets).toHaveLength(2);
});

test('a token that is retired is paid no more, and stays what it was', async () => {
  await register();
  await retire();
  expect(own.state.assets.get(TEUR)).toMatchObject({ version: 2, retired: true, decimals: 8 });
  expect(payableNetwork(own.state, 'local-evm')).toBe(findNetwork('local-evm'));
  expect(knownNetwork(own.state, 'local-evm').assets.map(({ id }) => id)).toContain(TEUR);
  await expect(retire()).rejects.toMatchObject({ context: { reason: 'it is retired' } });
  for (const again of [{}, { contract: OTHER, decimals: 6 }]) {
    await expect(register(again)).rejects.toMatchObject({ context: { field: 'symbol' } });
  }
  await expect(register({ symbol: 'TEUX' })).rejects.toMatchObject({
    context: { field: 'contract', reason: `it is ${TEUR}` },
  });
});

test('an old change does not apply again', async () => {
  const statement = own.statement('registerAsset', TEUR, assetChange(token), cora.id);
  const old = { change: await cora.sign(statement), approvals: [] };
  own.append(old);
  const conflict = expect.objectContaining({ code: 'VERSION_CONFLICT' });
  expect(() => applyChange(own.state, old)).toThrow(conflict);
  await retire();
  expect(() => applyChange(own.state, old)).toThrow(conflict);
});

test.each<[string, Shape, string]>([
  ['the id of a built-in asset', { symbol: 'USDC' }, 'symbol'],
  ['the symbol of the native coin', { symbol: 'ETH' }, 'symbol'],
  ['a symbol that looks like a built-in one', { symbol: 'uSDC' }, 'symbol'],
  ['a symbol that looks like one of another network', { symbol: 'P0L' }, 'symbol'],
  ['the symbol of a currency', { symbol: 'EUR' }, 'symbol'],
  ['a symbol that looks like a currency', { symbol: 'UsD' }, 'symbol'],
  ['a symbol that is a built-in one but for a point', { symbol: 'US.DC' }, 'symbol'],
  ['a symbol that ends as a sentence does', { symbol: 'USDC.' }, 'input'],
  ['the contract of a built-in asset', { contract: BUILT_IN }, 'contract'],
  ['a contract in another spelling', { contract: CONTRACT.toLowerCase() }, 'input'],
  ['what is no contract', { contract: MINT }, 'input'],
  ['an unknown network', { network: 'elsewhere' }, 'input'],
  ['a symbol without a capital letter', { symbol: 'and' }, 'input'],
  ['a symbol that a policy cannot write', { symbol: 'T EUR', id: TEUR }, 'input'],
  ['letters of another script', { symbol: 'ТEUR', id: TEUR }, 'input'],
  ['too many decimals', { decimals: 31 }, 'input'],
  ['less than no decimals', { decimals: -1 }, 'input'],
  ['no name', { name: '' }, 'input'],
  ['another asset as its subject', { id: 'TGBP@local-evm' }, 'subject'],
])('a token with %s is refused', async (_, shape, field) => {
  await expect(register(shape)).rejects.toMatchObject({ context: { field } });
  expect(own.state.assets.size).toBe(0);
});

test('a token that looks like another one of the organisation is refused, on any network', async () => {
  await register();
  for (const symbol of ['TEuR', 'teUr']) {
    const shape = { symbol, network: 'sepolia', contract: OTHER };
    await expect(register(shape)).rejects.toMatchObject({
      context: { field: 'symbol', reason: 'it cannot be told from TEUR' },
    });
  }
  await register({ network: 'sepolia' });
  await register({ network: 'local-solana', contract: MINT });
  expect(own.state.assets.size).toBe(3);
});

test('people who keep the policy register tokens, and no program does', async () => {
  const robot = await own.employ('Robot', 'compliance');
  await register({ symbol: 'TGBP', contract: OTHER });
  for (const by of [own.administrator, bob, robot]) {
    await expect(register({}, by)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(retire('TGBP@local-evm', by)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});

test('what was never registered is not retired', async () => {
  for (const asset of [TEUR, 'USDC@local-evm']) {
    await expect(retire(asset)).rejects.toMatchObject({
      context: { field: 'asset', reason: 'it is not registered' },
    });
  }
});

test('a version of the policy knows the tokens that were registered before it, and no others', async () => {
  const naming = `rule eur "Euro to anybody" {
  when    asset is TEUR@local-evm and amount <= 5.12345678 TEUR
  then    allow
}
`;
  const files = (version: number) => policyFiles({ version, more: naming }).files;
  await own.join('Ben', 'treasury-manager', 'finance-operator');
  await expect(own.publish(cora, files(1))).rejects.toMatchObject({
    code: 'POLICY_SYNTAX',
    context: { reason: expect.stringMatching(/There is no asset "TEUR@local-evm"/) },
  });
  await register();
  await own.publish(cora, files(1));
  const first = policyInForce(own.state, own.now).compiled;
  await register({ symbol: 'TGBP', contract: OTHER });
  const present = policyInForce(own.state, own.now).compiled;
  expect(present).toBe(first);
  const known = ['USDC@local-evm', TEUR, 'TGBP@local-evm'].map(
    (id) => present && knowsAsset(present, parseAssetId(id)),
  );
  expect(known).toEqual([true, true, false]);
  await retire();
  await own.publish(cora, files(2));
  const next = policyInForce(own.state, own.now).compiled;
  expect(next && knowsAsset(next, parseAssetId('TGBP@local-evm'))).toBe(true);
});

test('a version that is compiled again for another list knows no more tokens than before', async () => {
  const setList = (...addresses: string[]) => {
    const entries = addresses.map((address) => ({ label: '', network: 'local-evm', address }));
    const input = addressListChange({ name: 'approved-vendors', entries });
    return own.change(cora, 'setAddressList', 'approved-vendors', input);
  };
  await setList(OTHER);
  const managers = groupChange({ name: 'managers', members: ['bob@acme.example'] });
  await own.change(cora, 'setGroup', 'managers', managers);
  await own.publish(cora, policyFiles({ version: 1, isRegistered: true }).files);
  const first = policyInForce(own.state, own.now).compiled;
  await register();
  await setList(OTHER, CONTRACT);
  const present = policyInForce(own.state, own.now).compiled;
  expect(present).not.toBe(first);
  expect(present && knowsAsset(present, TEUR)).toBe(false);
});

test('a policy that governs its own change is asked about tokens', async () => {
  const more = `rule publishing "Compliance publishes" {
  applies to policy-change
  when    initiator has role "compliance" and change.kind is "publish"
  then    allow
}
rule tokens "A manager looks at tokens" {
  applies to policy-change
  when    change.kind in ["register-asset", "retire-asset"] and change.target is "${TEUR}"
  then    allow with approval by 1 of managers
}
`;
  await own.join('Ben', 'treasury-manager', 'finance-operator');
  const shape = { version: 1, governs: 'transfer, policy-change', more };
  await own.publish(cora, policyFiles(shape).files);
  await expect(register()).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  await expect(register({ symbol: 'TGBP' }, cora, bob)).rejects.toMatchObject({
    code: 'CHANGE_DENIED',
  });
  await register({}, cora, bob);
  await expect(retire()).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
});
