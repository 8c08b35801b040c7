/**
 * The inputs of the mutations, as a client sends them, and their canonical forms. `beginUserAction`
 * and the mutation itself read them with the same parser, and the SDK builds the same canonical
 * objects, so that what is signed is what is done.
 */
import { parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { type ApprovalId, type KeyId, parseId, type WalletId } from '#core/ids.ts';
import { type AssetId, type NetworkId, networkOf, parseUnits } from '#core/money.ts';
import { parseScheme, type Scheme } from '#core/scheme.ts';
import { findAsset, findNetwork } from '#chains/registry.ts';
import { verbsOf } from '#chains/verbs.ts';
import type { DeactivateUserInput } from '#identity/deactivation.ts';
import type { InviteInput } from '#identity/invitation.ts';
import type { ServiceAccountInput } from '#identity/service-account.ts';

/** `amount` and `maxFee` are base units as decimal text. */
export type CreateTransferInput = {
  readonly walletId: string;
  readonly asset: string;
  readonly amount: string;
  readonly to: string;
  readonly memo?: string | null;
  readonly externalId: string;
  readonly maxFee?: string | null;
};

export type CreateWalletInput = {
  readonly network: string;
  readonly name: string;
  readonly tags?: readonly string[] | null;
  /** A key that exists; absent: the wallet gets one of its own. */
  readonly keyId?: string | null;
  readonly externalId?: string | null;
};

export type CreateKeyInput = {
  readonly name: string;
  readonly scheme: string;
  readonly externalId?: string | null;
};

export type RefreshKeyInput = { readonly keyId: string };

export type ImportKeyInput = CreateKeyInput & { readonly dealing: string };

export type ReshareKeyInput = {
  readonly keyId: string;
  readonly dealers: readonly number[];
  readonly receivers: readonly number[];
  readonly threshold: number;
};

/** `recipient` is 32 bytes in hex. */
export type ExportKeyInput = {
  readonly keyId: string;
  readonly recipient: string;
  readonly exporters: readonly number[];
};

export type DecideApprovalInput = {
  readonly approvalId: string;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly reason?: string | null;
};

export type PublishPolicyInput = {
  readonly files: readonly { readonly path: string; readonly content: string }[];
};

/** One operation with its input: what `beginUserAction` takes. */
export type UserActionRequest =
  | { readonly operation: 'createTransfer'; readonly input: CreateTransferInput }
  | { readonly operation: 'createWallet'; readonly input: CreateWalletInput }
  | { readonly operation: 'createKey'; readonly input: CreateKeyInput }
  | { readonly operation: 'refreshKey'; readonly input: RefreshKeyInput }
  | { readonly operation: 'importKey'; readonly input: ImportKeyInput }
  | { readonly operation: 'exportKey'; readonly input: ExportKeyInput }
  | { readonly operation: 'reshareKey'; readonly input: ReshareKeyInput }
  | { readonly operation: 'decideApproval'; readonly input: DecideApprovalInput }
  | { readonly operation: 'publishPolicy'; readonly input: PublishPolicyInput }
  | { readonly operation: 'inviteUser'; readonly input: InviteInput }
  | { readonly operation: 'createServiceAccount'; readonly input: ServiceAccountInput }
  | { readonly operation: 'deactivateUser'; readonly input: DeactivateUserInput };

export type UserActionOperation = UserActionRequest['operation'];

export type TransferRequest = {
  readonly wallet: WalletId;
  readonly network: NetworkId;
  readonly asset: AssetId;
  readonly units: bigint;
  readonly recipient: string;
  readonly memo: string;
  readonly externalId: string;
  readonly feeMax?: bigint;
};

/** @throws INVALID_INPUT, NOT_FOUND for an asset that the registry lacks */
export function parseTransferInput(input: CreateTransferInput): TransferRequest {
  const asset = findAsset(input.asset, 'asset').id;
  const network = findNetwork(networkOf(asset), 'asset');
  const units = parseUnits(input.amount, 'amount');
  if (units === 0n) throw invalidInput('amount', 'zero', 'Send an amount above zero.');
  return {
    wallet: parseId('wallet', input.walletId, 'walletId'),
    network: network.id,
    asset,
    units,
    recipient: verbsOf(network).parseAddress(input.to, 'to'),
    memo: input.memo ?? '',
    externalId: requireExternalId(input.externalId),
    ...(typeof input.maxFee === 'string' ? { feeMax: parseUnits(input.maxFee, 'maxFee') } : {}),
  };
}

export type WalletRequest = {
  readonly network: NetworkId;
  readonly name: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
  /** Empty where the wallet gets a key of its own. */
  readonly keyId: KeyId | '';
  readonly externalId: string;
};

const NAME_LENGTH_MAX = 100;
const TAGS_MAX = 20;
const TAG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** @throws INVALID_INPUT, NOT_FOUND for a network that the registry lacks */
export function parseWalletInput(input: CreateWalletInput): WalletRequest {
  const tags = [...new Set(input.tags ?? [])].toSorted();
  if (tags.length > TAGS_MAX || tags.some((tag) => tag.length > 40 || !TAG.test(tag))) {
    throw invalidInput('tags', 'not tags', 'Use up to 20 tags in lower kebab case.');
  }
  return {
    network: findNetwork(input.network, 'network').id,
    name: requireName(input.name),
    tags,
    keyId: input.keyId ? parseId('key', input.keyId, 'keyId') : '',
    externalId: input.externalId ? requireExternalId(input.externalId) : '',
  };
}

export type KeyRequest = {
  readonly name: string;
  readonly scheme: Scheme;
  readonly externalId: string;
};

/** @throws INVALID_INPUT */
export const parseKeyInput = (input: CreateKeyInput): KeyRequest => ({
  name: requireName(input.name),
  scheme: parseScheme(input.scheme, 'scheme'),
  externalId: input.externalId ? requireExternalId(input.externalId) : '',
});

const DEALING_LENGTH_MAX = 32_768;

/** What the nodes make of the dealing is theirs to say. @throws INVALID_INPUT */
export function parseImportInput(input: ImportKeyInput): KeyRequest & { readonly dealing: string } {
  const dealing = input.dealing.trim();
  if (dealing.length > DEALING_LENGTH_MAX || !/^\{[ -~]*\}$/.test(dealing)) {
    const hint = 'Send the line that "countersign signer deal" wrote.';
    throw invalidInput('dealing', 'not a dealing', hint);
  }
  return { ...parseKeyInput(input), dealing };
}

export type ExportRequest = {
  readonly keyId: KeyId;
  readonly recipient: string;
  readonly exporters: readonly number[];
};

/** @throws INVALID_INPUT */
export function parseExportInput({ keyId, recipient, exporters }: ExportKeyInput): ExportRequest {
  if (parseHex(recipient, 'recipient').length !== 32) {
    const hint = 'Send the public key that "countersign signer recipient" printed.';
    throw invalidInput('recipient', 'not 32 bytes', hint);
  }
  const parties = parseParties(exporters, 'exporters');
  return { ...parseKeyChoice({ keyId }), recipient: recipient.toLowerCase(), exporters: parties };
}

/** The canonical form: parties ascending. @throws INVALID_INPUT */
export function parseReshareInput({ keyId, threshold, ...input }: ReshareKeyInput) {
  const dealers = parseParties(input.dealers, 'dealers');
  const receivers = parseParties(input.receivers, 'receivers');
  if (threshold < 2 || threshold > receivers.length) {
    const hint = `Choose 2 to ${Math.max(2, receivers.length)}.`;
    throw invalidInput('threshold', 'not a threshold of these receivers', hint);
  }
  return { ...parseKeyChoice({ keyId }), dealers, receivers, threshold };
}

const PARTIES_MAX = 255;

function parseParties(numbers: readonly number[], field: string): readonly number[] {
  const parties = [...new Set(numbers)].toSorted((a, b) => a - b);
  const areParties = parties.every((party) => party >= 1 && party <= PARTIES_MAX);
  if (parties.length > 0 && areParties) return parties;
  throw invalidInput(field, 'not parties', 'Send their numbers, e.g. 1 and 2.');
}

/** The canonical form of what names a key and nothing else. @throws INVALID_INPUT */
export const parseKeyChoice = ({ keyId }: { readonly keyId: string }) => ({
  keyId: parseId('key', keyId, 'keyId'),
});

export type DecisionRequest = {
  readonly approval: ApprovalId;
  readonly decision: 'APPROVE' | 'REJECT';
  readonly reason: string;
};

/** @throws INVALID_INPUT */
export function parseDecisionInput(input: DecideApprovalInput): DecisionRequest {
  return {
    approval: parseId('approval', input.approvalId, 'approvalId'),
    decision: input.decision,
    reason: input.reason ?? '',
  };
}

/** @throws INVALID_INPUT */
export function requireExternalId(text: string): string {
  if (/^[!-~]{1,128}$/.test(text)) return text;
  const hint = 'Use 1 to 128 printable ASCII characters without spaces.';
  throw invalidInput('externalId', 'not an identifier', hint);
}

/** @throws INVALID_INPUT */
function requireName(text: string): string {
  const isReadable = text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
  if (isReadable && text.trim() === text && text.length > 0 && text.length <= NAME_LENGTH_MAX) {
    return text;
  }
  const hint = `Use 1 to ${NAME_LENGTH_MAX} characters on one line, without spaces at the ends.`;
  throw invalidInput('name', 'not a name', hint);
}
