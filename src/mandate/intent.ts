/**
 * The intent of a transfer: what is to happen, as the initiator signs it and every node checks it.
 * The chain's own spelling of `recipient` is checked by the caller, who knows the chain family.
 */
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
import { type Instant, formatInstant } from '#core/time.ts';
import { parseStatement, requireLifetime, requireReadable, requireText } from './statement.ts';

export const INTENT_DOMAIN = 'countersign/intent/v1';
export const MEMO_LENGTH_MAX = 256;
export const EXTERNAL_ID_LENGTH_MAX = 128;

/** Every value is a string; amounts are base units, times RFC 3339 in UTC with milliseconds. */
export type TransferIntent = {
  readonly domain: typeof INTENT_DOMAIN;
  readonly organization: OrganizationId;
  readonly wallet: WalletId;
  readonly network: NetworkId;
  readonly asset: AssetId;
  readonly units: string;
  /** In the canonical spelling of the network's family. */
  readonly recipient: string;
  /** Empty when absent. */
  readonly memo: string;
  /** The most that may be paid in fees, in base units of the native asset; empty: the network's cap. */
  readonly feeMax: string;
  readonly externalId: string;
  readonly initiator: UserId;
  readonly created: string;
  readonly expires: string;
};

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

const FIELDS = [
  'organization',
  'wallet',
  'network',
  'asset',
  'units',
  'recipient',
  'memo',
  'feeMax',
  'externalId',
  'initiator',
  'created',
  'expires',
];

/** The intent of these values; the network is the asset's. @throws INVALID_INPUT */
export const transferIntent = (input: TransferIntentInput): TransferIntent =>
  requireIntent({
    domain: INTENT_DOMAIN,
    organization: input.organization,
    wallet: input.wallet,
    network: networkOf(input.asset),
    asset: input.asset,
    units: input.units.toString(),
    recipient: input.recipient,
    memo: input.memo ?? '',
    feeMax: input.feeMax?.toString() ?? '',
    externalId: input.externalId,
    initiator: input.initiator,
    created: formatInstant(input.created),
    expires: formatInstant(input.expires),
  });

/** Reads the canonical text of an intent and nothing else. @throws INVALID_INPUT with the field */
export const parseIntent = (text: string): TransferIntent =>
  requireIntent(parseStatement(text, INTENT_DOMAIN, FIELDS));

function requireIntent(value: { readonly [field: string]: Canonical }): TransferIntent {
  parseId('organization', value['organization'], 'organization');
  parseId('wallet', value['wallet'], 'wallet');
  parseId('user', value['initiator'], 'initiator');
  const network = parseNetworkId(requireText(value['network'], 'network'));
  const asset = parseAssetId(requireText(value['asset'], 'asset'));
  if (networkOf(asset) !== network) {
    throw invalidInput('network', `not the network of ${asset}`, 'Name the network of the asset.');
  }
  if (parseUnits(requireText(value['units'], 'units'), 'units') === 0n) {
    throw invalidInput('units', 'zero', 'Send an amount above zero.');
  }
  requirePrintable(value['recipient'], 'recipient', 128);
  requireReadable(value['memo'], 'memo', MEMO_LENGTH_MAX);
  if (value['feeMax'] !== '') parseUnits(requireText(value['feeMax'], 'feeMax'), 'feeMax');
  requirePrintable(value['externalId'], 'externalId', EXTERNAL_ID_LENGTH_MAX);
  requireLifetime(value['created'], value['expires']);
  return value as TransferIntent;
}

/** Identifiers are printable ASCII without spaces, so that no two of them look alike. */
function requirePrintable(value: Canonical | undefined, field: string, lengthMax: number): void {
  const text = requireText(value, field);
  if (text.length > 0 && text.length <= lengthMax && /^[!-~]+$/.test(text)) return;
  const hint = `Use 1 to ${lengthMax} printable ASCII characters without spaces.`;
  throw invalidInput(field, 'not an identifier', hint);
}
