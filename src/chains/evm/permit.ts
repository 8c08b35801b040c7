/**
 * Token permits (EIP-2612): typed data by which the owner of a token lets somebody else spend it, without
 * a transaction of the owner's. The one kind of message that the platform signs. What is signed is carried
 * as the canonical JSON (RFC 8785) of what `eth_signTypedData_v4` takes, with every number as decimal
 * text; it begins with a brace, and no transaction does.
 */
import type { Asset, Network } from '#chains/adapter.ts';
import { NETWORKS, tokenAt } from '#chains/registry.ts';
import { type Bytes, equalBytes } from '#core/bytes.ts';
import { type Canonical, canonicalBytes } from '#core/canonical.ts';
import { isPlatformError } from '#core/errors.ts';
import { MAX_UNITS } from '#core/money.ts';
import { addressBytes, formatAddress, parseAddress } from './address.ts';
import { refuse } from './refusal.ts';
import { type Eip712Domain, type Field, DOMAIN_FIELDS, typedDataDigest } from './typed-data.ts';

/** Addresses are canonical, `units` base units of the asset, `deadline` seconds since 1970. */
export type Permit = {
  readonly asset: Asset;
  readonly owner: string;
  readonly spender: string;
  readonly units: bigint;
  /** How many permits of the owner the token has executed before this one. */
  readonly nonce: bigint;
  /** The last second at which the token executes it. */
  readonly deadline: bigint;
};

export const PERMIT_TYPE = 'Permit';

const PERMIT_FIELDS: readonly Field[] = [
  { name: 'owner', type: 'address' },
  { name: 'spender', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
];

const TYPES = { EIP712Domain: DOMAIN_FIELDS, [PERMIT_TYPE]: PERMIT_FIELDS };
/** More than twice a permit's own length; whatever is longer is refused before it is parsed. */
const SIZE_MAX = 4_096;
const OPENING_BRACE = 0x7b;
const LOWER_CASE = /^0x[0-9a-f]{40}$/;
const NUMBER = /^(?:0|[1-9]\d{0,77}|0x[0-9a-fA-F]{1,64})$/;

const SUPPORTED =
  'only EIP-2612 permits of registered tokens are signed, Permit(address owner,address spender,' +
  'uint256 value,uint256 nonce,uint256 deadline)';

/** Whether bytes that are to be signed are meant as typed data: a transaction begins otherwise. */
export const isTypedData = (unsigned: Bytes): boolean => unsigned[0] === OPENING_BRACE;

/** The domain under which the token takes permits. @throws EVIDENCE_REJECTED where it takes none */
function domainOf(network: Network, { id, contract, permit }: Asset): Eip712Domain {
  if (permit === undefined || contract === undefined) {
    return refuse(`${id} is not known to take permits: ${SUPPORTED}`);
  }
  return { ...permit, chainId: network.chainId, verifyingContract: contract };
}

const messageOf = ({ owner, spender, units: value, nonce, deadline }: Permit) => ({
  owner,
  spender,
  value,
  nonce,
  deadline,
});

/** The digest that the owner's key signs: 32 bytes. @throws EVIDENCE_REJECTED */
export const permitDigest = (network: Network, permit: Permit): Bytes =>
  typedDataDigest(domainOf(network, permit.asset), TYPES, PERMIT_TYPE, messageOf(permit));

const inText = (fields: Readonly<Record<string, string | bigint>>): Canonical =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));

/** The one text of a permit. @throws EVIDENCE_REJECTED where the token takes none */
export function encodePermit(network: Network, permit: Permit): Bytes {
  return canonicalBytes({
    domain: inText({ ...domainOf(network, permit.asset) }),
    message: inText(messageOf(permit)),
    primaryType: PERMIT_TYPE,
    types: TYPES,
  });
}

/**
 * Reads what `encodePermit` writes, and nothing else.
 * @throws EVIDENCE_REJECTED
 */
export function decodePermit(network: Network, unsigned: Bytes): Permit {
  if (unsigned.length > SIZE_MAX) refuse(`longer than ${SIZE_MAX} bytes`);
  const { network: named, permit } = readPermit(new TextDecoder().decode(unsigned));
  if (named.id !== network.id) refuse(`a permit for ${named.id}, not for ${network.id}`);
  if (!equalBytes(encodePermit(network, permit), unsigned)) refuse('not the canonical typed data');
  return permit;
}

/**
 * The permit that a program asks to have signed, as the JSON of `eth_signTypedData_v4`: its members may
 * stand in any order, its numbers be numbers, decimal text, or hexadecimal text with 0x, and its addresses be
 * in lower case.
 * @throws EVIDENCE_REJECTED for every other typed data and every other message
 */
export function readPermit(text: string): { readonly network: Network; readonly permit: Permit } {
  if (text.length > SIZE_MAX) refuse(`longer than ${SIZE_MAX} characters`);
  const data = objectOf(jsonOf(text), 'the message', ['domain', 'message', 'primaryType', 'types']);
  const { domain, message, primaryType, types } = data;
  if (primaryType !== PERMIT_TYPE) refuse(`the type is not ${PERMIT_TYPE}: ${SUPPORTED}`);
  const named = objectOf(types, 'the types', Object.keys(TYPES));
  for (const [name, fields] of Object.entries(TYPES)) requireFields(named[name], fields, name);
  const of = objectOf(domain, 'the domain', namesOf(DOMAIN_FIELDS));
  const network = networkOf(numberOf(of['chainId'], 'the chain id'));
  const said = objectOf(message, 'the permit', namesOf(PERMIT_FIELDS));
  const permit = {
    asset: assetOf(network, of),
    owner: addressOf(said['owner'], 'the owner'),
    spender: addressOf(said['spender'], 'the spender'),
    units: numberOf(said['value'], 'the value'),
    nonce: numberOf(said['nonce'], 'the nonce'),
    deadline: numberOf(said['deadline'], 'the deadline'),
  };
  return { network, permit };
}

const networkOf = (chainId: bigint): Network =>
  NETWORKS.find((known) => known.family === 'evm' && known.chainId === chainId) ??
  refuse(`there is no network with the chain id ${chainId}`);

/** The token whose permits this domain is for, pinned in every part. */
function assetOf(network: Network, said: Members): Asset {
  const contract = addressOf(said['verifyingContract'], 'the verifying contract');
  const asset = tokenAt(network, contract);
  if (asset === undefined) return refuse(`${contract} is no registered token: ${SUPPORTED}`);
  const { name, version } = domainOf(network, asset);
  if (said['name'] === name && said['version'] === version) return asset;
  return refuse(`the domain is not the one of ${asset.id}, ${name} version ${version}`);
}

/** The same fields in the same order, which is a part of what is hashed. */
function requireFields(said: unknown, fields: readonly Field[], type: string): void {
  const wrong = () => refuse(`the type ${type} is another one: ${SUPPORTED}`);
  if (!Array.isArray(said) || said.length !== fields.length) return wrong();
  for (const [index, { name, type: expected }] of fields.entries()) {
    const field = objectOf(said[index], `a field of ${type}`, ['name', 'type']);
    if (field['name'] !== name || field['type'] !== expected) wrong();
  }
}

type Members = { readonly [name: string]: unknown };

const namesOf = (fields: readonly Field[]): readonly string[] => fields.map(({ name }) => name);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`not the JSON of typed data: ${SUPPORTED}`);
  }
}

/** An object with exactly these members. */
function objectOf(value: unknown, what: string, names: readonly string[]): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(`${what} is no object: ${SUPPORTED}`);
  }
  const isSame = Object.keys(value).toSorted().join() === names.toSorted().join();
  return isSame ? (value as Members) : refuse(`${what} has other fields: ${SUPPORTED}`);
}

function addressOf(value: unknown, what: string): string {
  if (typeof value !== 'string') return refuse(`${what} is no address`);
  try {
    // Libraries write them in lower case for wallets; people see and sign the canonical spelling.
    const isLower = LOWER_CASE.test(value);
    return parseAddress(isLower ? formatAddress(addressBytes(value)) : value);
  } catch (error) {
    if (!isPlatformError(error, 'INVALID_INPUT')) throw error;
    return refuse(`${what} ${String(error.context['reason'])}`);
  }
}

function numberOf(value: unknown, what: string): bigint {
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value);
  const text = isNumber ? String(value) : value;
  if (typeof text !== 'string' || !NUMBER.test(text)) return refuse(`${what} is no whole number`);
  const number = BigInt(text);
  return number <= MAX_UNITS ? number : refuse(`${what} has more than 256 bits`);
}
