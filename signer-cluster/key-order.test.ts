import { beforeAll, expect, test } from 'vitest';
import type { KeyId, WalletId } from '#core/ids.ts';
import {
  exportChange,
  importChange,
  keyChoiceChange,
  reshareChange,
} from '#mandate/change-input.ts';
import { TestAuthority } from '#testing/authority.ts';
import { requireKeyOrdered, requireOrdered, requireWalletOrdered, unlockOf } from './key-order.ts';
import type { Party } from './party.ts';

let acme: TestAuthority;
let keyId: KeyId;
let wallet: WalletId;
const scheme = 'ecdsa-secp256k1';

beforeAll(async () => {
  acme = await TestAuthority.found('key orders');
  keyId = await acme.createKey();
  wallet = await acme.openWallet({ keyId });
});

/** A node that has the log up to now. */
const party = (): Pick<Party, 'authority'> =>
  ({
    authority: { find: () => acme.state, pins: () => new Map(), isFrozen: () => acme.state.frozen },
  }) as unknown as Pick<Party, 'authority'>;
const organization = () => acme.state.organization;
const unordered = expect.objectContaining({
  code: 'SIGNERS_UNAVAILABLE',
  context: { reason: expect.stringContaining('NOT_ORDERED') },
});

test('a key is made as it was ordered: no other, and of no other scheme', () => {
  const asked = { organization: organization(), keyId, scheme };
  requireKeyOrdered(party(), asked);
  const other = acme.newId('key');
  expect(() => requireKeyOrdered(party(), { ...asked, keyId: other })).toThrow(unordered);
  expect(() => requireKeyOrdered(party(), { ...asked, scheme: 'frost-ed25519' })).toThrow(
    unordered,
  );
});

test('a wallet lies where the log says', () => {
  const { path } = acme.state.wallets.get(wallet) as { readonly path: string };
  const asked = { organization: organization(), wallet, key: keyId, path };
  requireWalletOrdered(party(), asked);
  for (const change of [
    { path: `${path}/1` },
    { key: acme.newId('key') },
    { wallet: acme.newId('wallet') },
  ]) {
    expect(() => requireWalletOrdered(party(), { ...asked, ...change })).toThrow(unordered);
  }
});

test('a key is renewed, given to others and handed out by its newest change only', async () => {
  const about = { organization: organization(), keyId };
  const refresh = () => requireOrdered(party(), about, 'refreshKey', { keyId });
  expect(refresh).toThrow(unordered);
  await acme.change(acme.administrator, 'refreshKey', keyId, keyChoiceChange({ keyId }));
  refresh();
  const plan = { keyId, dealers: [1, 2], receivers: [1, 2, 3], threshold: 2 };
  await acme.change(acme.administrator, 'reshareKey', keyId, reshareChange(plan));
  expect(refresh).toThrow(unordered);
  requireOrdered(party(), about, 'reshareKey', plan);
  expect(() => requireOrdered(party(), about, 'reshareKey', { ...plan, threshold: 3 })).toThrow(
    unordered,
  );
  const leaving = { keyId, recipient: '11'.repeat(32), exporters: [1, 2] };
  await acme.change(acme.administrator, 'exportKey', keyId, exportChange(leaving));
  requireOrdered(party(), about, 'exportKey', leaving);
  for (const change of [{ recipient: '22'.repeat(32) }, { exporters: [2, 3] }]) {
    const other = { ...leaving, ...change };
    expect(() => requireOrdered(party(), about, 'exportKey', other)).toThrow(unordered);
  }
  const cora = await acme.join('Cora', 'compliance');
  const locked = expect.objectContaining({ code: 'KEY_LOCKED' });
  const leave = () => requireOrdered(party(), about, 'exportKey', leaving);
  const org = organization();
  await acme.change(cora, 'freezeOrganization', org, {});
  expect(leave).toThrow(locked);
  await acme.change(cora, 'unfreezeOrganization', org, {}, [acme.administrator]);
  await acme.change(cora, 'freezeWallet', wallet, { walletId: wallet });
  expect(leave).toThrow(locked);
  await acme.change(cora, 'unfreezeWallet', wallet, { walletId: wallet }, [acme.administrator]);
  leave();
});

test('a dealing is taken in as it was ordered', async () => {
  const id = acme.newId('key');
  const about = { organization: organization(), keyId: id };
  const dealing = '{"dealing":1}';
  const input = importChange({ name: 'Brought along', scheme, dealing, externalId: '' });
  expect(() => requireOrdered(party(), about, 'importKey', { scheme, dealing })).toThrow(unordered);
  await acme.change(acme.administrator, 'importKey', id, input);
  requireOrdered(party(), about, 'importKey', { scheme, dealing });
  expect(() => requireKeyOrdered(party(), { ...about, scheme })).toThrow(unordered);
  expect(() =>
    requireOrdered(party(), about, 'importKey', { scheme, dealing: '{"dealing":2}' }),
  ).toThrow(unordered);
});

test('a key is unlocked from an entry on, and what was ordered of it before stands', async () => {
  const id = await acme.createKey();
  const about = { organization: organization(), keyId: id };
  const choice = keyChoiceChange({ keyId: id });
  expect(unlockOf(party(), about)).toBe(0);
  await acme.change(acme.administrator, 'refreshKey', id, choice);
  await acme.change(acme.administrator, 'unlockKey', id, choice);
  expect(unlockOf(party(), about)).toBe(acme.state.head.sequence);
  requireOrdered(party(), about, 'refreshKey', choice);
  await acme.change(acme.administrator, 'refreshKey', id, choice);
  expect(unlockOf(party(), about)).toBe(acme.state.head.sequence - 1);
});
