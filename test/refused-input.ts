/** What a person may type by mistake: the API says which field, what is wrong, and what to write. */
import { beforeAll, expect, test } from 'vitest';
import { findAsset } from '#chains/registry.ts';
import { parseAmount } from '#sdk/amount.ts';
import type { Wallet } from '#sdk/types.ts';
import { USDC } from '#testing/acme.ts';
import { policyFiles, VENDOR } from '#testing/acme-policy.ts';
import type { Company } from './company.ts';
import { begin, type Inputs, submit } from './signed-request.ts';

type TransferField = keyof Inputs['createTransfer'];

const NO_AMOUNTS: readonly unknown[] = [
  '-1',
  '+1',
  '1e6',
  '1E6',
  '1.5',
  '1.',
  '.5',
  '1,000',
  '1_000',
  '0x10',
  '01',
  '0',
  '',
  ' 1',
  '1 ',
  '１０００',
  '١٠٠٠',
  '−1',
  'Infinity',
  'NaN',
  (2n ** 256n).toString(),
  1_000_000,
  1e21,
  -1,
  true,
  ['1'],
];

const NO_ADDRESSES: readonly unknown[] = [
  VENDOR.replace('E7', 'e7'),
  VENDOR.toLowerCase(),
  VENDOR.replace(/^0x/, ''),
  VENDOR.slice(0, -1),
  `${VENDOR} `,
  VENDOR.replace('5', '５'),
  'vendor.eth',
  `0x${'0'.repeat(40)}`,
  '',
  7,
];

const WRONG: readonly (readonly [TransferField, unknown])[] = [
  ...NO_AMOUNTS.map((value) => ['amount', value] as const),
  ...NO_ADDRESSES.map((value) => ['to', value] as const),
  ['maxFee', '-1'],
  ['maxFee', '1e18'],
  ['asset', 'USDC'],
  ['asset', 'usdc@Local EVM'],
  ['walletId', 'wal_1'],
  ['externalId', 'two words'],
  ['externalId', ''],
];

/** Whatever the platform answers about the field, it must help. */
const helpful = (field: string): object => ({
  code: 'INVALID_INPUT',
  context: {
    field: expect.stringMatching(new RegExp(`^(?:input\\.)?${field}$`)) as string,
    reason: expect.stringMatching(/\w/) as string,
    hint: expect.stringMatching(/\w/) as string,
  },
});

export function refusedInput(company: () => Company): void {
  let wallet: Wallet;
  beforeAll(async () => {
    wallet = await company().openWallet('Typing errors');
  });

  test.each(WRONG)(
    '%s: %j is INVALID_INPUT, when it is begun and when it is sent',
    async (...wrong) => {
      const [field, value] = wrong;
      const { alice } = company();
      const right = {
        walletId: wallet.id,
        asset: USDC,
        amount: '1',
        to: VENDOR,
        externalId: 'typed',
      };
      const input = { ...right, [field]: value };
      await expect(begin(alice, 'createTransfer', input)).rejects.toMatchObject(helpful(field));
      const unsigned = { challengeId: 'none', credential: {} };
      const sent = submit(alice, 'createTransfer', input, unsigned);
      await expect(sent).rejects.toMatchObject(helpful(field));
    },
  );

  test.each(['1.1234567 USDC', '-1 USDC', '1e3 USDC', '１ USDC', '1,00 USDC', '1 USDT', '1'])(
    'the SDK refuses to read "%s" as an amount of USDC',
    (text) => {
      let refusal: unknown;
      try {
        parseAmount(text, findAsset(USDC));
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toMatchObject(helpful('amount'));
    },
  );

  test('a policy with an error is POLICY_SYNTAX with its place, and the old one stays', async () => {
    const { carol } = company();
    const { files } = policyFiles({ version: 2 });
    const broken = files.map(({ path, content }) => ({
      path,
      content: content.replace('then    allow', 'then    alow'),
    }));
    const before = await carol.client.policyBundles({ first: 100 });
    await expect(carol.client.publishPolicy({ files: broken })).rejects.toMatchObject({
      code: 'POLICY_SYNTAX',
      context: { diagnostics: expect.arrayContaining([expect.stringContaining('.policy:')]) },
    });
    expect(await carol.client.policyBundles({ first: 100 })).toEqual(before);
  });
}
