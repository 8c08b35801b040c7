/**
 * The first entry of an organisation's authority log: who it is, on which page its people sign, and
 * the passkey of its first administrator. Everything else follows from it by signed changes; it is
 * itself signed by nobody, so each node's operator pins its hash.
 */
import { hex, parseBase64url } from '#core/bytes.ts';
import type { Canonical } from '#core/canonical.ts';
import { hashOf } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type OrganizationId, type UserId, parseId } from '#core/ids.ts';
import { parseInstant, formatInstant, type Instant } from '#core/time.ts';
import { relyingPartyOf } from '#mandate/assertion.ts';
import { parseCredentialKey } from '#mandate/credential-key.ts';
import { parseEmail, parsePersonName } from '#mandate/fields.ts';
import { parseStatement, requireText } from '#mandate/statement.ts';

export const GENESIS_DOMAIN = 'countersign/genesis/v1';

export type Genesis = {
  readonly domain: typeof GENESIS_DOMAIN;
  readonly organization: OrganizationId;
  readonly name: string;
  /** Scheme, host and port of the page on which people sign; its host is the WebAuthn rpID. */
  readonly origin: string;
  readonly administrator: {
    readonly id: UserId;
    readonly name: string;
    /** In lower case; empty when absent. */
    readonly email: string;
    /** The authenticator's own id of the passkey, and its COSE key; both base64url. */
    readonly credential: { readonly id: string; readonly publicKey: string };
  };
  readonly created: string;
};

export type GenesisInput = Omit<Genesis, 'domain' | 'created'> & { readonly created: Instant };

const FIELDS = ['organization', 'name', 'origin', 'administrator', 'created'];

/** @throws INVALID_INPUT, WEBAUTHN_REFUSED for a key that is none */
export const genesisOf = ({ created, ...input }: GenesisInput): Genesis =>
  requireGenesis({ domain: GENESIS_DOMAIN, ...input, created: formatInstant(created) });

/**
 * Reads the canonical text of a genesis and nothing else.
 * @throws INVALID_INPUT, WEBAUTHN_REFUSED for a key that is none
 */
export const parseGenesis = (text: string): Genesis =>
  requireGenesis(parseStatement(text, GENESIS_DOMAIN, FIELDS));

/** What operators pin: SHA-256 of the canonical text, 64 hex digits. */
export const genesisHash = (genesis: Genesis): string => hex(hashOf(genesis));

function requireGenesis(value: { readonly [field: string]: Canonical }): Genesis {
  parseId('organization', value['organization'], 'organization');
  parsePersonName(requireText(value['name'], 'name'), 'name');
  relyingPartyOf(requireText(value['origin'], 'origin'));
  const administrator = objectOf(value['administrator'], ['id', 'name', 'email', 'credential']);
  parseId('user', administrator['id'], 'administrator');
  parsePersonName(requireText(administrator['name'], 'name'), 'administrator');
  const email = requireText(administrator['email'], 'email');
  if (email !== '' && parseEmail(email, 'email') !== email) throw malformed('email');
  const credential = objectOf(administrator['credential'], ['id', 'publicKey']);
  if (parseBase64url(requireText(credential['id'], 'credential')).length === 0) {
    throw malformed('credential');
  }
  parseCredentialKey(parseBase64url(requireText(credential['publicKey'], 'publicKey')));
  const created = requireText(value['created'], 'created');
  if (formatInstant(parseInstant(created, 'created')) !== created) throw malformed('created');
  return value as Genesis;
}

const malformed = (field: string) =>
  invalidInput(field, 'not in its canonical form', 'Send the genesis as it was made.');

function objectOf(value: Canonical | undefined, fields: readonly string[]) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('administrator');
  }
  const object = value as { readonly [field: string]: Canonical };
  if (Object.keys(object).toSorted().join() !== fields.toSorted().join()) {
    throw malformed('administrator');
  }
  return object;
}
