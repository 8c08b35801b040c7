/** All three signer nodes must have a payment in writing, two of which sign it. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNodeKeys } from '#cli/node-keys.ts';
import { hex } from '#core/bytes.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { Wallet } from '#sdk/types.ts';
import { dollars, USDC } from '#testing/acme.ts';
import { VENDOR } from '#testing/acme-policy.ts';
import { activated, type Company, type Person } from './company.ts';
import { type Diary, openDiary } from './diary.ts';
import type { System } from './system.ts';

export function signersAway(system: () => System, company: () => Company): void {
  let wallet: Wallet;
  let diary: Diary;
  beforeAll(async () => {
    wallet = await company().openWallet('Signers away');
    diary = openDiary(company().alice.client);
  });
  afterAll(async () => {
    await diary?.close();
    const { platform } = system();
    for (const party of [1, 2, 3]) await platform.ensureRunning(`signer-${party}`);
  });

  const pay = (externalId: string) =>
    company().alice.client.createTransfer({
      walletId: wallet.id,
      asset: USDC,
      amount: dollars(1),
      to: VENDOR,
      externalId,
    });

  const wellNodes = async () =>
    (await company().ada.client.signers()).flatMap(({ healthy, party }) => (healthy ? party : []));

  test('with a node stopped a payment waits and says so, and completes when it returns', async () => {
    const { platform } = system();
    await platform.halt('signer-1');
    expect(await wellNodes()).not.toContain(1);
    const { id } = await pay('one-away');
    await diary.told(id, ({ waiting }) => waiting?.code === 'SIGNERS_UNAVAILABLE');
    const { client } = company().alice;
    expect(await client.transfer(id)).toMatchObject({
      state: 'SIGNING',
      waiting: {
        code: 'SIGNERS_UNAVAILABLE',
        // It waits for the proof of its request or, where that was there before, for receipts.
        message: expect.stringMatching(
          /2 of 3 nodes (?:cosigned the audit log|have it in writing), 3 must/,
        ) as string,
      },
    });
    // Nor has a wallet an address that not all nodes have signed.
    const { ada } = company();
    const own = await ada.client.createWallet({ network: 'local-evm', name: 'Unsigned' });
    expect(own).toMatchObject({ state: 'CREATING', address: null, addressVerified: false });
    await platform.ensureRunning('signer-1');
    expect(await diary.ended(id)).toBe('CONFIRMED');
    expect(await client.transfer(id)).toMatchObject({ state: 'CONFIRMED', waiting: null });
    await activated(ada.client, own.id);
    const verifying = await withNodeKeys(system(), ada);
    const verified = { state: 'ACTIVE', addressVerified: true };
    expect(await verifying.wallet(own.id)).toMatchObject(verified);
    expect(await verifying.wallet(wallet.id)).toMatchObject(verified);
    verifying.close();
  });

  test.each([[[2]], [[1, 2, 3]]])(
    'after nodes %j are killed at the same moment and start again, a payment completes by itself',
    async (parties) => {
      const { platform } = system();
      const names = parties.map((party) => `signer-${party}`);
      await Promise.all(names.map((name) => platform.kill(name)));
      const { id } = await pay(`killed-${parties.join('-')}`);
      await Promise.all(names.map((name) => platform.ensureRunning(name)));
      expect(await diary.ended(id)).toBe('CONFIRMED');
    },
  );
}

/** A client that knows the nodes, as one of them tells who they are. */
async function withNodeKeys({ platform }: System, { authenticator }: Person) {
  const file = path.join(platform.dataDir, 'signers', '1', 'node.json');
  const [{ nodes }] = await readNodeKeys(file);
  const { threshold, keys } = nodes;
  const nodeKeys = { threshold, identities: [...keys.values()].map(hex) };
  const { url } = platform;
  const client = new CountersignClient({ url, origin: url, authenticator, nodeKeys });
  await client.login();
  return client;
}
