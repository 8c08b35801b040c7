/**
 * Ids are branded strings `PREFIX_xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx`: a kind and a UUIDv7
 * (RFC 9562 section 5.7), so that they sort by time of creation. They are parsed once, at the edge.
 */
import { type Bytes, hex } from './bytes.ts';
import { invalidInput } from './errors.ts';

/** The kinds, each with its prefix. A wallet's id also serves as its GraphQL global id. */
export const ID_PREFIXES = {
  organization: 'org',
  user: 'usr',
  credential: 'crd',
  session: 'ses',
  invitation: 'inv',
  challenge: 'chg',
  group: 'grp',
  key: 'key',
  wallet: 'wal',
  transfer: 'trf',
  approval: 'apr',
  vote: 'vot',
  policy: 'pol',
  change: 'chr',
  audit: 'aud',
  signature: 'sig',
  decision: 'dec',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<K extends IdKind> = string & { readonly __id: K };

export type OrganizationId = Id<'organization'>;
export type UserId = Id<'user'>;
export type CredentialId = Id<'credential'>;
export type SessionId = Id<'session'>;
export type InvitationId = Id<'invitation'>;
export type ChallengeId = Id<'challenge'>;
export type GroupId = Id<'group'>;
export type KeyId = Id<'key'>;
export type WalletId = Id<'wallet'>;
export type TransferId = Id<'transfer'>;
export type ApprovalId = Id<'approval'>;
export type VoteId = Id<'vote'>;
export type PolicyId = Id<'policy'>;
export type ChangeId = Id<'change'>;
export type AuditId = Id<'audit'>;
export type SignatureId = Id<'signature'>;
export type DecisionId = Id<'decision'>;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * A new id. `nowMs` is the time in milliseconds since 1970 and `entropy` ten random bytes: time and
 * randomness are arguments on this floor.
 */
export function newId<K extends IdKind>(kind: K, nowMs: number, entropy: Bytes): Id<K> {
  if (entropy.length !== 10) throw new RangeError('an id takes ten random bytes');
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  const random = Uint8Array.from(entropy);
  random[0] = 0x70 | ((random[0] as number) & 0x0f);
  random[2] = 0x80 | ((random[2] as number) & 0x3f);
  const rest = hex(random);
  const uuid = [time.slice(0, 8), time.slice(8), rest.slice(0, 4), rest.slice(4, 8), rest.slice(8)];
  return `${ID_PREFIXES[kind]}_${uuid.join('-')}` as Id<K>;
}

export function isId<K extends IdKind>(kind: K, text: unknown): text is Id<K> {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return (
    typeof text === 'string' && text.startsWith(prefix) && UUID_V7.test(text.slice(prefix.length))
  );
}

/** @throws INVALID_INPUT when the text is not an id of this kind. */
export function parseId<K extends IdKind>(kind: K, text: unknown, field = 'id'): Id<K> {
  if (isId(kind, text)) return text;
  const prefix = ID_PREFIXES[kind];
  throw invalidInput(field, `not the id of a ${kind}`, `It looks like ${prefix}_01920000-....`);
}
