/**
 * The `input` of each change statement, in its canonical form. The server writes the statement with
 * these and the SDK checks it with them, so both must make the same object of the same values.
 */
import { ROLES } from '#core/roles.ts';
import type { ChangeInput } from './change.ts';

/** Tags sorted, each once; `externalId` and `keyId` are empty when absent. */
export const walletChange = (wallet: {
  readonly network: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly keyId: string;
  readonly externalId: string;
}): ChangeInput => ({
  network: wallet.network,
  name: wallet.name,
  tags: [...new Set(wallet.tags)].toSorted(),
  keyId: wallet.keyId,
  externalId: wallet.externalId,
});

/** All tags that the wallet has afterwards: sorted, each once. */
export const walletUpdate = (wallet: {
  readonly walletId: string;
  readonly tags: readonly string[];
}): ChangeInput => ({
  walletId: wallet.walletId,
  tags: [...new Set(wallet.tags)].toSorted(),
});

/** `externalId` is empty when absent. */
export const keyChange = (key: {
  readonly name: string;
  readonly scheme: string;
  readonly externalId: string;
}): ChangeInput => ({ name: key.name, scheme: key.scheme, externalId: key.externalId });

/** Files in the order of their paths (by UTF-16 code unit). */
export const policyChange = (
  files: readonly { readonly path: string; readonly content: string }[],
): ChangeInput => ({
  files: files
    .map(({ path, content }) => ({ path, content }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
});

/** `dealing` is the dealer's text; `externalId` is empty when absent. */
export const importChange = (key: {
  readonly name: string;
  readonly scheme: string;
  readonly dealing: string;
  readonly externalId: string;
}): ChangeInput => ({ ...keyChange(key), dealing: key.dealing });

const ascending = (parties: readonly number[]): readonly number[] =>
  [...new Set(parties)].toSorted((a, b) => a - b);

/** Parties ascending, each once. */
export const reshareChange = (key: {
  readonly keyId: string;
  readonly dealers: readonly number[];
  readonly receivers: readonly number[];
  readonly threshold: number;
}): ChangeInput => ({
  keyId: key.keyId,
  dealers: ascending(key.dealers),
  receivers: ascending(key.receivers),
  threshold: key.threshold,
});

/** `recipient` is an X25519 public key in lower-case hex; `exporters` are parties, ascending. */
export const exportChange = (key: {
  readonly keyId: string;
  readonly recipient: string;
  readonly exporters: readonly number[];
}): ChangeInput => ({
  keyId: key.keyId,
  recipient: key.recipient.toLowerCase(),
  exporters: ascending(key.exporters),
});

/** `publicKey` is a SubjectPublicKeyInfo in base64url; roles in the order of `ROLES`, each once. */
export const serviceAccountChange = (account: {
  readonly name: string;
  readonly roles: readonly string[];
  readonly publicKey: string;
}): ChangeInput => ({
  name: account.name,
  roles: ROLES.filter((role) => account.roles.includes(role)),
  publicKey: account.publicKey,
});

/** What names a user and nothing else. */
export const deactivationChange = ({ userId }: { readonly userId: string }): ChangeInput => ({
  userId,
});

/** All roles that the user has afterwards, in the order of `ROLES`, each once. */
export const rolesChange = (user: {
  readonly userId: string;
  readonly roles: readonly string[];
}): ChangeInput => ({
  userId: user.userId,
  roles: ROLES.filter((role) => user.roles.includes(role)),
});

/** `enrolmentKey` is the public half of a new one-time Ed25519 key, 32 bytes in base64url. */
export const recoveryChange = (user: {
  readonly userId: string;
  readonly enrolmentKey: string;
}): ChangeInput => ({ userId: user.userId, enrolmentKey: user.enrolmentKey });

/** The authenticator's own id of a passkey, or the id of a service account's key. */
export const revocationChange = ({ credential }: { readonly credential: string }): ChangeInput => ({
  credential,
});

/** What names a wallet and nothing else. */
export const walletChoiceChange = ({ walletId }: { readonly walletId: string }): ChangeInput => ({
  walletId,
});

/** A whole list of the registry: entries in the order of network and address, each once. */
export const addressListChange = (list: {
  readonly name: string;
  readonly entries: readonly {
    readonly label: string;
    readonly network: string;
    readonly address: string;
  }[];
}): ChangeInput => ({
  name: list.name,
  entries: list.entries
    .map(({ label, network, address }) => ({ label, network, address }))
    .toSorted((a, b) => compareText(a.network, b.network) || compareText(a.address, b.address)),
});

/** A whole group of the registry: e-mail addresses in lower case, sorted, each once. */
export const groupChange = (group: {
  readonly name: string;
  readonly members: readonly string[];
}): ChangeInput => ({
  name: group.name,
  members: [...new Set(group.members.map((email) => email.toLowerCase()))].toSorted(compareText),
});

/** A place in a node's journal: how many entries it had, and the MAC of the last one, 64 hex digits. */
export type JournalPlace = { readonly count: number; readonly head: string };

/**
 * A node that goes on although its journal was set back: the committee by its record's hash, and the places
 * that its peers have given up, in the order of their numbers, each once.
 */
export const restoreChange = (node: {
  readonly committee: string;
  readonly party: number;
  readonly lost: readonly JournalPlace[];
}): ChangeInput => ({
  committee: node.committee,
  party: node.party,
  lost: inOrder(node.lost, ({ count, head }) => [count, head]),
});

/** One ban: who banned the node, in which epoch of their secrets, and the session in which it cheated, in hex. */
export type BanName = { readonly by: number; readonly epoch: number; readonly session: string };

/** A banned node that comes back: bans in the order of who banned it, epoch and session, each once. */
export const readmissionChange = (node: {
  readonly committee: string;
  readonly party: number;
  readonly bans: readonly BanName[];
}): ChangeInput => ({
  committee: node.committee,
  party: node.party,
  bans: inOrder(node.bans, ({ by, epoch, session }) => [by, `${epoch} ${session}`]),
});

/** What is named by a number and a text, in that order, each once. */
function inOrder<T extends ChangeInput>(
  parts: readonly T[],
  nameOf: (part: T) => readonly [number, string],
): readonly T[] {
  const named = new Map(parts.map((part) => [nameOf(part).join(), part]));
  return [...named.values()].toSorted((a, b) => {
    const [[number, text], [other, later]] = [nameOf(a), nameOf(b)];
    return number - other || compareText(text, later);
  });
}
/** A token of the organisation's own. `contract` in the network's own spelling. */
export const assetChange = (asset: {
  readonly network: string;
  readonly contract: string;
  readonly symbol: string;
  readonly name: string;
  readonly decimals: number;
}): ChangeInput => ({
  network: asset.network,
  contract: asset.contract,
  symbol: asset.symbol,
  name: asset.name,
  decimals: asset.decimals,
});

/** What names an asset and nothing else. */
export const assetChoiceChange = ({ asset }: { readonly asset: string }): ChangeInput => ({
  asset,
});

/** By UTF-16 code unit. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What names a key and nothing else. */
export const keyChoiceChange = ({ keyId }: { readonly keyId: string }): ChangeInput => ({ keyId });

/**
 * The address in lower case, and the roles in the order of `ROLES`, each once. `enrolmentKey` is the
 * public half of a one-time Ed25519 key, 32 bytes in base64url (`enrolment.ts`).
 */
export const invitationChange = (invite: {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
  readonly enrolmentKey: string;
}): ChangeInput => ({
  name: invite.name,
  email: invite.email.toLowerCase(),
  roles: ROLES.filter((role) => invite.roles.includes(role)),
  enrolmentKey: invite.enrolmentKey,
});

/** The authenticator's own id of a passkey and its COSE key, both base64url. */
export const passkeyChange = (passkey: {
  readonly credential: string;
  readonly publicKey: string;
}): ChangeInput => ({ credential: passkey.credential, publicKey: passkey.publicKey });
