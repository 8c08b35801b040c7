/**
 * The inputs of changes, as they are signed. A statement carries exactly the canonical form that the
 * SDK and the gateway make (`change-input.ts`); anything else is no change.
 */
import { parseBase64url } from '#core/bytes.ts';
import { type Canonical, canonicalText } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type KeyId, type UserId, type WalletId, parseId } from '#core/ids.ts';
import { type AssetId, assetId, type NetworkId, parseAssetId } from '#core/money.ts';
import type { Role } from '#core/roles.ts';
import { type Scheme, parseScheme } from '#core/scheme.ts';
import { findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { Asset } from '#chains/adapter.ts';
import type { ChangeInput } from '#mandate/change.ts';
import {
  addressListChange,
  type BanName,
  type JournalPlace,
  assetChange,
  assetChoiceChange,
  deactivationChange,
  exportChange,
  groupChange,
  importChange,
  invitationChange,
  keyChange,
  keyChoiceChange,
  passkeyChange,
  policyChange,
  recoveryChange,
  readmissionChange,
  reshareChange,
  restoreChange,
  revocationChange,
  rolesChange,
  serviceAccountChange,
  walletChange,
  walletChoiceChange,
  walletUpdate,
} from '#mandate/change-input.ts';
import { credentialKeyOf, parseCredentialKey, requireUsableKey } from '#mandate/credential-key.ts';
import {
  parseDealing,
  parseDecimals,
  parseEmail,
  parseLabel,
  parseObjectName,
  parseParties,
  parseBans,
  parsePersonName,
  parsePlaces,
  parseRecordHash,
  parseRecipientKey,
  parseRegistryName,
  parseRoles,
  parseSymbol,
  parseTags,
  parseThreshold,
  requireExternalId,
  requireGroup,
  requireList,
} from '#mandate/fields.ts';
import { parseServiceKey, serviceKeyId } from '#mandate/service-key.ts';
import { requireText } from '#mandate/statement.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import type { RegistryEntry } from '#policy-lang/registry.ts';
import { rejectUnless } from './evidence.ts';

const CREDENTIAL_ID_BYTES_MAX = 1023;

export type Invitation = {
  readonly name: string;
  readonly email: string;
  readonly roles: readonly Role[];
  /** The public half of a one-time Ed25519 key, base64url. */
  readonly enrolmentKey: string;
};

export function readInvitation(input: ChangeInput): Invitation {
  const invitation = {
    name: parsePersonName(textOf(input, 'name'), 'name'),
    email: parseEmail(textOf(input, 'email'), 'email'),
    roles: parseRoles(textsOf(input, 'roles')),
    enrolmentKey: parseEnrolmentKey(textOf(input, 'enrolmentKey')),
  };
  return requireSame(input, invitationChange(invitation), invitation);
}

/** An Ed25519 public key in base64url. @throws INVALID_INPUT */
export function parseEnrolmentKey(text: string): string {
  const x = parseBase64url(text, 'enrolmentKey');
  if (x.length !== 32) {
    const hint = 'Send the 32 bytes of an Ed25519 public key in base64url.';
    throw invalidInput('enrolmentKey', 'not 32 bytes', hint);
  }
  requireUsableKey({ curve: 'Ed25519', x });
  return text;
}

export type NewServiceAccount = {
  readonly name: string;
  readonly roles: readonly Role[];
  /** How its signatures name the key, and the COSE key. */
  readonly credentialId: string;
  readonly publicKey: Uint8Array;
};

export function readServiceAccount(input: ChangeInput): NewServiceAccount {
  const publicKey = textOf(input, 'publicKey');
  const key = parseServiceKey(publicKey);
  requireUsableKey(key);
  const name = parsePersonName(textOf(input, 'name'), 'name');
  const roles = parseRoles(textsOf(input, 'roles'));
  const account = { name, roles, credentialId: serviceKeyId(key), publicKey: credentialKeyOf(key) };
  return requireSame(input, serviceAccountChange({ name, roles, publicKey }), account);
}

export function readDeactivation(input: ChangeInput): { readonly userId: UserId } {
  const choice = { userId: parseId('user', input['userId'], 'userId') };
  return requireSame(input, deactivationChange(choice), choice);
}

export type NewRoles = { readonly userId: UserId; readonly roles: readonly Role[] };

export function readRoles(input: ChangeInput): NewRoles {
  const userId = parseId('user', input['userId'], 'userId');
  const chosen = { userId, roles: parseRoles(textsOf(input, 'roles')) };
  return requireSame(input, rolesChange(chosen), chosen);
}

export type Recovery = { readonly userId: UserId; readonly enrolmentKey: string };

export function readRecovery(input: ChangeInput): Recovery {
  const userId = parseId('user', input['userId'], 'userId');
  const recovery = { userId, enrolmentKey: parseEnrolmentKey(textOf(input, 'enrolmentKey')) };
  return requireSame(input, recoveryChange(recovery), recovery);
}

export function readRevocation(input: ChangeInput): { readonly credential: string } {
  const choice = { credential: parseCredentialId(textOf(input, 'credential')) };
  return requireSame(input, revocationChange(choice), choice);
}

/** @throws INVALID_INPUT */
export function parseCredentialId(text: string): string {
  const id = parseBase64url(text, 'credential');
  if (id.length > 0 && id.length <= CREDENTIAL_ID_BYTES_MAX) return text;
  throw invalidInput('credential', 'not the id of a passkey', 'Send it as it was made.');
}

/** `credential` is the authenticator's own id of the passkey, `publicKey` its COSE key; base64url. */
export type NewPasskey = { readonly credential: string; readonly publicKey: string };

export function readPasskey(input: ChangeInput): NewPasskey {
  const passkey = {
    credential: parseCredentialId(textOf(input, 'credential')),
    publicKey: textOf(input, 'publicKey'),
  };
  const cose = parseBase64url(passkey.publicKey, 'publicKey');
  const { x, ...key } = parseCredentialKey(cose);
  requireUsableKey('y' in key ? { curve: 'P-256', x, y: key.y } : { curve: 'Ed25519', x });
  return requireSame(input, passkeyChange(passkey), passkey);
}

export function readPolicy(input: ChangeInput): { readonly files: readonly BundleFile[] } {
  const { files: listed } = input;
  if (!Array.isArray(listed)) throw malformed('files');
  const files = listed.map((file: Canonical) => {
    const { path, content } = fieldsOf(file, 'files');
    return { path: requireText(path, 'path'), content: requireText(content, 'content') };
  });
  return requireSame(input, policyChange(files), { files });
}

export type NewList = { readonly name: string; readonly entries: readonly RegistryEntry[] };

/** Each address in its network's own spelling, once. */
export function readAddressList(input: ChangeInput): NewList {
  const entries = listOf(input, 'entries').map((entry) => {
    const fields = fieldsOf(entry, 'entries');
    const network = findNetwork(textOf(fields, 'network'));
    return {
      label: parseLabel(textOf(fields, 'label')),
      network: network.id,
      address: verbsOf(network).parseAddress(textOf(fields, 'address'), 'address'),
    };
  });
  const list = { name: parseRegistryName(textOf(input, 'name')), entries: requireList(entries) };
  return requireSame(input, addressListChange(list), list);
}

export type NewGroup = { readonly name: string; readonly members: readonly string[] };

export function readGroup(input: ChangeInput): NewGroup {
  const members = textsOf(input, 'members').map((email) => parseEmail(email, 'members'));
  const group = { name: parseRegistryName(textOf(input, 'name')), members: requireGroup(members) };
  return requireSame(input, groupChange(group), group);
}

export type NewAsset = Asset & Required<Pick<Asset, 'contract'>>;

/** The contract in its network's own spelling. @param subject the id of the asset */
export function readAsset(input: ChangeInput, subject: string): NewAsset {
  const network = findNetwork(textOf(input, 'network'));
  const symbol = parseSymbol(textOf(input, 'symbol'));
  const asset = {
    id: assetId(symbol, network.id),
    symbol,
    name: parseObjectName(textOf(input, 'name')),
    decimals: parseDecimals(integerOf(input['decimals'], 'decimals')),
    contract: verbsOf(network).parseAddress(textOf(input, 'contract'), 'contract'),
  };
  rejectUnless(asset.id === subject, 'subject', 'not the asset of the input');
  return requireSame(input, assetChange({ ...asset, network: network.id }), asset);
}

export function readAssetChoice(input: ChangeInput, subject: string): { readonly asset: AssetId } {
  const choice = { asset: parseAssetId(textOf(input, 'asset')) };
  rejectUnless(choice.asset === subject, 'subject', 'not the asset of the input');
  return requireSame(input, assetChoiceChange(choice), choice);
}

export type NewWallet = {
  readonly network: NetworkId;
  readonly name: string;
  readonly tags: readonly string[];
  /** Empty where the wallet gets a key of its own. */
  readonly keyId: KeyId | '';
};

export function readWallet(input: ChangeInput): NewWallet {
  const keyId = textOf(input, 'keyId');
  const wallet: NewWallet = {
    network: findNetwork(textOf(input, 'network')).id,
    name: parseObjectName(textOf(input, 'name')),
    tags: parseTags(textsOf(input, 'tags')),
    keyId: keyId === '' ? '' : parseId('key', keyId, 'keyId'),
  };
  const externalId = readExternalId(input);
  return requireSame(input, walletChange({ ...wallet, externalId }), wallet);
}

export type NewTags = { readonly walletId: WalletId; readonly tags: readonly string[] };

export function readWalletUpdate(input: ChangeInput): NewTags {
  const walletId = parseId('wallet', input['walletId'], 'walletId');
  const update = { walletId, tags: parseTags(textsOf(input, 'tags')) };
  return requireSame(input, walletUpdate(update), update);
}

export type NewKey = { readonly name: string; readonly scheme: Scheme };

export function readKey(input: ChangeInput): NewKey {
  const key = newKeyOf(input);
  return requireSame(input, keyChange({ ...key, externalId: readExternalId(input) }), key);
}

export function readImport(input: ChangeInput): NewKey {
  const key = newKeyOf(input);
  const dealing = parseDealing(textOf(input, 'dealing'));
  const externalId = readExternalId(input);
  return requireSame(input, importChange({ ...key, externalId, dealing }), key);
}

const newKeyOf = (input: ChangeInput): NewKey => ({
  name: parseObjectName(textOf(input, 'name')),
  scheme: parseScheme(textOf(input, 'scheme')),
});

function readExternalId(input: ChangeInput): string {
  const externalId = textOf(input, 'externalId');
  return externalId === '' ? '' : requireExternalId(externalId);
}

export type KeyChoice = { readonly keyId: KeyId };

export function readKeyChoice(input: ChangeInput): KeyChoice {
  const choice = keyChoiceOf(input);
  return requireSame(input, keyChoiceChange(choice), choice);
}

export function readReshare(input: ChangeInput): KeyChoice {
  const choice = keyChoiceOf(input);
  const dealers = parseParties(integersOf(input, 'dealers'), 'dealers');
  const receivers = parseParties(integersOf(input, 'receivers'), 'receivers');
  const threshold = parseThreshold(integerOf(input['threshold'], 'threshold'), receivers);
  const sets = { ...choice, dealers, receivers, threshold };
  return requireSame(input, reshareChange(sets), choice);
}

export function readExport(input: ChangeInput): KeyChoice {
  const choice = keyChoiceOf(input);
  const recipient = parseRecipientKey(textOf(input, 'recipient'));
  const exporters = parseParties(integersOf(input, 'exporters'), 'exporters');
  return requireSame(input, exportChange({ ...choice, recipient, exporters }), choice);
}

const keyChoiceOf = (input: ChangeInput): KeyChoice => ({
  keyId: parseId('key', input['keyId'], 'keyId'),
});

export function readWalletChoice(input: ChangeInput): { readonly walletId: WalletId } {
  const choice = { walletId: parseId('wallet', input['walletId'], 'walletId') };
  return requireSame(input, walletChoiceChange(choice), choice);
}

export type NodeChoice = { readonly committee: string; readonly party: number };

function readNode(input: ChangeInput): NodeChoice {
  const [party = 0] = parseParties([integerOf(input['party'], 'party')], 'party');
  return { committee: parseRecordHash(textOf(input, 'committee')), party };
}

export function readRestore(
  input: ChangeInput,
): NodeChoice & { readonly lost: readonly JournalPlace[] } {
  const lost = listOf(input, 'lost').map((value) => {
    const place = fieldsOf(value, 'lost');
    return { count: integerOf(place['count'], 'lost'), head: textOf(place, 'head') };
  });
  const node = { ...readNode(input), lost: parsePlaces(lost) };
  return requireSame(input, restoreChange(node), node);
}

export function readReadmission(
  input: ChangeInput,
): NodeChoice & { readonly bans: readonly BanName[] } {
  const bans = listOf(input, 'bans').map((value) => {
    const ban = fieldsOf(value, 'bans');
    const [by, epoch] = [integerOf(ban['by'], 'bans'), integerOf(ban['epoch'], 'bans')];
    return { by, epoch, session: textOf(ban, 'session') };
  });
  const node = { ...readNode(input), bans: parseBans(bans) };
  return requireSame(input, readmissionChange(node), node);
}

/** A change whose subject says everything. */
export const readNothing = (input: ChangeInput): Record<string, never> =>
  requireSame(input, {}, {});

const malformed = (field: string) =>
  invalidInput(field, 'not in its canonical form', 'Sign the input that the platform made.');

function requireSame<T>(input: ChangeInput, canonical: ChangeInput, read: T): T {
  if (canonicalText(input) === canonicalText(canonical)) return read;
  throw malformed('input');
}

const textOf = (input: ChangeInput, field: string): string => requireText(input[field], field);

function fieldsOf(value: Canonical, field: string): ChangeInput {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as ChangeInput;
  }
  throw malformed(field);
}

const listOf = (input: ChangeInput, field: string): readonly Canonical[] => {
  const value = input[field];
  if (Array.isArray(value)) return value;
  throw malformed(field);
};

const textsOf = (input: ChangeInput, field: string): readonly string[] =>
  listOf(input, field).map((value) => requireText(value, field));

const integersOf = (input: ChangeInput, field: string): readonly number[] =>
  listOf(input, field).map((value) => integerOf(value, field));

function integerOf(value: Canonical | undefined, field: string): number {
  if (typeof value === 'number') return value;
  throw malformed(field);
}
