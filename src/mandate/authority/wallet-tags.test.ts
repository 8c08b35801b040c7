/** A wallet's tags: who sets them, that a change of them counts once, and that the policy is asked. */
import { beforeEach, expect, test } from 'vitest';
import type { WalletId } from '#core/ids.ts';
import { walletUpdate } from '#mandate/change-input.ts';
import { policyFiles } from '#testing/acme-policy.ts';
import { type Member, type Signer, TestAuthority } from '#testing/authority.ts';
import { applyChange } from './apply-change.ts';

let own: TestAuthority;
let bob: Member;
let cora: Member;
let wallet: WalletId;

beforeEach(async () => {
  own = await TestAuthority.found('tags');
  bob = await own.join('Bob', 'treasury-manager');
  cora = await own.join('Cora', 'compliance');
  wallet = await own.openWallet({ tags: ['payments'] });
});

const tag = (tags: readonly string[], by: Signer = cora, ...approvers: Signer[]) =>
  own.change(by, 'updateWallet', wallet, walletUpdate({ walletId: wallet, tags }), approvers);
const known = () => own.state.wallets.get(wallet);

test('the tags are those of the last change, and nothing else of the wallet is another', async () => {
  const before = known();
  await tag(['hot', 'cold', 'hot']);
  expect(known()).toEqual({ ...before, tags: ['cold', 'hot'], version: 2 });
  await tag([]);
  expect(known()).toEqual({ ...before, tags: [], version: 3 });
});

test('an old change does not apply again, also where the tags are what it replaced', async () => {
  const statement = own.statement(
    'updateWallet',
    wallet,
    walletUpdate({ walletId: wallet, tags: ['hot'] }),
    cora.id,
  );
  const old = { change: await cora.sign(statement), approvals: [] };
  own.append(old);
  await tag(['payments']);
  expect(() => applyChange(own.state, old)).toThrow(
    expect.objectContaining({ code: 'VERSION_CONFLICT' }),
  );
  expect(known()?.tags).toEqual(['payments']);
});

test('people who keep the policy set them, and no program does', async () => {
  const robot = await own.employ('Tagger', 'compliance');
  for (const by of [own.administrator, bob, robot]) {
    await expect(tag(['hot'], by)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  }
});

test.each<[string, () => Promise<unknown>, object]>([
  ['what is no tag', () => tag(['Hot Wallet']), { field: 'input' }],
  ['too many', () => tag(Array.from({ length: 21 }, (_, at) => `t-${at}`)), { field: 'input' }],
  [
    'another order',
    () => own.change(cora, 'updateWallet', wallet, { walletId: wallet, tags: ['b', 'a'] }),
    { field: 'input' },
  ],
  [
    'another wallet than the subject',
    async () => {
      const other = await own.openWallet();
      return own.change(cora, 'updateWallet', wallet, walletUpdate({ walletId: other, tags: [] }));
    },
    { field: 'subject' },
  ],
  [
    'a wallet that is not there',
    () => {
      const other = own.newId('wallet');
      return own.change(cora, 'updateWallet', other, walletUpdate({ walletId: other, tags: [] }));
    },
    { field: 'subject' },
  ],
])('a change of tags with %s is refused', async (_, change, context) => {
  await expect(change()).rejects.toMatchObject({ context });
});

test('a policy that governs its own change is asked about tags', async () => {
  const files = policyFiles({
    version: 1,
    governs: 'transfer, policy-change',
    more: `rule publishing "Compliance publishes" {
  applies to policy-change
  when    initiator has role "compliance" and change.kind is "publish"
  then    allow
}
rule tags "A manager looks at tags" {
  applies to policy-change
  when    change.kind is "set-tags" and change.target is "${wallet}"
  then    allow with approval by 1 of managers
}
`,
  }).files;
  await own.join('Ben', 'treasury-manager', 'finance-operator');
  await own.publish(cora, files);
  await expect(tag(['hot'])).rejects.toMatchObject({ code: 'CHANGE_NEEDS_APPROVAL' });
  await tag(['hot'], cora, bob);
  expect(known()?.tags).toEqual(['hot']);
});
