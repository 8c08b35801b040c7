/**
 * The fields of what people enter and sign, read alike at the gateway's edge, where bad input is
 * answered, and by every signer node, where it is refused.
 */
import { parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { ROLES, type Role, parseRole } from '#core/roles.ts';
import type { BanName, JournalPlace } from './change-input.ts';
import { requireReadable } from './statement.ts';

const NAME_LENGTH_MAX = 100;
const EMAIL_LENGTH_MAX = 254;
const EMAIL = /^[a-z0-9._%+'-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;
const TAGS_MAX = 20;
const TAG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const REGISTRY_NAME_LENGTH_MAX = 64;
const LIST_ENTRIES_MAX = 2_000;
const GROUP_MEMBERS_MAX = 200;
/** As `decimals()` of the contracts that are paid: ERC-20 allows 255, and nobody uses so many. */
const DECIMALS_MAX = 30;
const DEALING_LENGTH_MAX = 32_768;
const PARTIES_MAX = 255;

/** In the order of `ROLES`, each once. @throws INVALID_INPUT where there is none, or an unknown one */
export function parseRoles(names: readonly string[]): readonly Role[] {
  const chosen = names.map((role) => parseRole(role, 'roles'));
  if (chosen.length === 0) {
    throw invalidInput('roles', 'empty', `Choose one of ${ROLES.join(', ')}.`);
  }
  return ROLES.filter((role) => chosen.includes(role));
}

/** @throws INVALID_INPUT */
export function parsePersonName(text: string, field: string): string {
  const name = requireReadable(text, field, NAME_LENGTH_MAX);
  if (name.trim() === name && name !== '') return name;
  throw invalidInput(field, 'empty or with spaces at its ends', 'Write the name as it is shown.');
}

/** Whether a user can have this address: it is in lower case. */
export const isEmail = (text: string): boolean =>
  text.length <= EMAIL_LENGTH_MAX && EMAIL.test(text);

/** In lower case. @throws INVALID_INPUT */
export function parseEmail(text: string, field: string): string {
  const email = text.toLowerCase();
  if (isEmail(email)) return email;
  throw invalidInput(field, 'not an e-mail address', 'Write it like alice@acme.example.');
}

/** The name of a wallet or a key. @throws INVALID_INPUT */
export function parseObjectName(text: string): string {
  const isReadable = text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
  if (isReadable && text.trim() === text && text.length > 0 && text.length <= NAME_LENGTH_MAX) {
    return text;
  }
  const hint = `Use 1 to ${NAME_LENGTH_MAX} characters on one line, without spaces at the ends.`;
  throw invalidInput('name', 'not a name', hint);
}

/** As a policy writes the name of a list or group. @throws INVALID_INPUT */
export function parseRegistryName(text: string): string {
  if (text.length <= REGISTRY_NAME_LENGTH_MAX && TAG.test(text) && /^[a-z]/.test(text)) return text;
  const hint = `Use up to ${REGISTRY_NAME_LENGTH_MAX} lower-case letters, digits and single hyphens.`;
  throw invalidInput('name', 'not a name', hint);
}

/**
 * Of a token: a policy tells it from its own words by the capital letter. @throws INVALID_INPUT
 */
export function parseSymbol(text: string): string {
  const isSymbol = /^(?=.*[A-Z])[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*$/.test(text);
  if (isSymbol && text.length <= 16) return text;
  const hint =
    'Use up to 16 letters, digits and points between them: a letter first, a capital one in it.';
  throw invalidInput('symbol', 'not a symbol', hint);
}

/** @throws INVALID_INPUT */
export function parseDecimals(decimals: number): number {
  const isIn = Number.isInteger(decimals) && decimals >= 0 && decimals <= DECIMALS_MAX;
  if (isIn) return decimals;
  const hint = `Send 0 to ${DECIMALS_MAX}, as the contract says.`;
  throw invalidInput('decimals', 'not a number of decimals', hint);
}

/** Of an address, for people; it may be empty. @throws INVALID_INPUT */
export const parseLabel = (text: string): string => requireReadable(text, 'label', NAME_LENGTH_MAX);

/** @throws INVALID_INPUT where there are too many, or one twice */
export function requireList<Entry extends { readonly network: string; readonly address: string }>(
  entries: readonly Entry[],
): readonly Entry[] {
  const places = new Set(entries.map(({ network, address }) => `${network} ${address}`));
  if (entries.length <= LIST_ENTRIES_MAX && places.size === entries.length) return entries;
  const hint = `Send up to ${LIST_ENTRIES_MAX} addresses, each once.`;
  throw invalidInput('entries', 'too many, or an address that stands twice', hint);
}

/** @throws INVALID_INPUT where there are too many */
export function requireGroup(emails: readonly string[]): readonly string[] {
  if (emails.length <= GROUP_MEMBERS_MAX) return emails;
  throw invalidInput('members', 'too many', `Send up to ${GROUP_MEMBERS_MAX} addresses.`);
}

/** Sorted, each once. @throws INVALID_INPUT */
export function parseTags(texts: readonly string[]): readonly string[] {
  const tags = [...new Set(texts)].toSorted();
  if (tags.length > TAGS_MAX || tags.some((tag) => tag.length > 40 || !TAG.test(tag))) {
    throw invalidInput('tags', 'not tags', 'Use up to 20 tags in lower kebab case.');
  }
  return tags;
}

/** @throws INVALID_INPUT */
export function requireExternalId(text: string): string {
  if (/^[!-~]{1,128}$/.test(text)) return text;
  const hint = 'Use 1 to 128 printable ASCII characters without spaces.';
  throw invalidInput('externalId', 'not an identifier', hint);
}

/** What a dealer wrote; what the nodes make of it is theirs to say. @throws INVALID_INPUT */
export function parseDealing(text: string): string {
  const dealing = text.trim();
  if (dealing.length <= DEALING_LENGTH_MAX && /^\{[ -~]*\}$/.test(dealing)) return dealing;
  const hint = 'Send the line that "countersign signer deal" wrote.';
  throw invalidInput('dealing', 'not a dealing', hint);
}

/** An X25519 public key in lower-case hex. @throws INVALID_INPUT */
export function parseRecipientKey(text: string): string {
  if (parseHex(text, 'recipient').length === 32) return text;
  const hint = 'Send the public key that "countersign signer recipient" printed.';
  throw invalidInput('recipient', 'not 32 bytes', hint);
}

/** Parties ascending, each once. @throws INVALID_INPUT */
export function parseParties(numbers: readonly number[], field: string): readonly number[] {
  const parties = [...new Set(numbers)].toSorted((a, b) => a - b);
  const areParties = parties.every((party) => party >= 1 && party <= PARTIES_MAX);
  if (parties.length > 0 && areParties) return parties;
  throw invalidInput(field, 'not parties', 'Send their numbers, e.g. 1 and 2.');
}

/** @throws INVALID_INPUT */
export function parseThreshold(threshold: number, receivers: readonly number[]): number {
  if (threshold >= 2 && threshold <= receivers.length) return threshold;
  const hint = `Choose 2 to ${Math.max(2, receivers.length)}.`;
  throw invalidInput('threshold', 'not a threshold of these receivers', hint);
}

/** A committee's record, by its hash. @throws INVALID_INPUT */
export function parseRecordHash(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw invalidInput(
    'committee',
    'not a hash',
    'Send the 64 hex digits of "countersign signer status".',
  );
}

/** A node's peers: nobody else gives up a place of its journal, or bans it. */
const PLACES_MAX = 32;

/** @throws INVALID_INPUT */
export function parsePlaces(places: readonly JournalPlace[]): readonly JournalPlace[] {
  const arePlaces = places.every(
    ({ count, head }) => Number.isSafeInteger(count) && count > 0 && /^[0-9a-f]{64}$/.test(head),
  );
  if (arePlaces && places.length > 0 && places.length <= PLACES_MAX) return places;
  const hint = 'Send what "countersign signer status" shows at each node that has accepted it.';
  throw invalidInput('lost', 'not places of a journal', hint);
}

/** @throws INVALID_INPUT */
export function parseBans(bans: readonly BanName[]): readonly BanName[] {
  const areBans = bans.every(
    ({ by, epoch, session }) =>
      Number.isSafeInteger(epoch) &&
      epoch > 0 &&
      Number.isSafeInteger(by) &&
      by >= 1 &&
      by <= PARTIES_MAX &&
      /^(?:[0-9a-f]{64})?$/.test(session),
  );
  if (areBans && bans.length > 0 && bans.length <= PLACES_MAX) return bans;
  const hint = 'Send what "countersign signer status" shows at each node that has banned it.';
  throw invalidInput('bans', 'not bans of a node', hint);
}
