import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fundNative } from '#chains/evm/local.ts';
import { rpc } from '#testing/chain-rpc.ts';
import { type Anvil, startAnvil } from '#testing/anvil.ts';
import { BankBooks } from './bank-books.ts';

const WEI = 10n ** 18n;
const STRANGER = '0x52908400098527886E0F7030069857D2E4169EE7';

let chain: Anvil;
let accounts: readonly string[];
let books: BankBooks;

beforeAll(async () => {
  chain = await startAnvil();
  const [, ...unlocked] = (await rpc(chain.url, 'eth_accounts')) as readonly string[];
  accounts = unlocked.slice(0, 3);
});

afterAll(() => chain.stop());

beforeEach(async () => {
  books = await BankBooks.open(chain.url, accounts);
});

/** Ends once a block holds the payment: the chain names its hash before that. */
async function pay(from: string | undefined, to: string | undefined, units: bigint) {
  const value = `0x${units.toString(16)}`;
  const hash = await rpc(chain.url, 'eth_sendTransaction', { from, to, value });
  const receipt = () => rpc(chain.url, 'eth_getTransactionReceipt', hash);
  await expect.poll(receipt, { interval: 10, timeout: 20_000 }).not.toBeNull();
}

const balanceOf = async (account: string | undefined): Promise<bigint> =>
  BigInt(String(await rpc(chain.url, 'eth_getBalance', account, 'latest')));

const move = async (account: string | undefined, units: bigint): Promise<void> => {
  const left = (await balanceOf(account)) + units;
  await rpc(chain.url, 'anvil_setBalance', account, `0x${left.toString(16)}`);
};

test('payments between the accounts keep the sum, and leave what they say', async () => {
  const [one, two, three] = accounts;
  await pay(one, two, WEI);
  await pay(two, three, 2n * WEI);
  expect(await books.read()).toEqual([]);
  expect(await books.audit()).toEqual([]);
  expect(books.payments.map(({ units }) => units)).toEqual([WEI, 2n * WEI]);
});

test('what goes to a stranger is named, and is missing in the sum', async () => {
  const [one] = accounts;
  await pay(one, STRANGER, WEI);
  expect((await books.read()).join('\n')).toMatch(/not both of us\nat block \d+ the accounts/);
});

test('what comes from nowhere is named', async () => {
  const [one = ''] = accounts;
  await fundNative(chain.url, one, WEI);
  expect((await books.read()).join('\n')).toMatch(/not both of us\nat block \d+ the accounts/);
});

test('what moves without a payment is found in the sum, and between two accounts by the audit', async () => {
  const [one, two] = accounts;
  await move(one, -WEI);
  expect((await books.read()).join()).toMatch(/the accounts and the fees make/);
  await move(two, WEI);
  expect(await books.read()).toEqual([]);
  expect(await books.audit()).toHaveLength(2);
});
