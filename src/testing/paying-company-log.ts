/** The authority log of `paying-company.ts`: who is there, who has left, and what was published. */
import type { WalletId } from '#core/ids.ts';
import type { Instant } from '#core/time.ts';
import type { AuthorityState } from '#mandate/authority/state.ts';
import { policyFiles } from './acme-policy.ts';
import type { SoftwareCredential } from './authenticator.ts';
import {
  type Member,
  newMember,
  passkeyOf,
  randomOf,
  type Signer,
  TestAuthority,
} from './authority.ts';

const SCREENED = `rule screened "Screened wallets" {
  applies to transfer, allowance
  when    wallet tagged "screened" and screening.alert-level >= HIGH
  then    block "Screening found a high risk"
}`;

const PERMITS = `rule permits "Permits of the test token" {
  applies to sign-message
  when    typed-data.primary-type is "Permit" and typed-data.domain-name is "Test USD Coin"
  then    allow
}`;

const PEOPLE = {
  alice: ['finance-operator'],
  rita: ['finance-operator'],
  lars: ['finance-operator'],
  dora: ['finance-operator'],
  nora: ['finance-operator'],
  bob: ['treasury-manager'],
  ben: ['treasury-manager'],
  mona: ['treasury-manager'],
  carl: ['treasury-manager'],
  olga: ['treasury-manager'],
  cora: ['compliance'],
} as const;
/** Alice may approve what she has not asked for herself; Cora's role lets her approve nothing. */
const MANAGERS = ['alice', 'bob', 'ben', 'mona', 'olga', 'cora'].map(
  (name) => `${name}@acme.example`,
);
/** By its name, what the log says of each wallet. */
const WALLETS = {
  operations: { tags: ['payments'] },
  untagged: { tags: [] },
  frozen: { tags: ['payments'] },
  spent: { tags: ['payments'] },
  lent: { tags: ['payments'] },
  promised: { tags: ['payments'] },
  screened: { tags: ['payments', 'screened'] },
  solana: { tags: ['payments'], network: 'local-solana' },
} as const;

export type Person = keyof typeof PEOPLE;
export type Wallet = keyof typeof WALLETS;

export type CompanyLog = {
  readonly authority: TestAuthority;
  readonly people: Readonly<Record<Person, Member>>;
  readonly robot: Signer;
  /** Bob with his other passkey. */
  readonly bobAgain: Member;
  readonly wallets: Readonly<Record<Wallet, WalletId>>;
  /**
   * Rita's passkey is revoked, Lars has another role, Bob has two passkeys, and Nora and Olga have lost
   * theirs: somebody else may have them.
   */
  readonly state: AuthorityState;
};

/** The same seed gives the same log. */
export async function openLog(seed: string, now?: Instant): Promise<CompanyLog> {
  const authority = await TestAuthority.found(seed, now);
  const joined: [string, Member][] = [];
  for (const [name, roles] of Object.entries(PEOPLE)) {
    const title = `${name[0]?.toUpperCase()}${name.slice(1)}`;
    joined.push([name, await authority.join(title, ...roles)]);
  }
  const people = Object.fromEntries(joined) as Record<Person, Member>;
  const robot = await authority.employ('Robot', 'finance-operator');
  const managers = {
    managers: MANAGERS,
    more: `${SCREENED}\n${PERMITS}`,
    governs: 'transfer, allowance, sign-message',
  };
  const loose = policyFiles({ version: 1, limit: '900,000', ...managers });
  const strict = policyFiles({ version: 2, quorum: 2, ...managers });
  for (const { files } of [loose, strict]) await authority.publish(people.cora, files);
  await authority.deactivate(people.dora.id);
  await authority.deactivate(people.mona.id);
  const opened: [string, WalletId][] = [];
  for (const [name, wallet] of Object.entries(WALLETS)) {
    opened.push([name, await authority.openWallet(wallet)]);
  }
  const wallets = Object.fromEntries(opened) as Record<Wallet, WalletId>;
  const { frozen: walletId } = wallets;
  await authority.change(authority.administrator, 'freezeWallet', walletId, { walletId });
  const bobAgain = await newMember(people.bob.id, randomOf(`${seed} bob again`));
  await authority.change(people.bob, 'addCredential', people.bob.id, passkeyOf(bobAgain));
  const { id: credential } = credentialOf(people.rita);
  const { administrator } = authority;
  await authority.change(administrator, 'revokeCredential', credential, { credential });
  const { id: userId } = people.lars;
  const roles = { userId, roles: ['compliance'] };
  await authority.change(administrator, 'changeRoles', userId, roles, [people.cora]);
  for (const lost of [people.nora, people.olga]) await authority.recover(lost.id, people.cora);
  return { authority, people, robot, bobAgain, wallets, state: authority.state };
}

export const absent = (name: string): never => {
  throw new Error(`the log of this company has no ${name}`);
};

export const credentialOf = ({ authenticator }: Member): SoftwareCredential =>
  authenticator.credentials[0] ?? absent('passkey');
