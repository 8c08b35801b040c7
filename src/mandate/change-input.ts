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
