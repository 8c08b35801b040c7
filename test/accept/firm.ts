/** The organisation of a run: an administrator, one who pays, one who approves, and wallets with funds. */
import { fundNative, mintTestUsdc } from '#chains/evm/local.ts';
import { CountersignClient } from '#sdk/client.ts';
import type { RoleName, Wallet } from '#sdk/types.ts';
import { SoftwareAuthenticator } from '#testing/authenticator.ts';
import { rpc } from '#testing/chain-rpc.ts';
import type { AcceptPlatform, PaidNetwork } from './accept-platform.ts';

export type Member = {
  readonly client: CountersignClient;
  readonly authenticator: SoftwareAuthenticator;
  readonly email: string;
};

export type Firm = {
  readonly ada: Member;
  readonly alice: Member;
  readonly bob: Member;
  readonly carol: Member;
  /** A funded wallet. Wallets after the first share its key. */
  openWallet(name: string): Promise<Wallet>;
  /** The same person at another gateway, signed in there. */
  alsoAt(member: Member, url: string): Promise<Member>;
  close(): void;
};

export type FirmPolicy = {
  /** USD a day and wallet, as the policy language writes it. */
  readonly limit: string;
  /** Above this Bob must approve. */
  readonly approvalAbove: string;
};

const WEI = 10n ** 18n;
/** The chain's own treasury has 10,000. */
const NATIVE_UNITS = 10n * WEI;
const USDC_UNITS = 10n ** 15n;

const policyText = ({ limit, approvalAbove }: FirmPolicy): string => `policy "Acceptance" {
  version    1
  effective  from 2026-01-01T00:00 UTC
  owner      "carol@acme.example"
  governs    transfer
  otherwise  block "No rule allows this transfer"
}

import group managers from "groups.yaml"

rule payments "Wallets for payments pay" {
  when    wallet tagged "payments"
  then    allow
  because "The wallet is there for payments"
}

rule daily-limit "Daily transfer limit per wallet" {
  when    sum(value) over last 24h by wallet > ${limit} USD
  then    block "Daily transfer limit of the wallet is exceeded"
}

rule manager-approval "Managers approve payments above a limit" {
  when    value > ${approvalAbove} USD
  then    require approval by 1 of managers, not by initiator, expires after 24h
}
`;

const FILES = (policy: FirmPolicy) => ({
  files: [
    { path: 'acceptance.policy', content: policyText(policy) },
    { path: 'groups.yaml', content: 'managers: [bob@acme.example]\n' },
  ],
});

export async function foundFirm(
  { platform, chain, url }: AcceptPlatform,
  network: PaidNetwork,
  policy: FirmPolicy,
): Promise<Firm> {
  const { origin, operatorToken } = platform;
  const clients: CountersignClient[] = [];
  const connect = (at: string, authenticator: SoftwareAuthenticator): CountersignClient => {
    const client = new CountersignClient({ url: at, origin, authenticator });
    clients.push(client);
    return client;
  };
  const register = async (email: string, inviteToken: string): Promise<Member> => {
    const authenticator = new SoftwareAuthenticator({ origin });
    const client = connect(url, authenticator);
    await client.register({ inviteToken });
    return { client, authenticator, email };
  };
  const founder = connect(url, new SoftwareAuthenticator({ origin }));
  const founding = { name: 'Acceptance', adminName: 'Ada' };
  const founded = await founder.createOrganization(founding, operatorToken);
  const ada = await register('ada@acme.example', founded.inviteToken);
  const invite = async (name: string, role: RoleName) => {
    const email = `${name.toLowerCase()}@acme.example`;
    const { inviteToken } = await ada.client.inviteUser({ name, email, roles: [role] });
    return [email, inviteToken] as const;
  };
  // All are invited before the first has come: from then on it takes two.
  const invited = [
    await invite('Alice', 'finance-operator'),
    await invite('Bob', 'treasury-manager'),
    await invite('Carol', 'compliance'),
  ] as const;
  const alice = await register(...invited[0]);
  const bob = await register(...invited[1]);
  const carol = await register(...invited[2]);
  await carol.client.publishPolicy(FILES(policy));

  let keyId: string | undefined;
  return {
    ada,
    alice,
    bob,
    carol,
    async openWallet(name) {
      const own = keyId === undefined ? {} : { keyId };
      const input = { network, name, tags: ['payments'], ...own };
      const { id } = await ada.client.createWallet(input);
      const wallet = await activated(ada.client, id);
      keyId ??= await keyOf(ada.client);
      await fund(chain.url, network, wallet.address ?? '');
      return wallet;
    },
    async alsoAt(member, at) {
      const client = connect(at, member.authenticator);
      await client.login({ email: member.email });
      return { ...member, client };
    },
    close: () => clients.forEach((client) => client.close()),
  };
}

async function fund(url: string, network: PaidNetwork, address: string): Promise<void> {
  if (network === 'local-evm') {
    await fundNative(url, address, NATIVE_UNITS);
    await mintTestUsdc(url, address, USDC_UNITS);
  } else {
    await rpc(url, 'anvil_setBalance', address, `0x${NATIVE_UNITS.toString(16)}`);
  }
}

/** The key that the first wallet was made with. */
async function keyOf(client: CountersignClient): Promise<string> {
  const { items } = await client.keys({ first: 1 });
  const [key] = items;
  if (key === undefined) throw new Error('a wallet has a key');
  return key.id;
}

async function activated(client: CountersignClient, id: string): Promise<Wallet> {
  const events = client.events({ after: '0', walletId: id, types: ['WALLET_UPDATED'] });
  for await (const { payload } of events) {
    if ((payload as { readonly state: string }).state === 'ACTIVE') return client.wallet(id);
  }
  throw new Error('the stream of the wallet ended');
}
