/**
 * What an organisation's authority log says as of one entry. An immutable value: a change makes
 * another one. Nothing is ever taken out of it, so that a version is never counted again.
 */
import type { KeyId, OrganizationId, PolicyId, UserId, WalletId } from '#core/ids.ts';
import type { AssetId, NetworkId } from '#core/money.ts';
import type { Role } from '#core/roles.ts';
import type { Scheme } from '#core/scheme.ts';
import { type Instant, parseInstant } from '#core/time.ts';
import type { Asset } from '#chains/adapter.ts';
import type { CredentialKind } from '#mandate/assertion.ts';
import type { ChangeInput } from '#mandate/change.ts';
import type { BanName, JournalPlace } from '#mandate/change-input.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import type { RegistryList } from '#policy-lang/registry.ts';
import type { AssetFact } from '#policy-lang/world.ts';
import type { AuthorityHead } from './chain.ts';
import { type Genesis, genesisHash } from './genesis.ts';

/** An object's version counts its changes, from 1. */
export type AuthorityState = {
  readonly organization: OrganizationId;
  readonly name: string;
  /** Of the organisation itself: it counts freezing and unfreezing. */
  readonly version: number;
  /** Scheme, host and port of the page on which people sign. */
  readonly origin: string;
  readonly head: AuthorityHead;
  /** The latest time that any entry carries. */
  readonly latest: Instant;
  /** Nothing is signed for a frozen organisation. */
  readonly frozen: boolean;
  /** Who has frozen it while nobody else was there to release it with. */
  readonly frozenAlone?: UserId;
  /**
   * Whether two people have ever had authority over others at the same time. From then on nobody gives
   * it alone, whoever has lost it since: otherwise one of the two could end the other, and begin anew.
   */
  readonly shared: boolean;
  readonly users: ReadonlyMap<UserId, UserState>;
  /** By the authenticator's own id of the passkey, or the id of a service account's key. */
  readonly credentials: ReadonlyMap<string, CredentialState>;
  /** In the order of their publication. */
  readonly policies: readonly PublishedPolicy[];
  readonly wallets: ReadonlyMap<WalletId, WalletState>;
  readonly keys: ReadonlyMap<KeyId, KeyState>;
  /** The registry, by name: what policies read `from "registry"`. */
  readonly lists: ReadonlyMap<string, ListState>;
  readonly groups: ReadonlyMap<string, GroupState>;
  /** What was said of signer nodes, by `nodeSubject`. */
  readonly nodes: ReadonlyMap<string, NodeState>;
  /** Tokens beside the assets that are built in. */
  readonly assets: ReadonlyMap<AssetId, RegisteredAsset>;
};

/** Version 1 as it was registered, 2 once it is retired. */
export type RegisteredAsset = Asset & {
  readonly contract: string;
  readonly version: number;
  readonly retired: boolean;
};

/** `restored` are the places that each change gave up, oldest first: one may be there more than once. */
export type NodeState = {
  readonly version: number;
  readonly restored: readonly JournalPlace[];
  /** Bans that are forgiven, each with the entry that says so. */
  readonly readmitted: readonly (BanName & { readonly sequence: number })[];
};

/** Entries in the order of network and address. */
export type ListState = RegistryList;

/** Each address with the user that it was of when the group was set. */
export type GroupState = {
  readonly version: number;
  readonly members: readonly { readonly email: string; readonly user: UserId }[];
};

export type UserState = {
  readonly version: number;
  readonly kind: 'person' | 'service-account';
  readonly name: string;
  /** In lower case; null when absent. */
  readonly email: string | null;
  readonly state: 'invited' | 'active' | 'deactivated';
  /** In the order of `ROLES`. */
  readonly roles: readonly Role[];
  /** The one-time key with which an invited person registers a passkey. */
  readonly enrolment?: Enrolment;
  /** Who may have made the link of the person's last recovery (`handsOf`). */
  readonly recoveredBy?: readonly UserId[];
};

/** `key` is an Ed25519 public key in base64url. */
export type Enrolment = { readonly key: string; readonly expires: Instant };

export type CredentialState = {
  readonly version: number;
  readonly user: UserId;
  readonly kind: CredentialKind;
  /** COSE_Key in base64url. */
  readonly publicKey: string;
  readonly state: 'active' | 'revoked';
};

export type PublishedPolicy = {
  readonly id: PolicyId;
  /** The author's version number: it grows with each bundle. */
  readonly version: number;
  /** Of the bundle's files: what decisions and approvals name. */
  readonly hash: string;
  readonly files: readonly BundleFile[];
  /** The user of each e-mail address of the groups, as it was at publication. */
  readonly members: { readonly [email: string]: UserId };
  /** The registered assets as they were at publication: it decides about no others. */
  readonly assets: ReadonlyMap<AssetId, AssetFact>;
  readonly effectiveFrom: Instant;
  readonly effectiveUntil: Instant | null;
  readonly publishedAt: Instant;
};

export type WalletState = {
  readonly version: number;
  readonly key: KeyId;
  /** BIP-32, from the key to the wallet's own: "m" is the key itself. */
  readonly path: string;
  readonly network: NetworkId;
  readonly name: string;
  /** Sorted. */
  readonly tags: readonly string[];
  readonly frozen: boolean;
  /** As of the organisation. */
  readonly frozenAlone?: UserId;
};

export type KeyState = {
  readonly version: number;
  readonly scheme: Scheme;
  readonly name: string;
  readonly provenance: 'generated' | 'imported';
  /** The entry that last let its nodes forgive each other what broke off a session; 0: none. */
  readonly unlocked: number;
  /** The newest change of the key: what its nodes may do with it. */
  readonly order: KeyOrder;
};

/** `sequence` is the entry that holds the change. */
export type KeyOrder = {
  readonly operation: string;
  readonly sequence: number;
  readonly input: ChangeInput;
};

/** What the genesis says. */
export function stateOfGenesis(genesis: Genesis): AuthorityState {
  const { organization, name, origin, administrator } = genesis;
  const { id, email, credential } = administrator;
  const person: UserState = {
    version: 1,
    kind: 'person',
    name: administrator.name,
    email: email === '' ? null : email,
    state: 'active',
    roles: ['admin'],
  };
  const passkey: CredentialState = {
    version: 1,
    user: id,
    kind: 'passkey',
    publicKey: credential.publicKey,
    state: 'active',
  };
  return {
    organization,
    name,
    version: 1,
    origin,
    head: { sequence: 0, hash: genesisHash(genesis) },
    latest: parseInstant(genesis.created),
    frozen: false,
    shared: false,
    users: new Map([[id, person]]),
    credentials: new Map([[credential.id, passkey]]),
    policies: [],
    wallets: new Map(),
    keys: new Map(),
    lists: new Map(),
    groups: new Map(),
    nodes: new Map(),
    assets: new Map(),
  };
}

/** A copy of the map with one entry set. */
export const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> =>
  new Map(map).set(key, value);

/** Who may decide, vote and sign: an active person. */
export const isActivePerson = (state: AuthorityState, id: UserId): boolean => {
  const user = state.users.get(id);
  return user?.kind === 'person' && user.state === 'active';
};
