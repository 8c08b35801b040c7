/** Changes of keys and wallets: making them, what the nodes may do with a key, and freezing. */
import { invalidInput, PlatformError } from '#core/errors.ts';
import { ID_PREFIXES, type KeyId, type UserId, type WalletId, parseId } from '#core/ids.ts';
import type { Scheme } from '#core/scheme.ts';
import { findNetwork } from '#chains/registry.ts';
import { schemeOf } from '#chains/scheme.ts';
import type { ChangeInput } from '#mandate/change.ts';
import { nextPath, ROOT_PATH } from '#mandate/key-path.ts';
import type { Permission } from '#mandate/permissions.ts';
import { rejectUnless } from './evidence.ts';
import {
  type KeyChoice,
  type NewKey,
  type NewWallet,
  readExport,
  readImport,
  readKey,
  readKeyChoice,
  readReshare,
  readWallet,
  readWalletChoice,
  readWalletUpdate,
} from './inputs.ts';
import { frozenBy, isOnlyReleaser, requireNotFrozen } from './members.ts';
import { type ChangeContext, type Kind, ungoverned } from './kind.ts';
import { type AuthorityState, type KeyState, type WalletState, withEntry } from './state.ts';

const versionOfKey = ({ keys }: AuthorityState, subject: string): number =>
  keys.get(parseId('key', subject, 'subject'))?.version ?? 0;

const versionOfWallet = ({ wallets }: AuthorityState, subject: string): number =>
  wallets.get(parseId('wallet', subject, 'subject'))?.version ?? 0;

/** A wallet's own key has the wallet's own number, so one change names both. */
export const ownKeyOf = (wallet: WalletId): KeyId =>
  parseId('key', ID_PREFIXES.key + wallet.slice(ID_PREFIXES.wallet.length));

const newKeyKind = (
  permission: Permission,
  read: (input: ChangeInput) => NewKey,
  provenance: KeyState['provenance'],
): Kind => ({
  permission,
  versionOf: versionOfKey,
  read: (input) => {
    const key = read(input);
    return {
      parts: ungoverned,
      apply: (state, context) => {
        rejectUnless(context.version === 1, 'subject', 'it exists already');
        return withKey(state, parseId('key', context.subject), { ...key, provenance }, context);
      },
    };
  },
});

export const createKey = newKeyKind('keys:create', readKey, 'generated');
export const importKey = newKeyKind('keys:import', readImport, 'imported');

/**
 * The change itself is what permits the nodes to do it, with exactly this input. No key leaves a frozen
 * organisation, and none that a frozen wallet is on.
 */
const keyOrderKind = (permission: Permission, read: (input: ChangeInput) => KeyChoice): Kind => ({
  permission,
  versionOf: versionOfKey,
  read: (input, subject) => {
    const { keyId } = read(input);
    rejectUnless(keyId === subject, 'subject', 'not the key of the input');
    return {
      parts: ungoverned,
      apply: (state, context) => {
        if (permission === 'keys:export') requireMayLeave(state, keyId);
        return withKey(state, keyId, requireKey(state, keyId), context);
      },
    };
  },
});

/** Who has the key pays from each of its wallets. @throws CHANGE_DENIED */
function requireMayLeave(state: AuthorityState, keyId: KeyId): void {
  requireNotFrozen(state);
  for (const [id, { key, frozen }] of state.wallets) {
    if (key !== keyId || !frozen) continue;
    const reason = `the wallet ${id} of this key is frozen: two people must release it before the key leaves`;
    throw new PlatformError('CHANGE_DENIED', { reason });
  }
}

export const refreshKey = keyOrderKind('keys:refresh', readKeyChoice);
export const reshareKey = keyOrderKind('keys:reshare', readReshare);
export const exportKey = keyOrderKind('keys:export', readExport);
/**
 * After a session that broke off with somebody to blame, or a signature that is none, the nodes work
 * together no more until their operators say so, and the organisation does: this is its word. What was
 * ordered of the key before stands.
 */
export const unlockKey: Kind = {
  permission: 'keys:unlock',
  peopleOnly: true,
  versionOf: versionOfKey,
  read: (input, subject) => {
    const { keyId } = readKeyChoice(input);
    rejectUnless(keyId === subject, 'subject', 'not the key of the input');
    return {
      parts: ungoverned,
      apply: (state, { sequence, version }) => {
        const key = { ...requireKey(state, keyId), unlocked: sequence, version };
        return { ...state, keys: withEntry(state.keys, keyId, key) };
      },
    };
  },
};

function requireKey({ keys }: AuthorityState, id: KeyId): KeyState {
  const key = keys.get(id);
  rejectUnless(key !== undefined, 'subject', 'no such key');
  return key;
}

/** A new key was never locked. */
type KeyFacts = Pick<KeyState, 'name' | 'scheme' | 'provenance'> &
  Partial<Pick<KeyState, 'unlocked'>>;

const withKey = (
  state: AuthorityState,
  id: KeyId,
  { name, scheme, provenance, unlocked = 0 }: KeyFacts,
  { operation, sequence, input, version }: ChangeContext,
): AuthorityState => {
  const order = { operation, sequence, input };
  const key: KeyState = { version, scheme, name, provenance, unlocked, order };
  return { ...state, keys: withEntry(state.keys, id, key) };
};

export const createWallet: Kind = {
  permission: 'wallets:create',
  versionOf: versionOfWallet,
  read: (input) => {
    const wanted = readWallet(input);
    return {
      parts: ungoverned,
      apply: (state, context) => {
        rejectUnless(context.version === 1, 'subject', 'it exists already');
        const id = parseId('wallet', context.subject);
        const { network, name, tags } = wanted;
        const scheme = schemeOf(findNetwork(network));
        const { keys, key, path } = keyFor(state, id, { wanted, scheme, context });
        const wallet = { version: 1, key, path, network, name, tags, frozen: false };
        return { ...state, keys, wallets: withEntry(state.wallets, id, wallet) };
      },
    };
  },
};

/** The named key with its next path, or a new key that is the wallet's own. */
function keyFor(
  state: AuthorityState,
  wallet: WalletId,
  { wanted, scheme, context }: { wanted: NewWallet; scheme: Scheme; context: ChangeContext },
): { readonly keys: AuthorityState['keys']; readonly key: KeyId; readonly path: string } {
  const { keyId, name, network } = wanted;
  if (keyId === '') {
    const key = ownKeyOf(wallet);
    rejectUnless(!state.keys.has(key), 'subject', 'its key exists already');
    const { keys } = withKey(state, key, { name, scheme, provenance: 'generated' }, context);
    return { keys, key, path: ROOT_PATH };
  }
  const key = state.keys.get(keyId);
  if (key === undefined) throw new PlatformError('NOT_FOUND', { field: 'keyId' });
  if (key.scheme !== scheme) {
    const reason = `a key of ${key.scheme}, and ${network} takes ${scheme}`;
    throw invalidInput('keyId', reason, `Use a key of ${scheme}.`);
  }
  const taken = [...state.wallets.values()].filter((known) => known.key === keyId);
  const paths = taken.map(({ path }) => path);
  return { keys: state.keys, key: keyId, path: nextPath(findNetwork(network), paths) };
}

/**
 * What a wallet is tagged decides which rules its payments fall under, so that it is whose that is who keeps
 * the policy, and the policy is asked as of its own change.
 */
export const updateWallet: Kind = {
  permission: 'wallets:update',
  peopleOnly: true,
  versionOf: versionOfWallet,
  read: (input, subject) => {
    const { walletId, tags } = readWalletUpdate(input);
    rejectUnless(walletId === subject, 'subject', 'not the wallet of the input');
    return {
      parts: () => [{ activity: 'policy-change', kind: 'set-tags', target: walletId }],
      apply: (state, { version }) => {
        const wallet = requireWallet(state, walletId);
        const wallets = withEntry(state.wallets, walletId, { ...wallet, tags, version });
        return { ...state, wallets };
      },
    };
  },
};

function requireWallet({ wallets }: AuthorityState, id: WalletId): WalletState {
  const wallet = wallets.get(id);
  rejectUnless(wallet !== undefined, 'subject', 'no such wallet');
  return wallet;
}

const RELEASE = 'wallets:unfreeze';

/** As of the organisation. */
const isAloneToRelease = (state: AuthorityState, subject: string, initiator: UserId): boolean =>
  state.wallets.get(parseId('wallet', subject))?.frozenAlone === initiator &&
  isOnlyReleaser(state, RELEASE, initiator);

/** One person or program freezes; only two people release, or whom the policy asks. */
const freezing = (permission: Permission, frozen: boolean): Kind => ({
  permission,
  ...(frozen ? {} : { peopleOnly: true, people: 2, isAlone: isAloneToRelease }),
  versionOf: versionOfWallet,
  read: (input, subject) => {
    const { walletId } = readWalletChoice(input);
    rejectUnless(walletId === subject, 'subject', 'not the wallet of the input');
    const part = { activity: 'permission-change', kind: 'unfreeze', target: walletId } as const;
    return {
      parts: frozen ? ungoverned : () => [part],
      apply: (state, { version, initiator }) => {
        const wallet = requireWallet(state, walletId);
        requireOther(wallet.frozen, frozen, 'walletId');
        const { frozenAlone: _, ...others } = wallet;
        const by = { permission: RELEASE, initiator } as const;
        const next = { ...others, ...frozenBy(state, frozen, by), version };
        const wallets = withEntry(state.wallets, walletId, next);
        return { ...state, wallets };
      },
    };
  },
});

export const freezeWallet = freezing('wallets:freeze', true);
export const unfreezeWallet = freezing(RELEASE, false);

/** @throws INVALID_INPUT where nothing would change */
export function requireOther(frozen: boolean, wanted: boolean, field: string): void {
  if (frozen !== wanted) return;
  const reason = wanted ? 'it is frozen already' : 'it is not frozen';
  throw invalidInput(field, reason, 'Nothing is left to do.');
}
