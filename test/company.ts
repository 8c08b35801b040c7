/** An organisation on a running platform, whose people act through the SDK alone. */
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import * as solana from '#chains/solana/local.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { RoleName, Wallet } from '#sdk/types.ts';
import { policyFiles, type PolicyShape } from '#testing/acme-policy.ts';
import { SoftwareAuthenticator } from '#testing/authenticator.ts';
import type { System } from './system.ts';

const ETHER = 10n ** 18n;
const TREASURY_UNITS = 10n ** 15n;

/** A person's connection to the platform. */
export type Line = {
  readonly fetch: typeof globalThis.fetch;
  /** The next answer to this mutation is lost, after the platform has given it. */
  loseNextAnswer(operation: string): void;
};

export type Person = {
  readonly client: CountersignClient;
  readonly authenticator: SoftwareAuthenticator;
  readonly line: Line;
};

function openLine(): Line {
  let unlucky: string | undefined;
  return {
    async fetch(url, init) {
      const response = await fetch(url, init);
      const { query } = JSON.parse(init?.body as string) as { readonly query: string };
      if (unlucky === undefined || !query.includes(` ${unlucky}(`)) return response;
      unlucky = undefined;
      await response.text();
      throw new TypeError('the answer was lost');
    },
    loseNextAnswer(operation) {
      unlucky = operation;
    },
  };
}

export type Company = {
  readonly ada: Person;
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  /** A wallet of this key, or of one that the nodes make for it, with ether for fees and enough USDC. */
  openWallet(name: string, keyId?: string): Promise<Wallet>;
  /** The same on the local Solana chain. */
  openSolanaWallet(name: string): Promise<Wallet>;
  close(): void;
};

/** Payments above 10,000 USD need Bob; a wallet spends `limit` USD a day. `more` are rules beside these. */
export async function foundCompany(
  { platform, chain }: System,
  shape: Pick<PolicyShape, 'more' | 'governs'> & { readonly name: string; readonly limit: string },
): Promise<Company> {
  const { url, operatorToken } = platform;
  const { name, ...policy } = shape;
  const people: Person[] = [];
  const arrive = (): Person => {
    const authenticator = new SoftwareAuthenticator({ origin: url });
    const line = openLine();
    const client = new CountersignClient({ url, origin: url, authenticator, fetch: line.fetch });
    const person = { client, authenticator, line };
    people.push(person);
    return person;
  };
  const register = async (inviteToken: string): Promise<Person> => {
    const person = arrive();
    await person.client.register({ inviteToken });
    return person;
  };
  const founding = { name, adminName: 'Ada' };
  const { inviteToken } = await arrive().client.createOrganization(founding, operatorToken);
  const ada = await register(inviteToken);
  const invite = async (name: string, role: RoleName): Promise<string> => {
    const email = `${name.toLowerCase()}@acme.example`;
    return (await ada.client.inviteUser({ name, email, roles: [role] })).inviteToken;
  };
  // All are invited before the first has come: from then on it takes two.
  const links = [
    await invite('Alice', 'finance-operator'),
    await invite('Bob', 'treasury-manager'),
    await invite('Carol', 'compliance'),
  ] as const;
  const alice = await register(links[0]);
  const bob = await register(links[1]);
  const carol = await register(links[2]);
  const managers = ['bob@acme.example'];
  await carol.client.publishPolicy(policyFiles({ version: 1, managers, ...policy }));
  return {
    ada,
    alice,
    bob,
    carol,
    openWallet: (name, keyId) => openWallet(ada.client, chain.url, name, keyId),
    openSolanaWallet: (name) => openSolanaWallet(ada.client, platform.rpcSolana, name),
    close: () => people.forEach(({ client }) => client.close()),
  };
}

async function openWallet(
  client: CountersignClient,
  rpc: string,
  name: string,
  keyId?: string,
): Promise<Wallet> {
  const own = keyId === undefined ? {} : { keyId };
  const input = { network: 'local-evm', name, tags: ['payments'], ...own };
  const wallet = await activated(client, (await client.createWallet(input)).id);
  await fundNative(rpc, wallet.address ?? '', ETHER);
  await mintTestUsdc(rpc, wallet.address ?? '', TREASURY_UNITS);
  return wallet;
}

async function openSolanaWallet(
  client: CountersignClient,
  rpc: string,
  name: string,
): Promise<Wallet> {
  const input = { network: 'local-solana', name, tags: ['payments'] };
  const wallet = await activated(client, (await client.createWallet(input)).id);
  await solana.fundNative(rpc, wallet.address ?? '', ETHER / 10n ** 9n);
  await solana.mintTestUsdc(rpc, wallet.address ?? '', TREASURY_UNITS);
  return wallet;
}

/** The wallet, once it is ACTIVE. */
export async function activated(client: CountersignClient, id: string): Promise<Wallet> {
  const events = client.events({ after: '0', walletId: id, types: ['WALLET_UPDATED'] });
  for await (const { payload } of events) {
    if ((payload as { readonly state: string }).state === 'ACTIVE') return client.wallet(id);
  }
  throw new Error('the stream of the wallet ended');
}
