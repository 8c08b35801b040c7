/**
 * A signed change that is neither a transfer nor a vote: a new wallet, a policy, an invitation.
 * `input` is the operation's own input; `nonce` keeps two equal changes apart. A change names the one
 * object that it changes and the version that it replaces, so it applies once, and only where nobody
 * has changed the object since.
 */
import { type Bytes, base64url, parseBase64url } from '#core/bytes.ts';
import type { Canonical } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type OrganizationId, type UserId, parseId } from '#core/ids.ts';
import { DAY_MS, type Instant, formatInstant } from '#core/time.ts';
import { parseStatement, requireLifetime, requireText } from './statement.ts';

export const CHANGE_DOMAIN = 'countersign/change/v1';
const NONCE_BYTES = 16;

/**
 * How long a signed change may wait for its approvals, as an intent may. What was signed long ago and never
 * applied is not applied late: docs/adr/0024 says why.
 */
export const CHANGE_LIFETIME_MS = 7 * DAY_MS;

export type ChangeInput = { readonly [field: string]: Canonical };

export type ChangeStatement = {
  readonly domain: typeof CHANGE_DOMAIN;
  readonly organization: OrganizationId;
  /** The mutation's name, e.g. `createWallet`. */
  readonly operation: string;
  /** The id of the one object that is changed; the platform chooses the id of a new one. */
  readonly subject: string;
  /** How often the object had been changed before; 0: it is new. */
  readonly replaces: number;
  readonly input: ChangeInput;
  readonly initiator: UserId;
  /** 16 random bytes in base64url. */
  readonly nonce: string;
  readonly created: string;
  readonly expires: string;
};

export type ChangeStatementInput = {
  readonly organization: OrganizationId;
  readonly operation: string;
  readonly subject: string;
  readonly replaces: number;
  readonly input: ChangeInput;
  readonly initiator: UserId;
  /** 16 random bytes. */
  readonly nonce: Bytes;
  readonly created: Instant;
  readonly expires: Instant;
};

const FIELDS = [
  'organization',
  'operation',
  'subject',
  'replaces',
  'input',
  'initiator',
  'nonce',
  'created',
  'expires',
];

/** An id of ours, one that an authenticator gave its passkey, or that of an asset. */
const SUBJECT = /^(?:[A-Za-z0-9_-]{1,1364}|[A-Za-z0-9.]{1,16}@[a-z0-9-]{1,64})$/;

/** @throws INVALID_INPUT */
export const changeStatement = (change: ChangeStatementInput): ChangeStatement =>
  requireChange({
    domain: CHANGE_DOMAIN,
    organization: change.organization,
    operation: change.operation,
    subject: change.subject,
    replaces: change.replaces,
    input: change.input,
    initiator: change.initiator,
    nonce: base64url(change.nonce),
    created: formatInstant(change.created),
    expires: formatInstant(change.expires),
  });

/** The same change with another input: what a mutation compares its own input with. */
export const changeWithInput = (signed: ChangeStatement, input: ChangeInput): ChangeStatement => ({
  ...signed,
  input,
});

/** Reads the canonical text of a change and nothing else. @throws INVALID_INPUT */
export const parseChange = (text: string): ChangeStatement =>
  requireChange(parseStatement(text, CHANGE_DOMAIN, FIELDS));

function requireChange(value: { readonly [field: string]: Canonical }): ChangeStatement {
  parseId('organization', value['organization'], 'organization');
  parseId('user', value['initiator'], 'initiator');
  if (!/^[a-z][A-Za-z]{0,63}$/.test(requireText(value['operation'], 'operation'))) {
    throw invalidInput('operation', 'not an operation', 'Write the name of the mutation.');
  }
  if (!SUBJECT.test(requireText(value['subject'], 'subject'))) {
    throw invalidInput('subject', 'not an id', 'Name the object that is changed.');
  }
  const replaces = value['replaces'];
  if (typeof replaces !== 'number' || !Number.isSafeInteger(replaces) || replaces < 0) {
    throw invalidInput('replaces', 'not a version', 'Write the version that is replaced, or 0.');
  }
  const input = value['input'];
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalidInput('input', 'not an object', 'Send the input of the operation.');
  }
  if (parseBase64url(requireText(value['nonce'], 'nonce'), 'nonce').length !== NONCE_BYTES) {
    throw invalidInput('nonce', 'not 16 bytes', 'Take the nonce that the server sent.');
  }
  requireLifetime(value['created'], value['expires']);
  return value as ChangeStatement;
}
