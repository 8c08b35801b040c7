/**
 * An intent: what is to happen, as the initiator signs it and every node checks it. Its `domain` says of
 * which kind it is, and each kind has its own closed list of fields, so that a signature over one kind never
 * counts as one over another.
 * The chain's own spelling of `recipient` is checked by the caller, who knows the chain family.
 */
import { isUnlimited, UNLIMITED_UNITS } from '#core/allowance.ts';
import type { Canonical } from '#core/canonical.ts';
import { invalidInput } from '#core/errors.ts';
import { type OrganizationId, type UserId, type WalletId, parseId } from '#core/ids.ts';
import {
  type AssetId,
  type NetworkId,
  networkOf,
  parseAssetId,
  parseNetworkId,
  parseUnits,
} from '#core/money.ts';
import { type Instant, formatInstant, parseInstant } from '#core/time.ts';
import type { Activity } from '#policy-lang/snapshot.ts';
import {
  parseStatement,
  readJson,
  requireLifetime,
  requireReadable,
  requireText,
} from './statement.ts';

/** A transfer. */
export const INTENT_DOMAIN = 'countersign/intent/v1';
/** An ERC-20 allowance that a transaction of the wallet gives, changes or takes back. */
export const ALLOWANCE_DOMAIN = 'countersign/allowance/v1';
/** A permit (EIP-2612): a message by which whoever has its signature makes an allowance, until a deadline. */
export const PERMIT_DOMAIN = 'countersign/permit/v1';
/** How an allowance without a bound is written: never as a number. */
export const UNLIMITED = 'unlimited';
export const MEMO_LENGTH_MAX = 256;
export const EXTERNAL_ID_LENGTH_MAX = 128;

/** Every value is a string; amounts are base units, times RFC 3339 in UTC with milliseconds. */
type CommonIntent = {
  readonly organization: OrganizationId;
  readonly wallet: WalletId;
  readonly network: NetworkId;
  readonly asset: AssetId;
  readonly units: string;
  /** In the canonical spelling of the network's family; of an allowance the spender. */
  readonly recipient: string;
  /** Empty when absent. */
  readonly memo: string;
  readonly externalId: string;
  readonly initiator: UserId;
  readonly created: string;
  readonly expires: string;
};

type TransactionIntent = CommonIntent & {
  /** The most that may be paid in fees, in base units of the native asset; empty: the network's cap. */
  readonly feeMax: string;
};

export type TransferIntent = TransactionIntent & { readonly domain: typeof INTENT_DOMAIN };

/** `units` is `0`, which takes an allowance back, a number below 2^96 - 1, or `unlimited`. */
export type AllowanceIntent = TransactionIntent & { readonly domain: typeof ALLOWANCE_DOMAIN };

/** `units` as of an allowance. */
export type PermitIntent = CommonIntent & {
  readonly domain: typeof PERMIT_DOMAIN;
  /** The token's own count of the wallet's permits, which the permit uses up. */
  readonly nonce: string;
  /** The last second, since 1970, at which the token executes it; never after the intent's own end. */
  readonly deadline: string;
};

export type Intent = TransferIntent | AllowanceIntent | PermitIntent;

/** The activities of a policy in which something may leave a wallet. */
export type SpendingActivity = Extract<Activity, 'transfer' | 'allowance' | 'unlimited-allowance'>;

/** `units` of an allowance without a bound are `UNLIMITED_UNITS`. */
export type TransferIntentInput = {
  readonly organization: OrganizationId;
  readonly wallet: WalletId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recipient: string;
  readonly memo?: string | undefined;
  readonly feeMax?: bigint | undefined;
  readonly externalId: string;
  readonly initiator: UserId;
  readonly created: Instant;
  readonly expires: Instant;
};

export type PermitIntentInput = Omit<TransferIntentInput, 'feeMax'> & {
  readonly nonce: bigint;
  readonly deadline: bigint;
};

const COMMON = [
  'organization',
  'wallet',
  'network',
  'asset',
  'units',
  'recipient',
  'memo',
  'externalId',
  'initiator',
  'created',
  'expires',
];
const FIELDS = [...COMMON, 'feeMax'];

/** The intent of these values; the network is the asset's. @throws INVALID_INPUT */
export const transferIntent = (input: TransferIntentInput): TransferIntent =>
  requireTransfer({
    ...fieldsOf(input),
    feeMax: input.feeMax?.toString() ?? '',
    domain: INTENT_DOMAIN,
    units: input.units.toString(),
  });

/** The same of an allowance, whose `recipient` is the spender. @throws INVALID_INPUT */
export const allowanceIntent = (input: TransferIntentInput): AllowanceIntent =>
  requireAllowance({
    ...fieldsOf(input),
    feeMax: input.feeMax?.toString() ?? '',
    domain: ALLOWANCE_DOMAIN,
    units: allowanceText(input.units),
  });

/** The same of a permit. @throws INVALID_INPUT */
export const permitIntent = (input: PermitIntentInput): PermitIntent =>
  requirePermit({
    ...fieldsOf(input),
    domain: PERMIT_DOMAIN,
    units: allowanceText(input.units),
    nonce: input.nonce.toString(),
    deadline: input.deadline.toString(),
  });

/** How an intent writes what a spender may take. */
export const allowanceText = (units: bigint): string =>
  units === UNLIMITED_UNITS ? UNLIMITED : units.toString();

const fieldsOf = (input: Omit<TransferIntentInput, 'feeMax'>) => ({
  organization: input.organization,
  wallet: input.wallet,
  network: networkOf(input.asset),
  asset: input.asset,
  recipient: input.recipient,
  memo: input.memo ?? '',
  externalId: input.externalId,
  initiator: input.initiator,
  created: formatInstant(input.created),
  expires: formatInstant(input.expires),
});

type Fields = { readonly [field: string]: Canonical };

/** By domain: the closed list of an intent's fields, and what they may be. */
const KINDS = {
  [INTENT_DOMAIN]: { fields: FIELDS, require: requireTransfer },
  [ALLOWANCE_DOMAIN]: { fields: FIELDS, require: requireAllowance },
  [PERMIT_DOMAIN]: { fields: [...COMMON, 'nonce', 'deadline'], require: requirePermit },
} as const;

/** Whether a statement of this domain is an intent. */
export const isIntentDomain = (domain: unknown): domain is Intent['domain'] =>
  typeof domain === 'string' && Object.hasOwn(KINDS, domain);

/** Reads the canonical text of an intent and nothing else. @throws INVALID_INPUT with the field */
export function parseIntent(text: string): Intent {
  const { domain } = (readJson(text) ?? {}) as { readonly domain?: unknown };
  return parseIntentOf(isIntentDomain(domain) ? domain : INTENT_DOMAIN, text);
}

/** The same of one kind alone. @throws INVALID_INPUT also for an intent of another kind */
export function parseIntentOf<D extends Intent['domain']>(
  domain: D,
  text: string,
): Extract<Intent, { readonly domain: D }> {
  const { fields, require } = KINDS[domain];
  const read: Intent = require(parseStatement(text, domain, fields));
  return read as Extract<Intent, { readonly domain: D }>;
}

/** What an intent lets leave the wallet at most, in base units of its asset. */
export const unitsOf = ({ units }: Pick<Intent, 'units'>): bigint =>
  units === UNLIMITED ? UNLIMITED_UNITS : BigInt(units);

/** The intent of this kind, which is for a transaction. @throws INVALID_INPUT */
export const intentOf = (
  domain: typeof INTENT_DOMAIN | typeof ALLOWANCE_DOMAIN,
  input: TransferIntentInput,
): TransferIntent | AllowanceIntent =>
  domain === ALLOWANCE_DOMAIN ? allowanceIntent(input) : transferIntent(input);

/** What a policy must govern, and allow, for the intent to be signed. */
export function activityOf({ domain, units }: Pick<Intent, 'domain' | 'units'>): SpendingActivity {
  if (domain === INTENT_DOMAIN) return 'transfer';
  return units === UNLIMITED ? 'unlimited-allowance' : 'allowance';
}

function requireTransfer(value: Fields): TransferIntent {
  requireTransaction(value);
  if (parseUnits(requireText(value['units'], 'units'), 'units') === 0n) {
    throw invalidInput('units', 'zero', 'Send an amount above zero.');
  }
  return value as TransferIntent;
}

function requireAllowance(value: Fields): AllowanceIntent {
  requireTransaction(value);
  requireBound(value);
  return value as AllowanceIntent;
}

/** Nobody can use the permit once the intent has ended: what is told of the one holds of the other. */
function requirePermit(value: Fields): PermitIntent {
  requireCommon(value);
  requireBound(value);
  parseUnits(requireText(value['nonce'], 'nonce'), 'nonce');
  const deadline = parseUnits(requireText(value['deadline'], 'deadline'), 'deadline');
  const end = parseInstant(requireText(value['expires'], 'expires'), 'expires');
  if (deadline * 1_000n > BigInt(end)) {
    const hint = `Choose a deadline of ${Math.floor(end / 1_000)} at most, in seconds since 1970.`;
    throw invalidInput('deadline', 'after the end of the intent', hint);
  }
  return value as PermitIntent;
}

function requireBound(value: Fields): void {
  const text = requireText(value['units'], 'units');
  if (text !== UNLIMITED && isUnlimited(parseUnits(text, 'units'))) {
    const hint = 'Allow less than 2^96 - 1 base units, or say that it is unlimited.';
    throw invalidInput('units', 'an allowance without a bound that is written as a number', hint);
  }
}

function requireTransaction(value: Fields): void {
  requireCommon(value);
  if (value['feeMax'] !== '') parseUnits(requireText(value['feeMax'], 'feeMax'), 'feeMax');
}

function requireCommon(value: Fields): void {
  parseId('organization', value['organization'], 'organization');
  parseId('wallet', value['wallet'], 'wallet');
  parseId('user', value['initiator'], 'initiator');
  const network = parseNetworkId(requireText(value['network'], 'network'));
  const asset = parseAssetId(requireText(value['asset'], 'asset'));
  if (networkOf(asset) !== network) {
    throw invalidInput('network', `not the network of ${asset}`, 'Name the network of the asset.');
  }
  requirePrintable(value['recipient'], 'recipient', 128);
  requireReadable(value['memo'], 'memo', MEMO_LENGTH_MAX);
  requirePrintable(value['externalId'], 'externalId', EXTERNAL_ID_LENGTH_MAX);
  requireLifetime(value['created'], value['expires']);
}

/** Identifiers are printable ASCII without spaces, so that no two of them look alike. */
function requirePrintable(value: Canonical | undefined, field: string, lengthMax: number): void {
  const text = requireText(value, field);
  if (text.length > 0 && text.length <= lengthMax && /^[!-~]+$/.test(text)) return;
  const hint = `Use 1 to ${lengthMax} printable ASCII characters without spaces.`;
  throw invalidInput(field, 'not an identifier', hint);
}
